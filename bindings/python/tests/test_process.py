"""How the package bears what befalls a process: its end, a fork, children, the log's thread."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import matrix_capi
import pytest
from matrix_capi import Client, set_log_sink
from scripts import SECONDS, Server

VERSIONS = {"json": {"versions": ["v1.11"]}}
HANGS = {"hang": True}

ENDS_WITH_A_TASK = """
import asyncio, os, sys
from matrix_capi import AsyncClient

client = AsyncClient(sys.argv[1])

async def main():
    global task
    task = asyncio.ensure_future(client.get_versions())
    await asyncio.sleep(0.2)

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
task._log_destroy_pending = False
print("leaving")
"""

ENDS_WITH_THREADS = """
import sys, threading, time
from matrix_capi import Client

client = Client(sys.argv[1])
for _ in range(5):
    threading.Thread(target=client.get_versions, daemon=True).start()
time.sleep(0.2)
print("leaving")
"""

ENDS_WITH_A_LOG = """
import logging, sys, threading, time
from matrix_capi import Client, set_log_sink

lines = []
set_log_sink(lambda level, line: lines.append(line), logging.DEBUG)
client = Client(sys.argv[1], retry_delay=0.001, max_retries=1000000)
for _ in range(5):
    threading.Thread(target=client.get_versions, daemon=True).start()
while len(lines) < 10:
    time.sleep(0.01)
print("leaving")
"""

FORKS = """
import asyncio, os, sys
from matrix_capi import (
    AsyncClient, AsyncPasswordReset, Client, ForkedError, PasswordReset
)

url = sys.argv[1]
client = Client(url)
reset = PasswordReset(client, "a@b.test")
client.get_versions()

def refused(call):
    try:
        call()
    except ForkedError as error:
        assert "forked" in str(error) and "spawn" in str(error), error
    else:
        raise AssertionError(call)

def in_child():
    refused(client.get_versions)
    refused(lambda: client.set_access_token("t"))
    refused(reset.send)
    refused(lambda: reset.stage)
    refused(lambda: PasswordReset(client, "a@b.test"))
    refused(lambda: Client(url))
    refused(lambda: asyncio.run(awaited.get_versions()))
    asyncio.run(awaited.aclose())
    reset.close()
    client.close()

awaited = AsyncClient(url)
child = os.fork()
if child == 0:
    status = 1
    try:
        in_child()
        status = 0
    finally:
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
print(client.get_versions().versions)
"""

FORKS_FIRST = """
import os, sys
import matrix_capi

child = os.fork()
with matrix_capi.Client(sys.argv[1]) as client:
    assert client.get_versions().versions == ["v1.11"]
if child:
    assert os.waitpid(child, 0)[1] == 0
"""

MULTIPROCESSING = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from matrix_capi import Client, ForkedError

client = None

def ask(url):
    with client or Client(url) as asked:
        return asked.get_versions().versions

if __name__ == "__main__":
    url = sys.argv[1]
    client = Client(url)
    print(ask.__name__, client.get_versions().versions)
    for method in sys.argv[2:]:
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(1, context) as pool:
            try:
                print(method, pool.submit(ask, url).result())
            except ForkedError:
                print(method, "ForkedError")
"""


def run(program: str, package: Path, *arguments: str) -> str:
    """Runs a program to its end, which must be a good one, and gives what it printed."""
    ended = subprocess.run(
        # From 3.12 on Python itself warns of forks, in its own words.
        [sys.executable, "-W", "ignore:This process", "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.mark.parametrize("program", [ENDS_WITH_A_TASK, ENDS_WITH_THREADS])
def test_the_interpreter_ends_in_peace_with_calls_in_flight(
    server: Server, package: Path, program: str
) -> None:
    script = server.script(HANGS)
    assert run(program, package, script.url) == "leaving\n"
    assert len(script.requests()) in (1, 5)


def test_the_interpreter_ends_in_peace_while_the_library_logs(
    server: Server, package: Path
) -> None:
    script = server.script({"accept": "reset"})
    for _ in range(5):
        assert run(ENDS_WITH_A_LOG, package, script.url) == "leaving\n"


def test_a_forked_child_is_told_so_and_the_parent_goes_on(
    server: Server, package: Path
) -> None:
    script = server.script(VERSIONS)
    assert run(FORKS, package, script.url) == "['v1.11']\n"


def test_a_fork_before_the_first_client_leaves_both_processes_free(
    server: Server, package: Path
) -> None:
    script = server.script(VERSIONS)
    run(FORKS_FIRST, package, script.url)
    assert len(script.requests()) == 2


def test_children_of_multiprocessing_work_unless_they_are_forked(
    server: Server, package: Path, tmp_path: Path
) -> None:
    script = server.script(VERSIONS)
    program = tmp_path / "program.py"
    program.write_text(MULTIPROCESSING)
    ended = subprocess.run(
        [sys.executable, str(program), script.url, "spawn", "forkserver", "fork"],
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.stdout.splitlines() == [
        "ask ['v1.11']",
        "spawn ['v1.11']",
        "forkserver ['v1.11']",
        "fork ForkedError",
    ]
    assert ended.returncode == 0


def test_the_log_goes_where_it_is_sent_until_it_is_silenced(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("matrix_capi")
    script = server.script({"json": {"access_token": "hunter2", "user_id": "@a:b"}})
    with caplog.at_level(logging.DEBUG):
        set_log_sink(logger.log, logging.DEBUG)
        # When the last client is gone, all lines have been written.
        with Client(script.url) as client:
            client.login("m.login.password", password="hunter3")
        set_log_sink(None)
        heard = [(record.levelno, record.getMessage()) for record in caplog.records]
        with Client(script.url) as client:
            client.login("m.login.password", password="hunter3")
        assert len(caplog.records) == len(heard)
    assert any(level == logging.INFO and "login" in line for level, line in heard)
    assert not any("hunter" in line for _, line in heard)


def test_lines_below_the_level_are_not_made(server: Server) -> None:
    heard: list[int] = []
    script = server.script(VERSIONS)
    for level, expected in (
        (logging.INFO, {logging.INFO}),
        (logging.WARNING, set()),
        (logging.CRITICAL, set()),
    ):
        heard.clear()
        set_log_sink(lambda level, line: heard.append(level), level)
        with Client(script.url) as client:
            client.get_versions()
        set_log_sink(None)
        assert set(heard) == expected


def test_a_log_sink_that_uses_the_package_is_refused(server: Server) -> None:
    refused: list[BaseException] = []
    script = server.script(VERSIONS)
    with Client(script.url) as client:

        def sink(level: int, line: str) -> None:
            try:
                client.set_access_token("token")
            except matrix_capi.MisuseError as error:
                refused.append(error)

        set_log_sink(sink)
        client.get_versions()
    set_log_sink(None)
    assert refused
    assert "log callback" in str(refused[0])


def test_the_version_and_a_secret_come_from_the_library() -> None:
    assert matrix_capi.__version__ == matrix_capi.version()
    assert matrix_capi.version().count(".") == 2
    first, second = (matrix_capi.generate_client_secret() for _ in range(2))
    assert first != second
    assert len(first) == 43


def test_a_missing_library_is_an_import_error_that_says_what_to_do(
    package: Path,
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import matrix_capi"],
        env={
            **os.environ,
            "PYTHONPATH": str(package),
            "MATRIX_CAPI_LIBRARY": "/nowhere/libmatrix_capi.so",
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 1
    assert "ImportError" in ended.stderr
    assert "MATRIX_CAPI_LIBRARY" in ended.stderr
