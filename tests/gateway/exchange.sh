# shellcheck shell=bash disable=SC2154  # it shares variables with who sources it
# What the shell tests share: an exchange of its own in $folder/x, with the programs in $build.

# start_exchange: sets $exchange, its process, and $port; its log is $folder/log.
start_exchange() {
  "$build/karstd" "$folder/x/karst.toml" 2>"$folder/log" &
  exchange=$!
  port=
  for _ in $(seq 300); do
    port=$(sed -n 's/^karstd: serving at .*:\([0-9]*\)$/\1/p' "$folder/log")
    [ -z "$port" ] || return 0
    sleep 0.1
  done
  cat "$folder/log"
  exit 1
}

# stop_exchange: cleanly, or the test has failed.
stop_exchange() {
  kill -INT "$exchange"
  wait "$exchange" || { echo "karstd did not stop cleanly"; cat "$folder/log"; exit 1; }
  exchange=
}
