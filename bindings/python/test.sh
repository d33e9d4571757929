#!/bin/sh
# Runs the tests of the Python binding with the release library that cargo has built. What they run on (Synapse, pytest,
# uvloop) is installed once, in the cache folder; the first time needs the network.
set -eu
cd "$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)"

case $(uname -s) in Darwin) name=libmatrix_capi.dylib ;; *) name=libmatrix_capi.so ;; esac
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
export MATRIX_CAPI_LIBRARY="$target/release/$name"
if [ ! -f "$MATRIX_CAPI_LIBRARY" ]; then
  echo "There is no $MATRIX_CAPI_LIBRARY: run make build first." >&2
  exit 1
fi

venv=$(tests/homeserver/venv.sh)
echo "Testing the Python binding with $MATRIX_CAPI_LIBRARY"
exec "$venv/bin/python" -m pytest -qq -p no:cacheprovider bindings/python/tests "$@"
