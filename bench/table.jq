# Reads the benchmark programs' JSON (all of them, slurped) and --rawfile floors bench/floors.txt;
# writes one line per row of floors: what, value, floor, goal, unit, verdict, separated by tabs.

def trim: sub("^\\s+"; "") | sub("\\s+$"; "");

# Every measured run as {name, …counters}; aggregates of repetitions are left out.
def runs: [.[] | (.benchmarks // .)
  | if type == "array" then .[] else . end
  | select(.run_type? != "aggregate")];

# "NAME:COUNTER" → the values of all repetitions.
def values($runs; $selector):
  ($selector | trim | capture("^(?<name>.*):(?<counter>[a-z_0-9.]+)$")) as $want
  | [$runs[] | select(.name == $want.name or (.name | startswith($want.name + "/")))
     | .[$want.counter] // empty];

def best($values; $smaller): if $smaller then ($values | min) else ($values | max) end;

# The best of a value over repetitions, or of a quotient repetition by repetition.
def measured($runs; $value; $smaller):
  ($value | split(" / ")) as $parts
  | values($runs; $parts[0]) as $above
  | if ($parts | length) == 1 then best($above; $smaller)
    else values($runs; $parts[1]) as $below
      | [range([($above | length), ($below | length)] | min) | $above[.] / $below[.]]
      | best(.; $smaller)
    end;

def shown: if . == null then "-"
  elif . >= 100 then (round | tostring)
  else (. * 1000 | round | . / 1000 | tostring) end;

runs as $runs
| $floors | split("\n")[] | select(test("^\\s*(#|$)") | not)
| split("|") | map(trim) as [$what, $value, $floor, $goal, $unit]
| ($floor | startswith("<")) as $smaller
| ($floor[1:] | tonumber) as $bound
| ($goal | tonumber) as $wanted
| measured($runs; $value; $smaller) as $figure
| (if $figure == null then "not measured"
   elif ($smaller and $figure <= $wanted) or (($smaller | not) and $figure >= $wanted) then "goal"
   elif ($smaller and $figure <= $bound) or (($smaller | not) and $figure >= $bound) then "floor"
   else "BELOW FLOOR" end) as $verdict
| [$what, ($figure | shown), $floor, $goal, $unit, $verdict] | join("\t")
