#!/bin/sh
# Checks the types of every Python file by the mypy given as $1, folder by folder: two folders may both have a conftest.py.
set -u

mypy=$1
export MYPYPATH=tests:tests/homeserver:tests/scripted:tests/secrets:bindings:bindings/python
failed=0
for folder in $(git ls-files --cached --others --exclude-standard '*.py' | sed 's|/[^/]*$||' | sort -u); do
  echo "$folder"
  "$mypy" --strict --cache-dir "build/mypy/$folder" "$folder"/*.py || failed=1
done
exit $failed
