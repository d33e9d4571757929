"""Installs the wheel in a clean virtual environment, and there runs every example of the README against a real Synapse."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matrix_capi
import pytest
from homeserver import Homeserver
from matrix_capi import Client, Request
from people import Person, new_person
from scripts import ROOT, SECONDS
from test_homeserver import check_changed, confirm, new_password

README = ROOT / "bindings" / "python" / "README.md"
EXAMPLES = re.findall(
    r"^```python\n(.+?)^```$", README.read_text(), re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def wheel() -> Path:
    # Of the library under test, as it is: a test builds none, even if a source is newer.
    built = f"{os.environ.get('CARGO_TARGET_DIR', 'target')}/release/libmatrix_capi.a"
    command = ["make", "--no-print-directory", "--old-file", built, "wheel"]
    subprocess.run(command, cwd=ROOT, check=True)
    [made] = (ROOT / "build" / "wheels").glob("*.whl")
    return made


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of an environment that has the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    made = str(folder / "bin" / "python")
    install = [made, "-m", "pip", "install", "--quiet", "--no-index", str(wheel)]
    subprocess.run([*install, "--disable-pip-version-check"], check=True)
    return made


def environment() -> dict[str, str]:
    """That of this process without what would lead to another library or package."""
    ours = ("MATRIX_CAPI_LIBRARY", "PYTHONPATH", "PYTHONHOME")
    return {name: value for name, value in os.environ.items() if name not in ours}


def run(python: str, program: str, folder: Path, *options: str) -> str:
    ended = subprocess.run(
        [python, *options, "-c", program],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    printed: str = ended.stdout
    return printed


@contextmanager
def typed(python: str, program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Runs a program that reads what is typed; without a terminal getpass reads it, too."""
    with subprocess.Popen(
        [python, "-u", "-W", "ignore", "-c", program],
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def token(homeserver: Homeserver, person: Person) -> str:
    found: str = homeserver.login(person.user_id, person.password).json["access_token"]
    return found


def signed_in(program: str, homeserver: Homeserver, person: Person) -> str:
    """The program with an access token of this person's."""
    assert '"syt_..."' in program
    return program.replace('"syt_..."', repr(token(homeserver, person)))


def example(
    number: int, homeserver: Homeserver, email: str = "", user: str = ""
) -> str:
    text: str = EXAMPLES[number]
    text = text.replace("https://matrix.example.org", homeserver.base_url)
    assert homeserver.base_url in text
    return text.replace("@alice:example.org", user).replace("alice@example.org", email)


def test_the_wheel_names_its_platform_and_carries_the_library(wheel: Path) -> None:
    assert wheel.name.startswith(f"matrix_capi-{matrix_capi.version()}-py3-none-")
    assert "none-any" not in wheel.name
    with zipfile.ZipFile(wheel) as files:
        assert files.testzip() is None
        names = files.namelist()
        record = files.read(next(n for n in names if n.endswith("RECORD"))).decode()
    assert len([name for name in names if "libmatrix_capi." in name]) == 1
    assert "matrix_capi/py.typed" in names
    assert [line.split(",")[0] for line in record.splitlines()] == names


def test_pip_makes_the_same_wheel_without_the_network(
    wheel: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index"]
    command += ["--disable-pip-version-check", "--wheel-dir", str(tmp_path)]
    subprocess.run([*command, str(ROOT / "bindings" / "python")], check=True)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_installed_package_uses_the_library_of_its_wheel(
    python: str, tmp_path: Path
) -> None:
    program = "import json, matrix_capi._library as library, matrix_capi\n"
    program += "print(json.dumps([library.place(), matrix_capi.version()]))"
    place, version = json.loads(run(python, program, tmp_path, "-I"))
    assert place.startswith(str(Path(python).parents[1]))
    assert version == matrix_capi.version()


def test_there_are_no_examples_that_no_test_below_runs() -> None:
    assert len(EXAMPLES) == 7


def test_a_type_checker_knows_the_installed_package(
    python: str, tmp_path: Path
) -> None:
    for number, text in enumerate(EXAMPLES):
        (tmp_path / f"example_{number}.py").write_text(text)
    (tmp_path / "wrong.py").write_text(
        "from matrix_capi import Client\nClient().get_versions().nothing\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python]
    checked = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), "."],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in checked.stdout.splitlines() if "error:" in line]
    assert len(complaints) == 1, checked.stdout
    assert complaints[0].startswith("wrong.py:2: error:")
    assert "GetVersionsAnswer" in complaints[0]


def test_the_five_lines_work(
    python: str, homeserver: Homeserver, tmp_path: Path
) -> None:
    program = example(0, homeserver)
    assert len([line for line in program.splitlines() if line]) <= 5
    assert "m.login.password\n" in run(python, program, tmp_path)


def test_a_request_to_an_own_endpoint_works(
    python: str, homeserver: Homeserver, tmp_path: Path
) -> None:
    person = new_person(homeserver)
    program = signed_in(example(1, homeserver, user=person.user_id), homeserver, person)
    assert run(python, program, tmp_path) == "nothing here yet\n"


def test_the_list_of_rooms_works(
    python: str, homeserver: Homeserver, tmp_path: Path
) -> None:
    person = new_person(homeserver)
    program = signed_in(example(2, homeserver), homeserver, person)
    with Client(homeserver.base_url) as client:
        client.set_access_token(token(homeserver, person))
        make = Request.custom("POST", "/_matrix/client/v3/createRoom")
        unnamed = client.send(make).json["room_id"]
        make.set("name", "Kitchen")
        named = client.send(make).json["room_id"]
    printed = run(python, program, tmp_path).splitlines()
    assert sorted(printed) == sorted([f"{named} Kitchen", f"{unnamed} (no name)"])


def test_the_full_reset_works(
    python: str, homeserver: Homeserver, tmp_path: Path
) -> None:
    person, password = new_person(homeserver), new_password()
    with typed(python, example(3, homeserver, person.email), tmp_path) as process:
        confirm(homeserver, person)
        out, _ = process.communicate(f"{password}\ny\n", SECONDS)
        assert process.returncode == 0, out
    assert out.endswith("Changed: log in with the new password.\n")
    check_changed(homeserver, person, password)


def test_the_saved_reset_works(
    python: str, homeserver: Homeserver, tmp_path: Path
) -> None:
    person, password = new_person(homeserver), new_password()
    with typed(python, example(4, homeserver, person.email), tmp_path) as process:
        confirm(homeserver, person)
        out, _ = process.communicate(f"{password}\n", SECONDS)
        assert process.returncode == 0, out
    assert out.endswith("Changed.\n")
    check_changed(homeserver, person, password)


def test_the_errors_work(python: str, homeserver: Homeserver, tmp_path: Path) -> None:
    printed = run(python, example(5, homeserver), tmp_path)
    assert printed == "refused: M_UNKNOWN_TOKEN 401 None\n"


def test_the_cancellation_works(
    python: str, homeserver: Homeserver, tmp_path: Path
) -> None:
    assert run(python, example(6, homeserver), tmp_path) == "cancelled\n9\n"
