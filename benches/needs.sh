#!/usr/bin/env bash
# Installs what the benchmarks need and this machine lacks, by apt-get and pip, and prints the Python that has aiohttp.
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
need binutils strip --version
need valgrind valgrind --version
need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
need libcurl4-openssl-dev header curl/curl.h
need libssl-dev header openssl/ssl.h
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
printf '%s\n' "$PWD/$venv/bin/python"
