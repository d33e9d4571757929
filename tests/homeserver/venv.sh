#!/bin/sh
# Makes the virtual environment of the Python suites once, in the cache folder, and prints its path as the last line.
# PYTHON names the interpreter (default python3); MATRIX_CAPI_CACHE moves the cache folder.
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() { say "venv.sh: $*"; exit 1; }

tests=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
requirements=$tests/requirements.txt
python=${PYTHON:-python3}
cache=${MATRIX_CAPI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/matrix-capi}

command -v "$python" >/dev/null 2>&1 ||
  fail "no $python found. Install Python 3.10 or later (Debian: apt-get install python3 python3-venv)."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
  fail "$("$python" -V) is too old for Synapse, which needs 3.10. Set PYTHON to a later one."

key=$("$python" -c '
import hashlib, platform, sys
with open(sys.argv[1], "rb") as file:
    pins = hashlib.sha256(file.read() + sys.base_prefix.encode()).hexdigest()
print("-".join([platform.python_implementation().lower(), platform.python_version(), pins[:16]]))
' "$requirements")

# The stamp is a file that holds the path of a finished environment. An environment cannot be moved once it is made
# (its scripts name their interpreter), so it is the stamp that appears in one step, not the folder.
stamp=$cache/venv-$key.path

finished() {
  [ -f "$stamp" ] && venv=$(cat "$stamp") && "$venv/bin/python" -c 'import synapse, sydent, aiosmtpd, pytest' >/dev/null 2>&1
}

if finished; then
  say "Using the virtual environment $venv"
  printf '%s\n' "$venv"
  exit 0
fi

"$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || {
  version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  fail "$python cannot make virtual environments. Debian and Ubuntu: apt-get install python$version-venv"
}

mkdir -p "$cache"
rm -f "$stamp"
building=$(mktemp -d "$cache/venv-$key.XXXXXX")
trap 'rm -rf "$building"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "Making a virtual environment in $building"
"$python" -m venv "$building" >&2 || fail "python -m venv failed, see above."
say "Installing Synapse and the test tools (about 250 MB, a minute; later runs use the cache)"
# The pins are complete, so nothing is resolved: Sydent and Synapse ask for different versions of one package.
"$building/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps \
  -r "$requirements" >&2 ||
  fail "pip could not install $requirements, see above. The first run needs the network."
printf '%s\n' "$building" >"$building/path"

# ln refuses to replace: of two runs at once the first one's environment stays, and the other's is removed.
if ln "$building/path" "$stamp" 2>/dev/null; then
  trap - EXIT
fi
finished || fail "the environment was made but does not work: remove $cache and try again."
say "Made the virtual environment $venv"
printf '%s\n' "$venv"
