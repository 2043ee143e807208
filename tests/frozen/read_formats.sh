#!/usr/bin/env bash
# The frozen folders, and two of this build, read by docs/FORMATS.md alone, hold as many commands
# and records as the text beside them says. usage: tests/frozen/read_formats.sh BUILD_DIR
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# check NAME FACTS: the folder at hand.
check() {
  local commands records
  python3 "$here/read_formats.py" "$here/../../docs" "$folder/it" >"$folder/counts"
  read -r commands records < <(tail -n 1 "$2" |
    sed -n 's/^life [0-9]*: commands \([0-9]*\),.* records \([0-9]*\)$/\1 \2/p')
  echo "$1: $(tr '\n' ' ' <"$folder/counts")"
  grep -q "^commands $commands$" "$folder/counts"
  grep -q "^records $records$" "$folder/counts"
  rm -rf "$folder/it"
}

for packed in "$here"/*/*.tar.gz; do
  mkdir "$folder/it"
  tar -xzf "$packed" -C "$folder/it"
  check "${packed#"$here"/}" "${packed%.tar.gz}.txt"
done
for kind in whole trimmed; do
  "$build/tests/freeze_folder" "$folder/it" "$kind" >"$folder/facts"
  grep -Eq '^life 3: ' "$folder/facts" || { cat "$folder/facts"; exit 1; }
  check "this build, $kind" "$folder/facts"
  grep -Eq '^segments [1-9]' "$folder/counts"
done
