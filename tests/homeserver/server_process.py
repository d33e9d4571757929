"""One server run as a process of its own: started on a folder, waited for, stopped, its words read when something fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

START_SECONDS = 120
STOP_SECONDS = 20


class HomeserverError(Exception):
    """A server did not start or refused the fixture's own request; the message ends with its log."""


class PortTaken(HomeserverError):
    """Another program took the port between the choice and the use of it."""


class ServerProcess:
    """Runs a launcher beside this file, which ends with its starter, on the data in one folder."""

    def __init__(
        self, name: str, folder: Path, log_names: tuple[str, ...] = ()
    ) -> None:
        self.folder = folder
        self._name = name
        self._log_names = ("output.txt", *log_names)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise HomeserverError(f"{self._name} is not running")
        return self._process.pid

    def run(self, launcher: str, *arguments: str, ready: str) -> None:
        """Start the launcher, and return when the server's log holds the words."""
        program = Path(__file__).resolve().parent / launcher
        with open(self.folder / "output.txt", "wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(program), str(self.folder), *arguments],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C reaches the starter alone, which then stops it in order.
                start_new_session=True,
            )
        try:
            self._wait_until_it_listens(self._process, ready)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.terminate()
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdin:
                process.stdin.close()

    def logs(self) -> str:
        """What the server printed and logged since it was started last."""
        files = [self.folder / name for name in self._log_names]
        return "".join(
            file.read_text(errors="replace") for file in files if file.exists()
        )

    def log_tail(self) -> str:
        return "\nThe end of its log:\n" + "\n".join(self.logs().splitlines()[-40:])

    def _wait_until_it_listens(
        self, process: subprocess.Popen[bytes], ready: str
    ) -> None:
        deadline = time.monotonic() + START_SECONDS
        # Its own log and not an answer: another server may have come to listen on the port.
        while ready not in self.logs():
            if process.poll() is not None:
                taken = "Address already in use" in self.logs()
                error = PortTaken if taken else HomeserverError
                how = f"{self._name} ended with status {process.returncode}."
                raise error(how + self.log_tail())
            if time.monotonic() > deadline:
                how = f"{self._name} did not start in {START_SECONDS} s."
                raise HomeserverError(how + self.log_tail())
            time.sleep(0.02)
