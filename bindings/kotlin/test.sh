#!/bin/sh
# Builds the binding and runs all its tests, given the release library; ends with "N passed, N failed, N skipped".
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
case ${CARGO_TARGET_DIR:-target} in
  /*) release=$CARGO_TARGET_DIR/release ;;
  *) release=$root/${CARGO_TARGET_DIR:-target}/release ;;
esac

fail() { printf 'test.sh: %s\n' "$*" >&2; exit 1; }

[ -f "$release/libmatrix_capi.so" ] || [ -f "$release/libmatrix_capi.dylib" ] ||
  fail "there is no library in $release: cargo build --release --lib"
command -v mvn >/dev/null 2>&1 || fail 'there is no mvn (Debian: apt-get install maven)'
command -v javac >/dev/null 2>&1 || fail 'there is no javac (Debian: apt-get install openjdk-17-jdk-headless)'

# Not in a folder of its own: what Maven has fetched once, it finds there the next time.
echo "Building the Kotlin binding with the library in $release, and running its tests"
echo '(the first run fetches Maven plugins, Kotlin and JNA into the local Maven repository, and makes the Synapse environment)'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
log=$scratch/log

rm -rf "$here/target/surefire-reports"
{
  ended=0
  mvn --batch-mode --no-transfer-progress -Dstyle.color=never -f "$here/pom.xml" -Dnative.directory="$release" \
    -Dmaven.test.failure.ignore=true verify || ended=$?
  echo "$ended" >"$scratch/ended"
} 2>&1 | tee "$log"
# Maven's last line has no end.
echo
ended=$(cat "$scratch/ended")

# Surefire's totals: one line for each of its two runs, without "Time elapsed".
totals=$(sed -n 's/^\[[A-Z]*\] Tests run: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\), Skipped: \([0-9]*\)$/\1 \2 \3 \4/p' "$log" |
  awk '{ run += $1; failed += $2 + $3; skipped += $4 } END { print run - failed - skipped, failed + 0, skipped + 0, NR }')
# shellcheck disable=SC2086
set -- $totals
passed=$1 failed=$2 skipped=$3 runs=$4
if [ "$ended" -ne 0 ] || [ "$runs" -ne 2 ]; then
  echo "Maven ended with $ended after $runs of 2 test runs."
  failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
