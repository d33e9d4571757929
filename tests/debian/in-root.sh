#!/bin/sh
# Runs a command in the Debian that root.sh made: in-root.sh ROOT FOLDER[:FOLDER...] COMMAND...
# The folders are there at the same paths, and the first is the current one; the network is this machine's. All mounts are made
# in a namespace of their own, and all processes in one that ends with this one: nothing stays behind, whatever happens.
set -eu

ROOT=$1 FOLDERS=$2
export ROOT FOLDERS
shift 2
exec unshare --mount --propagation private --pid --fork --kill-child sh -eu -c '
  mount -t proc proc "$ROOT/proc"
  mount -t tmpfs tmpfs "$ROOT/tmp"
  IFS=:
  for folder in $FOLDERS; do
    mkdir -p "$ROOT$folder"
    mount --bind "$folder" "$ROOT$folder"
  done
  unset IFS
  exec chroot "$ROOT" env PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -eu -c "cd \"\${FOLDERS%%:*}\" && exec \"\$@\"" sh "$@"
' sh "$@"
