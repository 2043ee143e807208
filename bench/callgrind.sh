#!/usr/bin/env bash
# Instructions per operation of the timed part of a layer, counted by callgrind: unlike times they
# repeat exactly.
#
#   bench/callgrind.sh [BUILD_FOLDER [FLOW_FILE [LAYER]]]
#   bench/callgrind.sh --json BUILD_FOLDER OUTPUT.json    all layers, for the table of ./run bench
#
# Without valgrind or the recorded flow ($KARST_DATA, else ../shared/data) it says so and ends well.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

json=''
if [ "${1:-}" = --json ]; then json=$3; set -- "$2"; fi
build=${1:-build/release}
flow=${2:-${KARST_DATA:-../shared/data}/flow_1_instrument.bin.xz}
command -v valgrind >/dev/null || { echo 'callgrind: valgrind is not installed: skipped'; exit 0; }
[ -r "$flow" ] || { echo "callgrind: no flow file $flow: skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# count LAYER: its instructions per operation.
count() {
  valgrind --tool=callgrind --callgrind-out-file="$work/out" --collect-atstart=no \
    --toggle-collect='karst::tool::play_timed*' \
    "$build/karst" bench flow "$flow" --layer "$1" --repetitions 1 --json \
    >"$work/json" 2>"$work/log" || { cat "$work/log" >&2; return 1; }
  local instructions operations
  instructions=$(awk '/^(totals|summary):/ { n = $2 } END { print n }' "$work/out")
  operations=$(sed 's/.*"operations": \([0-9]*\).*/\1/' "$work/json")
  awk -v i="$instructions" -v o="$operations" 'BEGIN { printf "%.1f\n", i / o }'
}

if [ -n "$json" ]; then
  lines=''
  for layer in book engine; do
    lines+="{\"name\": \"$layer/1\", \"instructions_per_operation\": $(count "$layer")}, "
  done
  printf '{"benchmarks": [%s]}\n' "${lines%, }" >"$json"
else
  layer=${3:-book}
  printf '%s, layer %s: %s instructions per operation\n' "$(basename "$flow")" "$layer" \
    "$(count "$layer")"
fi
