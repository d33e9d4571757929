"""Proves that every crate we build with is licensed, fetched and pinned as deny.toml says, and runs with the Rust we promise."""

from __future__ import annotations

import re
import sys
import unittest
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1]),
]

from c_program import ROOT, run
from crates import manifests, packages
from licences import is_allowed

if sys.version_info >= (3, 11):
    import tomllib
else:
    raise unittest.SkipTest("only Python 3.11 and later read TOML")

CRATES = "/crates.io-index"


def load(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


class Crates(unittest.TestCase):
    rules: dict[str, Any]
    per_manifest: dict[Path, list[dict[str, Any]]]
    crates: dict[str, dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.rules = load(ROOT / "deny.toml")
        cls.per_manifest = {one: packages(one) for one in manifests()}
        cls.crates = {
            one["id"]: one for found in cls.per_manifest.values() for one in found
        }

    def test_each_has_a_licence_that_we_accept(self) -> None:
        rules = self.rules["licenses"]
        more = {one["crate"]: one["allow"] for one in rules["exceptions"]}
        for crate in (one for one in self.crates.values() if one["source"]):
            accepted = [*rules["allow"], *more.get(crate["name"], [])]
            said = crate["license"] or "none"
            self.assertTrue(is_allowed(said, accepted), f"{crate['name']}: {said}")

    def test_none_is_there_in_two_versions_without_a_reason(self) -> None:
        excused = [one["crate"] for one in self.rules["bans"]["skip"]]
        self.assertTrue(all(one["reason"] for one in self.rules["bans"]["skip"]))
        unused = set(excused)
        for manifest, found in self.per_manifest.items():
            versions = defaultdict(set)
            for crate in found:
                versions[crate["name"]].add(crate["version"])
            for name, several in versions.items():
                old = {
                    excuse: one
                    for excuse in excused
                    for one in several
                    if len(several) > 1 and f"{name}@{one}.".startswith(f"{excuse}.")
                }
                unused -= set(old)
                left = several - set(old.values())
                self.assertEqual(len(left), 1, f"{name} {left} in {manifest}")
        self.assertEqual(unused, set(), "there are not two versions of it any more")

    def test_each_comes_from_the_one_registry_and_has_a_checksum(self) -> None:
        for manifest in self.per_manifest:
            for crate in load(manifest.with_name("Cargo.lock"))["package"]:
                if "source" in crate:
                    self.assertTrue(crate["source"].startswith("registry+"), crate)
                    self.assertTrue(crate["source"].endswith(CRATES), crate)
                    self.assertRegex(crate["checksum"], "^[0-9a-f]{64}$")

    def test_a_crate_without_a_registry_is_our_own(self) -> None:
        for crate in self.crates.values():
            if crate["source"] is None:
                folder = Path(crate["manifest_path"]).parent
                self.assertTrue(folder.is_relative_to(ROOT), crate["manifest_path"])

    def test_the_lock_file_is_committed(self) -> None:
        git = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "--error-unmatch"]
        for manifest in self.per_manifest:
            run([*git, manifest.with_name("Cargo.lock")])

    def test_none_of_the_library_asks_for_a_later_rust_than_we_do(self) -> None:
        found = self.per_manifest[ROOT / "Cargo.toml"]
        [ours] = [one["rust_version"] for one in found if one["name"] == "matrix-capi"]
        for crate in found:
            least = crate["rust_version"] or "1.0"
            self.assertLessEqual(version(least), version(f"{ours}.99"), crate["name"])

    def test_the_readme_and_the_contributors_are_told_the_rust_of_the_manifest(
        self,
    ) -> None:
        ours = load(ROOT / "Cargo.toml")["package"]["rust-version"]
        for page in ("README.md", "CONTRIBUTING.md", ".ci/run"):
            told = re.findall(
                r"(?:Rust|from) (1\.\d+)", (ROOT / page).read_text("utf-8")
            )
            self.assertEqual(set(told), {ours}, page)


class Licences(unittest.TestCase):
    def test_an_expression_is_read_by_the_rules_of_spdx(self) -> None:
        accepted = ("MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception")
        for expression, want in {
            "MIT": True,
            "GPL-3.0-only": False,
            "GPL-3.0-only OR MIT": True,
            "Unlicense/MIT": True,
            "MIT AND GPL-3.0-only": False,
            "GPL-3.0-only AND MIT OR ISC": True,
            "(MIT OR GPL-3.0-only) AND Unicode-3.0": False,
            "(MIT OR Apache-2.0) AND ISC": True,
            "Apache-2.0 WITH LLVM-exception": True,
            "MIT WITH Some-exception": False,
            "": False,
        }.items():
            self.assertEqual(is_allowed(expression, accepted), want, expression)


if __name__ == "__main__":
    unittest.main()
