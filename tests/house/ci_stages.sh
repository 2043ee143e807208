#!/usr/bin/env bash
# `./run test --ci` with cmake and ctest that only pretend: whatever fails, in whichever stage and
# while whatever else is built, it fails, says what it was, and leaves nothing running.
#
# usage: tests/house/ci_stages.sh
set -uo pipefail
source_dir=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/house/cmake" "$folder/bin"
cp -r "$source_dir/run" "$source_dir/.ci" "$folder/house"
cp "$source_dir/cmake/packages.txt" "$folder/house/cmake"

# What fails is named by FAIL: "build PRESET", "test PRESET", "skip PRESET" or "fuzz NAME".
cat >"$folder/bin/cmake" <<'FAKE'
#!/usr/bin/env bash
case "$*" in
  --version) echo "cmake version 3.25.1" ;;
  --build*)
    preset=$3
    echo "building $preset with $*" >>"$LOG"
    sleep 0.1
    [ "$FAIL" != "build $preset" ] || { echo "error: no such thing"; exit 1; }
    [ "$preset" != clang ] || {
      mkdir -p build/clang/fuzz
      for name in one two three; do
        printf '#!/bin/sh\necho number_of_executed_units: 7\n[ "$FAIL" != "fuzz %s" ]\n' $name \
          >build/clang/fuzz/fuzz_$name
        chmod +x build/clang/fuzz/fuzz_$name
      done
    }
    [ "$preset" != "${SLOW:-}" ] || sleep 60
    ;;
esac
FAKE
cat >"$folder/bin/ctest" <<'FAKE'
#!/usr/bin/env bash
preset=$2
echo "testing $preset seed $KARST_SEED effort ${KARST_EFFORT:-100}" >>"$LOG"
echo "1/2 Test  #1: cluster.public .................***Skipped   0.01 sec"
[ "$FAIL" != "skip $preset" ] ||
  echo "2/2 Test  #2: Journal.is_kept ................***Skipped   0.01 sec"
[ "$FAIL" != "test $preset" ] || { echo "50% tests passed, 1 tests failed out of 2"; exit 8; }
echo "100% tests passed, 0 tests failed out of 2"
FAKE
# Whatever package is asked for is there.
printf '#!/bin/sh\necho ii\n' >"$folder/bin/dpkg-query"
chmod +x "$folder/bin/"*

wrong=0
# expect STATUS TEXT [FAIL [SLOW]]: how the run ends, and what it says.
expect() {
  local status=0 found
  rm -rf "$folder/house/build" "$folder/log"
  LOG=$folder/log FAIL=${3:-} SLOW=${4:-} KARST_SEED=${SEED:-5} KARST_INSTALL=no CI=true \
    PATH=$folder/bin:$PATH timeout 50 "$folder/house/run" test --ci \
    >"$folder/out" 2>&1 </dev/null || status=$?
  found=$(grep -c -F -- "$2" "$folder/out")
  if [ "$status" -ne "$1" ] || [ "$found" -eq 0 ]; then
    printf 'with "%s" failing: status %s, not %s, or no "%s" in:\n' "${3:-}" "$status" "$1" "$2"
    sed 's/^/  /' "$folder/out"
    wrong=1
  fi
}

expect 0 'all passed'
for preset in release asan tsan debug clang; do
  grep -q "testing $preset seed 5" "$folder/log" || { echo "$preset was not tested"; wrong=1; }
done
grep -q 'testing release seed 5 effort 100' "$folder/log" ||
  { echo "release is shortened"; wrong=1; }
grep -q 'testing asan seed 5 effort 10$' "$folder/log" ||
  { echo "asan is not shortened"; wrong=1; }
[ "$(grep -c '^fuzzed ' "$folder/out")" -eq 3 ] || { echo "not all were fuzzed"; wrong=1; }
grep -q '^skipped: cluster.public (.*)' "$folder/out" || { echo "no skip was said"; wrong=1; }
grep -q 'seed 5 ' "$folder/out" || { echo "the seed was not said"; wrong=1; }

for preset in release asan tsan debug clang; do
  expect 1 "building $preset failed" "build $preset"
  expect 1 "tests of $preset failed" "test $preset"
  expect 1 "1 tests of $preset were skipped that may not be" "skip $preset"
done
expect 1 'fuzzing two found a failure' 'fuzz two'
# A test that fails while another preset is built does not wait for it, and ends it.
expect 1 'tests of release failed' 'test release' asan
sleep 0.2
pgrep -f "$folder/bin/cmake" >/dev/null && { echo "a build goes on"; wrong=1; }
exit "$wrong"
