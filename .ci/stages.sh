# shellcheck shell=bash disable=SC2034,SC2154  # it shares variables with run
# What `./run test --ci` does; sourced by run. CONTRIBUTING.md says why each stage is there.
#
# While one preset is tested the next ones are built, at the lowest priority: tests that wait for a
# clock, a peer or a disk leave the processors to the compiler, and lose nothing to it.

builder='' # the process that builds

# seed_of_commit: the same for the same commit, another for the next.
seed_of_commit() {
  local commit
  commit=$(git rev-parse --short=8 HEAD 2>/dev/null) || commit=1
  echo $((16#${commit:0:8}))
}

# What of a preset is built. The runtime of g++ 12's thread sanitizer cannot bear the address
# randomisation of newer kernels.
build_stage() {
  case $1 in
    release) configure release -DKARST_TESTS=ON -DKARST_BENCH=ON; compile release all ;;
    asan) configure asan; compile asan karst_tests ;;
    tsan) configure tsan; calm=$no_aslr; compile tsan karst_tests ;;
    debug) configure debug; compile debug karst_compiler_tests ;;
    clang) configure clang; compile clang karst_compiler_tests karst_fuzz_targets ;;
  esac
}

# Instrumented tests are some ten times slower: the random ones run a tenth of their length.
test_stage() {
  case $1 in
    release) run_tests release ;;
    asan) run_tests asan ;;
    tsan) calm=$no_aslr; run_tests tsan; calm='' ;;
    debug | clang) run_tests "$1" -L compilers ;;
  esac
  check_skips "$1"
}

# start_builds PRESET...: in the background, one after the other; the first that fails is the last.
start_builds() {
  local preset
  mkdir -p build
  for preset in "$@"; do rm -f "build/$preset.built"; done
  set -m # a process group of its own, so that all of it can be ended
  (
    renice -n 19 -p "$BASHPID" >/dev/null
    for preset in "$@"; do
      (build_stage "$preset") >"build/$preset.build.log" 2>&1
      touch "build/$preset.built"
    done
  ) &
  builder=$!
  set +m
  trap 'kill -- "-$builder" 2>/dev/null || true; wait' EXIT
}

# await_build PRESET
await_build() {
  say "waiting for the build of $1"
  until [ -e "build/$1.built" ]; do
    if ! kill -0 "$builder" 2>/dev/null && [ ! -e "build/$1.built" ]; then
      tail -n 60 "build/$1.build.log" >&2
      fail "building $1 failed" "all of it is in build/$1.build.log"
    fi
    sleep 0.2
  done
}

# skipped PRESET: the names of the tests that were.
skipped() {
  sed -nE 's/^.* Test +#[0-9]+: (.*[^ .]) \.*\*+Skipped .*/\1/p' "build/$1.test.log"
}

# check_skips PRESET: says what was skipped and why it may be; fails if it may not.
check_skips() {
  local name line reason refused=0
  while read -r name; do
    reason=''
    while read -r line; do
      [[ $name =~ ^(${line%%  \#*})$ ]] || continue
      reason=${line#*  \# }
      break
    done < <(grep -v -e '^#' -e '^$' .ci/skips.txt)
    printf 'skipped: %s (%s)\n' "$name" "${reason:-not allowed by .ci/skips.txt}"
    [ -n "$reason" ] || refused=$((refused + 1))
  done < <(skipped "$1")
  [ "$refused" -eq 0 ] || fail "$refused tests of $1 were skipped that may not be" \
    "mend what they miss, or say in .ci/skips.txt why they may"
}

run_stages() {
  local presets=(release asan tsan debug clang) preset
  no_aslr=''
  ! setarch -R true 2>/dev/null || no_aslr='setarch -R'
  export KARST_SEED=${KARST_SEED:-$(seed_of_commit)}
  say "seed $KARST_SEED (KARST_SEED repeats it)"
  start_builds "${presets[@]}"
  for preset in "${presets[@]}"; do
    await_build "$preset"
    test_stage "$preset"
    export KARST_EFFORT=${KARST_EFFORT:-10}
  done
  fuzz "${KARST_FUZZ_SECONDS:-30}"
  say "all passed"
  printf '%s\n' "${summaries[@]}"
  printf '%s\n' "$closing_line"
}
