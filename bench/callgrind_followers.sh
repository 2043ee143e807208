#!/usr/bin/env bash
# Instructions of the engine's thread per command, with no subscriber and with 20 that follow every
# order over TLS: of the engine alone, and of the sequencer with it (waking others included).
#
#   bench/callgrind_followers.sh [BUILD_FOLDER]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
build=${1:-build/release}
command -v valgrind >/dev/null || { echo 'callgrind: valgrind is not installed: skipped'; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# count FUNCTION SUBSCRIBERS: instructions within it, over the orders of the program.
count() {
  valgrind --tool=callgrind --fair-sched=yes --callgrind-out-file="$work/out" \
    --collect-atstart=no --toggle-collect="$1" "$build/bench/bench_followers" \
    --benchmark_filter="followers/$2/" --benchmark_out="$work/json" \
    --benchmark_out_format=json >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
  awk '/^(totals|summary):/ { n = $2 } END { printf "%s ", n }' "$work/out"
  sed -n 's/.*"orders": \([0-9.e+]*\).*/\1/p' "$work/json"
}

for function in 'karst::Engine::apply*' 'karst::Sequencer::step*'; do
  read -r alone orders < <(count "$function" 0)
  read -r followed _ < <(count "$function" 20)
  awk -v f="$function" -v a="$alone" -v b="$followed" -v o="$orders" 'BEGIN {
    printf "%-28s %8.1f alone, %8.1f with 20 subscribers per command: %.4f x\n", f, a / o, b / o,
           b / a }'
done
