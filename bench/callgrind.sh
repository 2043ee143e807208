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

# counted COMMAND...: runs it and says how many instructions its timed parts took.
counted() {
  valgrind --tool=callgrind --callgrind-out-file="$work/out" --collect-atstart=no \
    --toggle-collect='karst::tool::play_timed*' "$@" \
    >"$work/json" 2>"$work/log" || { cat "$work/log" >&2; return 1; }
  awk '/^(totals|summary):/ { n = $2 } END { print n }' "$work/out"
}

quotient() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f\n", a / b }'; }

# count LAYER: its instructions per operation.
count() {
  local instructions
  instructions=$(counted "$build/karst" bench flow "$flow" --layer "$1" --repetitions 1 --json)
  quotient "$instructions" "$(sed 's/.*"operations": \([0-9]*\).*/\1/' "$work/json")"
}

# grown BENCHMARK: instructions per operation of the engine in a made flow.
grown() {
  local instructions
  instructions=$(KARST_BENCH_OPERATIONS=100000 counted "$build/bench/bench_engine" \
    --benchmark_filter="^$1\$" --benchmark_format=json)
  quotient "$instructions" "$(jq '.benchmarks[0] | .operations * .iterations' "$work/json")"
}

if [ -n "$json" ]; then
  lines=''
  for layer in book engine; do
    lines+="{\"name\": \"$layer/1\", \"instructions_per_operation\": $(count "$layer")}, "
  done
  for name in $("$build/bench/bench_engine" --benchmark_list_tests \
                --benchmark_filter=engine_growth); do
    lines+="{\"name\": \"$name\", \"instructions_per_operation\": $(grown "$name")}, "
  done
  printf '{"benchmarks": [%s]}\n' "${lines%, }" >"$json"
else
  layer=${3:-book}
  printf '%s, layer %s: %s instructions per operation\n' "$(basename "$flow")" "$layer" \
    "$(count "$layer")"
fi
