"""Runs Sydent, with its text messages going to a loopback address, until told to stop or its starter is gone.

python run_sydent.py FOLDER CONFIG SMS_URL
"""

from __future__ import annotations

import os
import sys
import threading

from run_synapse import end_with_starter


def main() -> None:
    folder, config, sms_url = sys.argv[1:]
    threading.Thread(target=end_with_starter, args=(folder,), daemon=True).start()

    os.environ["SYDENT_CONF"] = config
    import sydent.sms.openmarket  # type: ignore[import-untyped]
    import sydent.sydent  # type: ignore[import-untyped]

    # The provider's address is a constant in its source, not a setting.
    sydent.sms.openmarket.API_BASE_URL = sms_url
    sydent.sydent.main()


if __name__ == "__main__":
    main()
