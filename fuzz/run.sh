#!/bin/sh
# Builds the fuzz targets and runs them: run.sh SECONDS [TARGET...]; without targets, all of them.
#
# This is what `cargo fuzz run` does, without nightly: RUSTC_BOOTSTRAP allows the sanitizer on stable. The corpus grows in
# build/fuzz/corpus; what is found is kept in build/fuzz/finds, for fuzz/finds once it is understood and made small.
set -eu

seconds=$1
shift
cd "$(dirname "$0")/.."
fuzz=build/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
[ $# -gt 0 ] || set -- response http params json requests pointer saved well_known urls calls

coverage='-Cpasses=sancov-module'
for argument in level=4 inline-8bit-counters pc-table trace-compares; do
  coverage="$coverage -Cllvm-args=-sanitizer-coverage-$argument"
done
echo 'Building the fuzz targets with AddressSanitizer'
RUSTC_BOOTSTRAP=1 RUSTFLAGS="$coverage -Zsanitizer=address --cfg fuzzing -Ccodegen-units=1" \
  cargo build --quiet --locked --release --manifest-path fuzz/Cargo.toml --target-dir $fuzz/target --target "$host"

failed=0
for target in "$@"; do
  log=$fuzz/$target.log
  mkdir -p "$fuzz/corpus/$target" "$fuzz/finds/$target"
  kept=fuzz/seeds/$target
  [ ! -d "fuzz/finds/$target" ] || kept="$kept fuzz/finds/$target"
  echo "$target for $seconds s, its log in $log"
  # Where the library's threads allocate too, only the end of the process tells what has leaked.
  case $target in
  response | params | json | requests | pointer) leaks=1 ;;
  *) leaks=0 ;;
  esac
  ASAN_OPTIONS=quarantine_size_mb=64 $fuzz/target/"$host"/release/"$target" \
    "$fuzz/corpus/$target" $kept -artifact_prefix="$fuzz/finds/$target/" \
    -dict=fuzz/dictionary -max_total_time="$seconds" -timeout=120 -rss_limit_mb=2048 -max_len=4096 -detect_leaks=$leaks -print_final_stats=1 \
    >"$log" 2>&1 || failed=1
  grep -E '^#[0-9]+\s+DONE|^stat::(number_of_executed_units|peak_rss_mb)|^SUMMARY|panicked at|^==.*ERROR' "$log" | tail -n 6
done
exit $failed
