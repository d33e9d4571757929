"""One Synapse process, run on the data and the configuration in one folder."""

from __future__ import annotations

import json
from pathlib import Path

from server_process import HomeserverError, ServerProcess
from synapse_config import LOG_NAME, Config, log_config

__all__ = ["HomeserverError", "SynapseProcess"]


class SynapseProcess(ServerProcess):
    """Runs Synapse on the data and the configuration in one folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__("Synapse", folder, (LOG_NAME,))

    def start(self, config: Config) -> None:
        """Start with that configuration and return when Synapse listens."""
        file = self.folder / "homeserver.yaml"
        file.write_text(json.dumps(config, indent=1))
        (self.folder / "log.yaml").write_text(json.dumps(log_config(self.folder)))
        (self.folder / LOG_NAME).unlink(missing_ok=True)
        self.run("run_synapse.py", str(file), ready="Synapse now listening on")
