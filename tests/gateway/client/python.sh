#!/usr/bin/env bash
# A client and a reader of files that share no code with the product, on a real exchange: the first
# trade of gateway/client/python, and the folder it leaves, read by tests/frozen/read_formats.py.
# usage: tests/gateway/client/python.sh BUILD_DIR
set -euo pipefail
build=$1
source=$(cd "$(dirname "$0")/../../.." && pwd)
# shellcheck source=tests/gateway/exchange.sh
. "$source/tests/gateway/exchange.sh"
python=
for candidate in python3 /usr/bin/python3; do
  if "$candidate" -c 'import cryptography, google.protobuf, OpenSSL' 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || { echo "python3-protobuf or python3-openssl is missing"; exit 77; }

folder=$(mktemp -d)
exchange= demo=
end() {
  [ -z "$demo" ] || kill "$demo" 2>/dev/null || true
  [ -z "$exchange" ] || kill "$exchange" 2>/dev/null || true
  wait
  rm -rf "$folder"
}
trap end EXIT
export KARST_HOME=$folder/x

"$build/karst" init "$folder/x" >/dev/null
sed -i 's/^port = 7420/port = 0/' "$folder/x/karst.toml"
start_exchange
"$build/karst" demo "$folder/x" --port "$port" --seconds 60 >"$folder/demo.log" 2>&1 &
demo=$!
for _ in $(seq 300); do
  ! grep -q ' trades in ' "$folder/demo.log" || break
  sleep 0.1
done
karst() { "$build/karst" "$@" --port "$port"; }
karst merchant admit 51 --name 'First Steps' --tier 3
karst fund 51 100000 --reference 'first money'
karst keys create 51 --account 51 --scopes read,trade --file "$folder/x/me.key"
karst balance --account 51 >/dev/null # stands in the access log

mkdir "$folder/python"
protoc -I "$source/schemas" --python_out="$folder/python" "$source"/schemas/karst/v1/*.proto
PYTHONPATH=$folder/python "$python" "$source/gateway/client/python/first_trade.py" \
  --port "$port" --ca "$folder/x/ca.crt" --key "$folder/x/me.key" --symbol GUIAN-P --follow 1 |
  tee "$folder/out"
grep -q '^filled 1 at ' "$folder/out"
grep -q '^the feed printed it at sequence ' "$folder/out"
grep -Eq '^book right at sequence [0-9]+, [1-9][0-9]* more$' "$folder/out"

kill "$demo"
wait "$demo" || true
demo=
stop_exchange
"$python" "$source/tests/frozen/read_formats.py" "$source/docs" "$folder/x/data" |
  tee "$folder/counts"
last=$(sed -n 's/^karstd: stopped at command \([0-9]*\),.*/\1/p' "$folder/log")
grep -q "^commands $last$" "$folder/counts"
grep -Eq '^records [1-9][0-9]*$' "$folder/counts"
grep -Eq '^access [1-9][0-9]*$' "$folder/counts"
