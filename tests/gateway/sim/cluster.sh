#!/usr/bin/env bash
# A made-up cluster trace through a real exchange: two runs of one seed are the same run, a run
# whose exchange is killed five times ends in the same market, and every invariant holds.
# usage: tests/gateway/sim/cluster.sh BUILD_DIR
set -euo pipefail
build=$1
trace=$(dirname "$(readlink -f "$0")")/cluster
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# replay NAME [option...]: its JSON in NAME.json, what two runs share in NAME.same
replay() {
  local name=$1
  shift
  "$build/karst" replay cluster --nodes "$trace/nodes.csv" --tasks "$trace/tasks.csv" \
    --data "$folder/$name" --json "$@" >"$folder/$name.json" ||
    { cat "$folder/$name.json" "$folder/$name/karstd.log"; echo "the run $name failed"; exit 1; }
  sed 's/,"machine":.*//' "$folder/$name.json" >"$folder/$name.same"
}
# field NAME KEY: the first number, word or text of that name
field() { grep -o "\"$2\":[^,}]*" "$folder/$1.json" | head -n 1 | sed 's/.*://; s/"//g'; }
expect() { [ "$2" = "$3" ] || { echo "$1: $2, not $3"; exit 1; }; }

replay first --hours 12 --seed 7
expect "is sound" "$(field first is_sound)" true
[ "$(field first fills)" -gt 100 ] || { echo "hardly any trade"; exit 1; }
replay second --hours 12 --seed 7
cmp "$folder/first.same" "$folder/second.same" || { echo "two runs of a seed differ"; exit 1; }

replay killed --hours 12 --seed 7 --kills 5
expect "kills" "$(field killed kills)" 5
expect "is sound" "$(field killed is_sound)" true
expect "market" "$(field killed market_hash)" "$(field first market_hash)"
expect "turnover" "$(field killed turnover)" "$(field first turnover)"

replay other --hours 12 --seed 8
[ "$(field other market_hash)" != "$(field first market_hash)" ] ||
  { echo "another seed, the same market"; exit 1; }
replay raw --hours 30 --scale 0
expect "is sound" "$(field raw is_sound)" true

# Longer than the window: hours are listed as it rolls, and long tasks go on buying.
replay rolling --hours 400 --scale 0
expect "is sound" "$(field rolling is_sound)" true

# The page needs nothing but itself.
page=$folder/first/report.html
[ "$(grep -o '<svg' "$page" | wc -l)" -ge 8 ] || { echo "plots are missing"; exit 1; }
if grep -Eq '<script|<link|src=|href=|url\(|@import' "$page"; then
  echo "the page needs something else"
  exit 1
fi

# The most likely mistakes.
status=0
"$build/karst" replay cluster --nodes "$trace/nodes.csv" --tasks "$trace/tasks.csv" \
  --data "$folder/first" --hours 2 >/dev/null 2>&1 || status=$?
expect "a folder in use" "$status" 4
status=0
"$build/karst" replay cluster --nodes "$trace/nodes.csv" --tasks "$trace/none.csv" \
  --data "$folder/none" >/dev/null 2>&1 || status=$?
expect "no such file" "$status" 3
status=0
"$build/karst" replay cluster --nodes "$trace/tasks.csv" --tasks "$trace/tasks.csv" \
  --data "$folder/none" >/dev/null 2>&1 || status=$?
expect "no nodes in it" "$status" 2
