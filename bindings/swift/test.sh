#!/bin/sh
# Builds the Swift package against the built release library and runs its tests, with a scripted server and a real Synapse
# on loopback. Where no Swift 6 is on the PATH, all of it happens in a Debian that tests/debian makes once. REQUIRE_ALL=1
# makes a skip a failure.
set -eu

say() { printf '%s\n' "$*" >&2; }
end() { # end PASSED FAILED SKIPPED
  printf '%s passed, %s failed, %s skipped\n' "$1" "$2" "$3"
  [ "$2" -eq 0 ]
  exit
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
project=$(CDPATH='' cd -- "$here/../.." && pwd)
build=$project/build/swift
cd "$project"
release=${CARGO_TARGET_DIR:-target}/release

[ -f "$release/libmatrix_capi.a" ] || {
  say "test.sh: there is no $release/libmatrix_capi.a: cargo build --release"
  end 0 1 0
}

# --- which Swift

root=
reason=
if swift --version 2>/dev/null | grep -q 'Swift version \([6-9]\|[1-9][0-9]\)'; then
  say "Using $(command -v swift)"
elif [ "$(uname -s)" != Linux ] || [ "$(id -u)" -ne 0 ]; then
  reason='no Swift 6 on the PATH, and only root on Linux can make a Debian that has it'
elif ! command -v debootstrap >/dev/null 2>&1; then
  reason='no Swift 6 on the PATH, and no debootstrap to make a Debian that has it'
elif ! unshare --mount true 2>/dev/null; then
  reason='no Swift 6 on the PATH, and this machine does not let root mount'
else
  root=$(tests/debian/root.sh | tail -n 1)
  [ -n "$root" ] || end 0 1 0
fi
if [ -n "$reason" ]; then
  say "Skipped: $reason"
  if [ "${REQUIRE_ALL:-}" = 1 ]; then end 0 1 0; else end 0 0 1; fi
fi

# inside COMMAND...: runs it where Swift is. It does not hold the servers' pipes open. In the background, so that a signal
# to this script is not kept waiting.
running=
inside() {
  if [ -n "$root" ]; then
    HOME=$build/home "$project/tests/debian/in-root.sh" "$root" "$project" "$@" 3>&- 4>&- 5>&- 6>&- &
  else
    "$@" 3>&- 4>&- 5>&- 6>&- &
  fi
  running=$!
  code=0
  wait "$running" || code=$?
  running=
  return "$code"
}

# --- what the tests need

python=$(tests/homeserver/venv.sh)/bin/python
mkdir -p "$build/home"
work=$(mktemp -d "$build/test.XXXXXX")
servers=
finish() {
  # Killed, it takes all processes in the root with it, which take no other signal.
  if [ -n "$running" ]; then kill "-$([ -n "$root" ] && echo KILL || echo TERM)" "$running" 2>/dev/null || :; fi
  # Both servers end when their standard input closes.
  exec 3>&- 5>&-
  for server in $servers; do wait "$server" || :; done
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The library is as it was built, whatever has been edited since.
make -s -o "$release/libmatrix_capi.a" install PREFIX="$build/prefix"
export PKG_CONFIG_PATH="$build/prefix/lib/pkgconfig" LD_LIBRARY_PATH="$build/prefix/lib"

say 'Starting the scripted server and Synapse'
"$python" tests/certificates.py "$work" >/dev/null
mkfifo "$work/control" "$work/ports" "$work/orders" "$work/answers"
"$python" tests/scripted/server.py --tls "$work/cert.pem" "$work/key.pem" <"$work/control" >"$work/ports" &
servers="$servers $!"
exec 3>"$work/control" 4<"$work/ports"
read -r MX_SCRIPTED <&4
"$python" tests/homeserver/homeserver.py run <"$work/orders" >"$work/answers" 3>&- 4>&- &
servers="$servers $!"
exec 5>"$work/orders" 6<"$work/answers"
read -r MX_HOMESERVER <&6
export MX_SCRIPTED MX_HOMESERVER
export MX_SCRIPTED_CA="$work/ca.pem" MX_HOMESERVER_ORDERS="$work/orders" MX_HOMESERVER_ANSWERS="$work/answers"

# --- the package's own tests

# A thousand connections at once need more descriptors than a process may have by default.
ulimit -n "$(ulimit -H -n)"
say 'Building the package and its tests'
inside swift build --build-tests --package-path "$here" --scratch-path "$build/package" -Xswiftc -warnings-as-errors || end 0 1 0
say 'Running the tests'
log=$work/tests.log
inside swift test --skip-build --disable-swift-testing --package-path "$here" --scratch-path "$build/package" \
  -Xswiftc -warnings-as-errors >"$log" 2>&1 || :
cat "$log"

# "Executed 30 tests, with 1 test skipped and 2 failures (0 unexpected) in ...": the last one is of all. A failed
# test may fail more than once, so the failed ones are counted by their own lines.
total=$(sed -n 's/.*Executed \([0-9]*\) tests\{0,1\}, with .*/\1/p' "$log" | tail -n 1)
failed=$(grep -c "^Test Case '.*' failed (" "$log" || :)
skipped=$(grep -c "^Test Case '.*' skipped (" "$log" || :)
if [ -z "$total" ] || ! grep -q "^Test Suite 'All tests' \(passed\|failed\) at" "$log"; then
  say 'The tests ended before their end.'
  total=$(grep -c "^Test Case '.*' \(passed\|failed\|skipped\) (" "$log" || :)
  failed=$((failed + 1))
  total=$((total + 1))
fi

# --- the formatting

total=$((total + 1))
if inside swift format lint --strict --configuration "$here/.swift-format" -r "$here/Package.swift" "$here/Sources" "$here/Tests"; then
  say 'The formatting is right.'
else
  failed=$((failed + 1))
fi

# --- the app of README.md, in a package of its own

# block N: the N-th block of Swift in README.md.
block() {
  awk -v wanted="$1" '
    /^```/ { if (inside) { inside = 0 } else if ($0 == "```swift") { inside = ++count == wanted } ; next }
    inside' "$here/README.md"
}
say 'Building the app of README.md'
app=$build/app
mkdir -p "$app/Sources/app"
block 1 | sed "s|\"\.\./matrix-capi/bindings/swift\"|\"$here\"|" >"$app/Package.swift"
block 2 | sed "s|https://matrix\.example|$(printf '%s' "$MX_HOMESERVER" | sed 's/.*"base_url": "\([^"]*\)".*/\1/')|" \
  >"$app/Sources/app/main.swift"
total=$((total + 1))
if inside swift run --package-path "$app" --scratch-path "$build/app-build" app >"$work/app.log" 2>&1 &&
  grep -q 'v1\.11' "$work/app.log"; then
  say 'It prints the versions that Synapse speaks.'
else
  cat "$work/app.log"
  say 'The app of README.md does not print the versions that Synapse speaks.'
  failed=$((failed + 1))
fi

end $((total - failed - skipped)) "$failed" "$skipped"
