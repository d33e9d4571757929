"""A real identity server on loopback (Sydent), which texts codes to phones through a stand-in for the operator."""

from __future__ import annotations

import configparser
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loopback import HOST, free_port
from server_process import PortTaken, ServerProcess
from stand_ins import SmsOperator

if TYPE_CHECKING:
    from typing_extensions import Self


class IdentityServer:
    """One Sydent process with an operator of text messages of its own. Use it as a context manager."""

    def __init__(self) -> None:
        self.operator = SmsOperator()
        self.base_url = ""
        self._process = ServerProcess("Sydent", Path())

    @property
    def folder(self) -> Path:
        return self._process.folder

    @property
    def synapse_config(self) -> dict[str, Any]:
        """What makes a homeserver prove phone numbers through this server."""
        return {
            "account_threepid_delegates": {"msisdn": self.base_url},
            "ip_range_whitelist": [HOST],
        }

    def __enter__(self) -> Self:
        folder = Path(tempfile.mkdtemp(prefix="matrix-capi-sydent-"))
        self._process = ServerProcess("Sydent", folder)
        self.operator.__enter__()
        try:
            try:
                self._start(free_port())
            except PortTaken:
                self._start(free_port())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
        self.operator.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, port: int) -> None:
        self.base_url = f"http://{HOST}:{port}"
        folder = self.folder
        config = configparser.ConfigParser()
        config.read_dict(
            {
                "general": {
                    "server.name": "localhost",
                    "pidfile.path": str(folder / "sydent.pid"),
                    # It refuses to speak to loopback addresses otherwise.
                    "ip.whitelist": f"{HOST}/32",
                },
                "db": {"db.file": str(folder / "sydent.db")},
                "http": {
                    "clientapi.http.bind_address": HOST,
                    "clientapi.http.port": str(port),
                },
                "sms": {"bodyTemplate": "Your code is {token}"},
            }
        )
        file = folder / "sydent.conf"
        with open(file, "w") as output:
            config.write(output)
        ready = f"Site starting on {port}"
        self._process.run("run_sydent.py", str(file), self.operator.url, ready=ready)
