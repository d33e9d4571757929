#!/bin/sh
# Runs a command in the Debian that swift-root.sh made: in-swift-root.sh ROOT FOLDER COMMAND...
# FOLDER is there at the same path, and is the current one; the network is this machine's. All mounts are made in a
# namespace of their own, and all processes in one that ends with this one: nothing stays behind, whatever happens.
set -eu

ROOT=$1 FOLDER=$2
export ROOT FOLDER
shift 2
exec unshare --mount --propagation private --pid --fork --kill-child sh -eu -c '
  mount -t proc proc "$ROOT/proc"
  mount -t tmpfs tmpfs "$ROOT/tmp"
  mkdir -p "$ROOT$FOLDER"
  mount --bind "$FOLDER" "$ROOT$FOLDER"
  exec chroot "$ROOT" env PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -eu -c "cd \"\$FOLDER\" && exec \"\$@\"" sh "$@"
' sh "$@"
