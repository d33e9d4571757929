"""Asks cargo for the crates that the project builds with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from c_program import ROOT, CommandFailed, run


def manifests() -> list[Path]:
    """The Cargo.toml of each workspace here."""
    git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "--cached", "--others"]
    try:
        names = run([*git, "--exclude-standard", "Cargo.toml", "*/Cargo.toml"])
    except CommandFailed:
        names = "Cargo.toml"
    return [ROOT / name for name in names.split()]


def packages(manifest: Path) -> list[dict[str, Any]]:
    """Every crate that building may need, on whatever system; fails if the lock file is missing or stale."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    said = run([*command, "--all-features", "--manifest-path", manifest])
    # Before it, cargo may talk of what it downloads.
    answer = said[said.index('{"packages"') :].splitlines()[0]
    found: list[dict[str, Any]] = json.loads(answer)["packages"]
    return found
