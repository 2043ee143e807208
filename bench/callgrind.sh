#!/usr/bin/env bash
# Instructions per operation of the timed part of a layer, counted by callgrind: unlike times they
# repeat exactly. usage: bench/callgrind.sh [BUILD_DIR [FLOW_FILE [LAYER]]]
set -euo pipefail
build=${1:-build/release}
flow=${2:-${KARST_DATA:-../shared/data}/flow_1_instrument.bin.xz}
layer=${3:-book}

command -v valgrind >/dev/null || { echo "callgrind.sh: valgrind is not installed" >&2; exit 1; }
[ -r "$flow" ] || { echo "callgrind.sh: no flow file $flow: skipped"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

valgrind --tool=callgrind --callgrind-out-file="$work/out" --collect-atstart=no \
  --toggle-collect='karst::tool::play_timed*' \
  "$build/karst" bench flow "$flow" --layer "$layer" --repetitions 1 --json \
  >"$work/json" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
instructions=$(awk '/^(totals|summary):/ { n = $2 } END { print n }' "$work/out")
operations=$(sed 's/.*"operations": \([0-9]*\).*/\1/' "$work/json")
awk -v i="$instructions" -v o="$operations" -v of="$(basename "$flow"), layer $layer" \
  'BEGIN { printf "%s: %.1f instructions per operation (%d operations)\n", of, i / o, o }'
