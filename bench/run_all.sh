#!/usr/bin/env bash
# Runs every benchmark program of a build and prints one table of the figures against the floors
# and goals of bench/floors.txt.
#
#   bench/run_all.sh BUILD_FOLDER OUTPUT_FOLDER [--only PATTERN] [arguments of Google Benchmark...]
#
# Each program writes OUTPUT_FOLDER/NAME.json. Ends with status 1 if a program failed; a figure
# below its floor is said in the table but is no failure, because machines differ.
set -euo pipefail

build=$1 out=$2
shift 2
only=''
if [ "${1:-}" = --only ]; then only=$2; shift 2; fi
mkdir -p "$out"
here=$(dirname "$(readlink -f "$0")")
status=0

for program in "$build"/bench/bench_*; do
  name=${program##*/}
  if [ ! -f "$program" ] || [[ $name != *"$only"* ]]; then continue; fi
  printf '== %s\n' "$name"
  "$program" --benchmark_out="$out/$name.json" --benchmark_out_format=json "$@" </dev/null ||
    { printf 'bench: %s failed\n' "$name" >&2; status=1; }
done

if [ -z "$only" ]; then
  printf '== callgrind\n'
  "$here/callgrind.sh" --json "$(realpath "$build")" "$(realpath "$out")/callgrind.json" || status=1
fi

shopt -s nullglob
results=("$out"/*.json)
[ ${#results[@]} -gt 0 ] || { echo 'bench: nothing was measured' >&2; exit 1; }
filter="[inputs] | $(cat "$here/table.jq")"
jq -n -r --rawfile floors "$here/floors.txt" "$filter" "${results[@]}" |
  awk -F '\t' '
    BEGIN { row("", "measured", "floor", "goal", "unit", "reached") }
    { row($1, $2, $3, $4, $5, $6) }
    function row(what, value, floor, goal, unit, verdict) {
      printf "%-58s %10s %10s %10s %-8s %s\n", what, value, floor, goal, unit, verdict
    }'
exit "$status"
