#!/usr/bin/env bash
# Installs what the benchmarks need and this machine lacks, by apt-get and pip: aiohttp into build/benches/venv, the source of
# yyjson into the cache folder, which MATRIX_CAPI_CACHE moves. Prints the folder with yyjson.c as its last line.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

missing=()
# need PACKAGE COMMAND...: the package, unless the command succeeds.
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 </dev/null || missing+=("$package")
}
header() {
  printf '#include <%s>\n' "$1" | "${CC:-cc}" -E -x c -
}

need gcc "${CC:-cc}" --version
need g++ "${CXX:-c++}" --version
need binutils strip --version
need valgrind valgrind --version
need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
need libcurl4-openssl-dev header curl/curl.h
need libssl-dev header openssl/ssl.h
need nlohmann-json3-dev test -e /usr/include/nlohmann/json.hpp
need openssl openssl version
need python3-venv "${PYTHON:-python3}" -c 'import ensurepip, venv'

if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || {
    say "The benchmarks need what Debian calls ${missing[*]}: install it."
    exit 1
  }
  say "Installing ${missing[*]}"
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n -E)
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq </dev/null >&2
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >&2
fi

venv=build/benches/venv
pins=benches/requirements.txt
if ! cmp -s "$pins" "$venv/installed.txt"; then
  say "Installing aiohttp into $venv"
  rm -rf "$venv"
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps -r "$pins" >&2
  cp "$pins" "$venv/installed.txt"
fi

cache=${MATRIX_CAPI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/matrix-capi}
pin=benches/yyjson.txt
yyjson=$cache/yyjson-$(cksum <"$pin" | cut -d ' ' -f 1)
if [ ! -f "$yyjson/yyjson.c" ]; then
  say "Unpacking yyjson into $yyjson"
  mkdir -p "$cache"
  unpacking=$(mktemp -d "$cache/yyjson.XXXXXX")
  trap 'rm -rf "$unpacking"' EXIT
  "$venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
    -r "$pin" -d "$unpacking" >&2
  tar -xzf "$unpacking"/*.tar.gz -C "$unpacking" --strip-components 1
  rm -rf "$yyjson"
  mv "$unpacking/yyjson" "$yyjson"
fi
printf '%s\n' "$yyjson"
