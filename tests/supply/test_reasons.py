"""Proves that whatever we depend on says why, in a comment right above the line that names it."""

from __future__ import annotations

import re
import sys
import unittest
from collections.abc import Iterable
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1]),
]

from c_program import ROOT
from crates import manifests, packages

PYTHON = ROOT / "tests" / "requirements.in"
PINNED = ROOT / "tests" / "requirements.txt"
MAVEN = ROOT / "bindings" / "kotlin" / "pom.xml"


def direct(manifest: Path) -> set[str]:
    """The names of the crates in a manifest, those for building and for tests included."""
    every = packages(manifest)
    [package] = [one for one in every if Path(one["manifest_path"]) == manifest]
    return {
        one["rename"] or one["name"] for one in package["dependencies"] if one["source"]
    }


class Reasons(unittest.TestCase):
    def assert_each_has_one(
        self, file: Path, names: Iterable[str], line: str, comment: str
    ) -> None:
        """Each name stands once in a line of that form, right below a comment."""
        text = file.read_text(encoding="utf-8")
        for name in names:
            above = rf"^[ \t]*{comment}.*\S.*\n{line.format(name=re.escape(name))}"
            with self.subTest(name, file=file.name):
                self.assertTrue(re.search(above, text, re.MULTILINE), "no reason")

    def test_each_crate_that_we_name(self) -> None:
        library = ROOT / "Cargo.toml"
        has_one: set[str] = set()
        # What the library depends on has its reason there, and needs no other in the packages of tests.
        for manifest in sorted(manifests(), key=lambda one: one != library):
            named = direct(manifest) - has_one
            self.assertTrue(named or has_one)
            form = r'(?:"?{name}"?(?:\.\w+)? *=|\[.*dependencies\.{name}\])'
            self.assert_each_has_one(manifest, named, form, "#")
            has_one |= named if manifest == library else set()

    def test_each_python_package_that_we_name_and_its_version_is_pinned(self) -> None:
        lines = [
            line
            for line in PYTHON.read_text("utf-8").splitlines()
            if line[:1] not in ("#", "")
        ]
        names = [line.partition("==")[0] for line in lines]
        self.assertIn("pytest", names)
        self.assert_each_has_one(PYTHON, names, r"{name}(?:==.*)?$", "#")
        pinned = PINNED.read_text(encoding="utf-8")
        for name in names:
            self.assertRegex(
                pinned, re.compile(rf"^{re.escape(name)}==\d", re.MULTILINE)
            )
        for line in pinned.splitlines():
            self.assertRegex(line, r"^(?:#|[\w.-]+==\d\S*$)")

    def test_each_java_library_and_maven_plugin_and_its_version_is_pinned(self) -> None:
        text = MAVEN.read_text(encoding="utf-8")
        found = re.findall(
            r"<(dependency|plugin)>\s*(?:<groupId>.*</groupId>\s*)?<artifactId>(.*)</artifactId>\s*<version>(.*)</version>",
            text,
        )
        self.assertEqual(
            len(found),
            len(re.findall(r"<(?:dependency|plugin)>", text)),
            "a pin is missing",
        )
        for kind, name, version in found:
            self.assertRegex(version, r"^(?:\d[\w.]*|\$\{[\w.]+\})$", name)
            form = rf"\s*<{kind}>\s*(?:<groupId>.*</groupId>\s*)?<artifactId>{{name}}<"
            self.assert_each_has_one(MAVEN, [name], form, "<!--")


if __name__ == "__main__":
    unittest.main()
