"""Runs Synapse until it is told to stop or the process that started it is gone; then nothing of it is left.

    python run_synapse.py FOLDER CONFIG

Standard input is a pipe held open by the starter. However the starter ends, by SIGKILL too, the pipe closes, and
this process removes the folder of data and ends.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading


def end_with_starter(folder: str) -> None:
    while os.read(0, 1024):
        pass
    # Synapse may be writing into the folder while it is removed.
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            break
    os._exit(1)


def main() -> None:
    folder, config = sys.argv[1:]
    threading.Thread(target=end_with_starter, args=(folder,), daemon=True).start()

    from synapse.app import homeserver

    sys.argv = ["synapse", "--config-path", config]
    homeserver.main()


if __name__ == "__main__":
    main()
