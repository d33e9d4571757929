"""One Synapse process: started on a folder, waited for, stopped, and its words read when something fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from synapse_config import LOG_NAME, Config, log_config

START_SECONDS = 120
STOP_SECONDS = 20


class HomeserverError(Exception):
    """The homeserver did not start or refused the fixture's own request; the message ends with its log."""


class PortTaken(HomeserverError):
    """Another program took the port between the choice and the use of it."""


class SynapseProcess:
    """Runs Synapse on the data and the configuration in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise HomeserverError("the homeserver is not running")
        return self._process.pid

    def start(self, config: Config) -> None:
        """Start with that configuration and return when Synapse listens."""
        file = self.folder / "homeserver.yaml"
        file.write_text(json.dumps(config, indent=1))
        (self.folder / "log.yaml").write_text(json.dumps(log_config(self.folder)))
        (self.folder / LOG_NAME).unlink(missing_ok=True)
        launcher = Path(__file__).resolve().parent / "run_synapse.py"
        with open(self.folder / "output.txt", "wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(launcher), str(self.folder), str(file)],
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C reaches the starter alone, which then stops it in order.
                start_new_session=True,
            )
        try:
            self._wait_until_it_listens(self._process)
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
        """What Synapse printed and logged since it was started last."""
        files = [self.folder / name for name in ("output.txt", LOG_NAME)]
        return "".join(
            file.read_text(errors="replace") for file in files if file.exists()
        )

    def log_tail(self) -> str:
        return "\nThe end of its log:\n" + "\n".join(self.logs().splitlines()[-40:])

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        # Its own log and not an answer: another server may have come to listen on the port.
        while "Synapse now listening on" not in self.logs():
            if process.poll() is not None:
                taken = "Address already in use" in self.logs()
                error = PortTaken if taken else HomeserverError
                status = process.returncode
                raise error(f"Synapse ended with status {status}.{self.log_tail()}")
            if time.monotonic() > deadline:
                raise HomeserverError(
                    f"Synapse did not start in {START_SECONDS} s.{self.log_tail()}"
                )
            time.sleep(0.02)
