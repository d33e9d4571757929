#!/bin/sh
# Makes a small Debian 13 once, in the cache folder, and prints its path as the last line: it has Swift 6, for machines
# without, and the oldest Rust that we promise to build with. Needs root and debootstrap; MATRIX_CAPI_CACHE moves the cache folder.
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "root.sh: $*"; exit 1; }

cache=${MATRIX_CAPI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/matrix-capi}
packages='swiftlang swiftlang-dev libc6-dev libstdc++-14-dev cargo'
root=$cache/debian-trixie-$(printf '%s' "$packages" | cksum | cut -d ' ' -f 1)

[ "$(id -u)" -eq 0 ] || fail "only root can make or use $root"
for command in debootstrap unshare flock; do
  command -v "$command" >/dev/null 2>&1 || fail "there is no $command"
done

# Of two suites at once the second waits until the first has made it.
mkdir -p "$cache"
exec 9>"$root.lock"
flock 9

# It gets its name when it is finished.
if [ -d "$root" ]; then
  say "Using the Debian in $root"
  printf '%s\n' "$root"
  exit 0
fi

making=$(mktemp -d "$cache/debian.XXXXXX")
maker=
finish() {
  # Killed, it takes all processes in the new root with it, which take no other signal.
  if [ -n "$maker" ]; then
    kill -KILL "$maker" 2>/dev/null || :
    wait "$maker" 2>/dev/null || :
  fi
  rm -rf "$making"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
chmod 755 "$making"

say "Making a Debian 13 with Swift and Rust in $root (about 3 GB, some minutes; later runs use the cache)"
# What is mounted in a namespace of its own is gone with it, whatever happens, before anything is removed.
PACKAGES=$packages MAKING=$making LC_ALL=C DEBIAN_FRONTEND=noninteractive \
  unshare --mount --propagation private --pid --fork --kill-child sh -eu -c '
  debootstrap --variant=minbase trixie "$MAKING"
  mount -t proc proc "$MAKING/proc"
  chroot "$MAKING" apt-get update -qq
  chroot "$MAKING" apt-get install -y -qq --no-install-recommends $PACKAGES
  chroot "$MAKING" apt-get clean
  chroot "$MAKING" swift --version
  chroot "$MAKING" cargo --version
' >"$root.log" 2>&1 </dev/null 9>&- &
maker=$!
wait "$maker" || {
  tail -n 20 "$root.log" >&2
  fail "it could not be made, see $root.log. The first run needs the network."
}

maker=
mv -T "$making" "$root"
printf '%s\n' "$root"
