"""Makes the wheel, which carries the built C library, with nothing but the standard library.

    python3 build_wheel.py [FOLDER]

pip uses it, too (PEP 517). The library is what MATRIX_CAPI_LIBRARY names, or cargo's release build.
"""

from __future__ import annotations

import base64
import csv
import ctypes
import hashlib
import io
import os
import re
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
NAMES = {"darwin": "libmatrix_capi.dylib", "win32": "matrix_capi.dll"}
NAME = NAMES.get(sys.platform, "libmatrix_capi.so")
# Wheels of the same files are the same; zip knows no earlier time.
TIME = (1980, 1, 1, 0, 0, 0)


class UnsupportedOperation(Exception):
    """What pip is told where there is nothing to build."""


def library() -> Path:
    """The built library."""
    target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
    named = os.environ.get("MATRIX_CAPI_LIBRARY")
    file = Path(named) if named else target / "release" / NAME
    if not file.is_file():
        raise SystemExit(f"there is no {file}: run cargo build --release first")
    return file


def version() -> str:
    """The version of the library, as it says itself."""
    native = ctypes.CDLL(str(library()))
    native.mx_version.restype = ctypes.c_char_p
    said: bytes = native.mx_version()
    return said.decode()


def platform_tag(native: bytes) -> str:
    """Where the wheel can be installed: on Linux, any system whose glibc is new enough for the library."""
    platform = re.sub(r"[-.]", "_", sysconfig.get_platform())
    needed = re.findall(rb"GLIBC_2\.(\d+)", native)
    if platform.startswith("linux_") and needed:
        newest = max(int(number) for number in needed)
        return f"manylinux_2_{newest}_{platform[len('linux_') :]}"
    return platform


def metadata() -> str:
    """The core metadata; what pyproject.toml says."""
    said = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    return f"""\
Metadata-Version: 2.4
Name: {said["name"]}
Version: {version()}
Summary: {said["description"]}
License-Expression: {said["license"]}
License-File: LICENSE-APACHE
License-File: LICENSE-MIT
Requires-Python: {said["requires-python"]}
Description-Content-Type: text/markdown

{(HERE / said["readme"]).read_text()}"""


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Writes the wheel into the folder and gives its name."""
    native = library().read_bytes()
    tag = f"py3-none-{platform_tag(native)}"
    package = f"matrix_capi-{version()}"
    info = f"{package}.dist-info"
    files: dict[str, bytes] = {
        f"matrix_capi/{file.name}": file.read_bytes()
        for file in sorted((HERE / "matrix_capi").iterdir())
        if file.suffix == ".py" or file.name == "py.typed"
    }
    files[f"matrix_capi/{NAME}"] = native
    files[f"{info}/METADATA"] = metadata().encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: matrix-capi\nRoot-Is-Purelib: false\nTag: {tag}\n"
    ).encode()
    for licence in ("LICENSE-APACHE", "LICENSE-MIT"):
        files[f"{info}/licenses/{licence}"] = (ROOT / licence).read_bytes()
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD")
    name = f"{package}-{tag}.whl"
    folder = Path(wheel_directory)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, TIME)
            entry.external_attr = (0o755 if path.endswith(NAME) else 0o644) << 16
            wheel.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return name


def record(files: dict[str, bytes], itself: str) -> bytes:
    """The list of files with their hashes, in which it is itself without one."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
        rows.writerow((path, f"sha256={digest.decode().rstrip('=')}", len(content)))
    rows.writerow((itself, "", ""))
    return text.getvalue().encode()


def build_sdist(
    sdist_directory: str, config_settings: dict[str, Any] | None = None
) -> str:
    """There is none: without the Rust sources it would be of no use, with them it is the repository."""
    raise UnsupportedOperation("matrix-capi has no source distribution: build a wheel")


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "wheels")
    print(Path(folder) / build_wheel(folder))
