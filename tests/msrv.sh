#!/bin/sh
# Checks that the library compiles with the oldest Rust that Cargo.toml promises, as it is locked: with this machine's own where
# it is that one or rustup has it, else with that of Debian 13, which tests/debian makes once. REQUIRE_ALL=1 makes a skip a failure.
set -eu

say() { printf '%s\n' "$*" >&2; }
skip() {
  say "Skipped: $*"
  if [ "${REQUIRE_ALL:-}" = 1 ]; then echo '0 passed, 1 failed, 0 skipped'; exit 1; fi
  echo '0 passed, 0 failed, 1 skipped'
  exit
}

cd "$(dirname "$0")/.."
project=$PWD
promised=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
crates=${CARGO_HOME:-$HOME/.cargo}

# is COMMAND...: whether it is the cargo of the promised version, and which it is then.
is() { "$@" --version 2>/dev/null | grep "^cargo $(printf '%s' "$promised" | sed 's/\./\\./g')[. ]"; }

set -- cargo
if is cargo || is cargo "+$promised"; then
  is cargo || set -- cargo "+$promised"
elif [ "$(uname -s)" != Linux ] || [ "$(id -u)" -ne 0 ]; then
  skip "no Rust $promised here, and only root on Linux can make a Debian that has it"
elif ! command -v debootstrap >/dev/null 2>&1; then
  skip "no Rust $promised here, and no debootstrap to make a Debian that has it"
elif ! unshare --mount true 2>/dev/null; then
  skip "no Rust $promised here, and this machine does not let root mount"
else
  # Outside, where the network may need this machine's settings; inside, nothing is fetched.
  cargo fetch --locked
  root=$(tests/debian/root.sh | tail -n 1)
  [ -n "$root" ] || exit 1
  set -- env CARGO_HOME="$crates" tests/debian/in-root.sh "$root" "$project:$crates" cargo
  is "$@" || {
    say "Debian's cargo is not of $promised: $("$@" --version)"
    exit 1
  }
fi

"$@" check --locked --offline --lib --target-dir build/msrv
