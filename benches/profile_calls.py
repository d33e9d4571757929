"""Says where the instructions of one request go: by crate, by function, and by function with what it calls.

    CARGO_PROFILE_RELEASE_DEBUG=1 CARGO_TARGET_DIR=build/profile python3 benches/profile_calls.py [--top N]
        [--options 'CLIENT_OPTION...']

Every figure is the difference between a run of 3,000 requests and one of 1,000, for one request, 64 in flight.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from callgrind import FEW, MANY, instructions
from programs import CommandFailed, build_ours, build_server

NAME = re.compile(r"(fn|cfn|fl|fi|fe|cfi|cfl)=\((\d+)\)(?: (.*))?")
COST = re.compile(r"(?:[+-]?\d+|\*|0x[0-9a-f]+) (\d+)$")
# A crate's folder in cargo's registry or in the toolchain's sources.
CRATE = re.compile(
    r"registry/src/[^/]+/(?P<crate>[^/]+)-\d|rustc/[0-9a-f]+/(?:library/)?(?P<std>[^/]+)/|deps/(?P<dep>[^/]+)-\d"
)
# What many functions call and pay for.
PRICED = re.compile(r"__rustc::__rust_\w*alloc(_zeroed)?$|__memcpy|core::fmt::write$")


@dataclass
class Profile:
    """Instructions of one run."""

    by_crate: Counter[str] = field(default_factory=Counter)
    by_file: Counter[str] = field(default_factory=Counter)
    by_function: Counter[str] = field(default_factory=Counter)
    inclusive: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    """How often a function was called."""
    callers: Counter[str] = field(default_factory=Counter)
    """What a function cost one caller, of the functions in PRICED."""


def crate_of(file: str) -> str:
    found = CRATE.search(file)
    if found is not None:
        return found["crate"] or found["dep"] or f"rust's {found['std']}"
    if file.startswith("src/") or "/src/" in file and file.endswith(".rs"):
        return "this library"
    if "/benches/" in file:
        return "the client program"
    return "libc and the loader"


def short(function: str) -> str:
    """A function's name without its hash and without what callgrind adds for recursion."""
    return re.sub(r"('\d+)$|::h[0-9a-f]{16}", "", function)


def read(path: Path) -> Profile:
    """Reads callgrind's output; a function that calls itself keeps only its own cost of that."""
    profile = Profile()
    names: dict[str, dict[str, str]] = defaultdict(dict)
    function = file = callee = ""
    called = False
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        named = NAME.match(line)
        if named is not None:
            kind, number, name = named.groups()
            known = names["fn" if kind.endswith("fn") else "file"]
            if name is not None:
                known[number] = name
            name = known[number]
            if kind == "fn":
                function = short(name)
            elif kind == "cfn":
                callee = short(name)
            elif kind in ("fl", "fi", "fe"):
                file = name
            continue
        if line.startswith("calls="):
            times = int(line[6:].split()[0])
            profile.calls[callee] += times
            called = True
            continue
        cost = COST.match(line)
        if cost is None:
            continue
        count = int(cost[1])
        if called:
            called = False
            if PRICED.match(callee):
                profile.callers[f"{callee} by {function}"] += count
            if callee != function:
                profile.inclusive[function] += count
            continue
        profile.by_crate[crate_of(file)] += count
        profile.by_file[file] += count
        profile.by_function[function] += count
        profile.inclusive[function] += count
    return profile


class Tables:
    """Prints the largest differences between two runs, for one request."""

    def __init__(self, few: Profile, many: Profile, top: int) -> None:
        self.few, self.many, self.top = few, many, top

    def differences(self, name: str) -> dict[str, float]:
        few, many = getattr(self.few, name), getattr(self.many, name)
        return {key: (many[key] - few[key]) / (MANY - FEW) for key in many}

    def show(self, title: str, name: str, with_calls: bool = False) -> None:
        costs = self.differences(name)
        calls = self.differences("calls")
        print(f"\n{title}")
        for key in sorted(costs, key=lambda key: -costs[key])[: self.top]:
            times = f"{calls.get(key, 0):8.1f} x" if with_calls else ""
            print(f"{costs[key]:10,.0f}{times}  {key}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--top", type=int, default=25)
    parser.add_argument(
        "--options", type=shlex.split, default=[], help="for the client: '--idle 64'"
    )
    arguments = parser.parse_args()
    try:
        client, server = build_ours(), build_server()
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "callgrind.out"
            profiles = []
            for requests in (FEW, MANY):
                instructions(client, server, requests, 64, arguments.options, out)
                profiles.append(read(out))
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    tables = Tables(profiles[0], profiles[1], arguments.top)
    total = sum(tables.differences("by_function").values())
    print(f"{total:,.0f} instructions per request, 64 in flight")
    tables.show("By crate, inlined code where it was written:", "by_crate")
    tables.show("By file, inlined code where it was written:", "by_file")
    tables.show("By function, without what it calls:", "by_function", True)
    tables.show("By function, with what it calls:", "inclusive", True)
    tables.show("Allocation, copying and formatting, by who calls:", "callers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
