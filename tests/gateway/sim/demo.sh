#!/usr/bin/env bash
# The demo as a newcomer runs it, in a folder of its own: a new exchange trades, stops cleanly, and
# goes on where it stopped. usage: tests/gateway/sim/demo.sh BUILD_DIR
set -euo pipefail
build=$1
# shellcheck source=tests/gateway/exchange.sh
. "$(dirname "$0")/../exchange.sh"
folder=$(mktemp -d)
exchange=
end() { [ -z "$exchange" ] || kill "$exchange" 2>/dev/null || true; wait; rm -rf "$folder"; }
trap end EXIT

"$build/karst" init "$folder/x" >/dev/null
sed -i 's/^port = 7420/port = 0/' "$folder/x/karst.toml"
for run in first second; do
  start_exchange
  "$build/karst" demo "$folder/x" --port "$port" --seconds 4 | tee "$folder/out"
  tail -n 1 "$folder/out" | grep -Eq '^[1-9][0-9]* orders, .* [1-9][0-9]* trades' ||
    { echo "the $run run did not trade"; exit 1; }
  stop_exchange
done
grep -Eq 'command [1-9][0-9]*,' "$folder/log" || { echo "the second run began anew"; exit 1; }

# What the books say of it: every asset sums to 0, and engine and books agree.
data=$folder/x/data
"$build/karst" audit transactions "$data" --merchant 1 --limit 3 --json >"$folder/out"
[ "$(grep -c '"legs"' "$folder/out")" -eq 3 ]
"$build/karst" audit balance "$data" 1 | grep -q ' CNY '
"$build/karst" audit trial-balance "$data" | tail -n 1 | grep -q 'every one sums to 0'
"$build/karst" audit reconcile "$data" | grep -q ', 0 different'
if "$build/karst" audit balance "$folder/nothing" 1 2>/dev/null; then
  echo "no books, and no error"
  exit 1
fi
