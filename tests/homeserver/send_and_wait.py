"""An app that asks for a reset mail, saves the reset, and is then killed by the test that runs it.

    python send_and_wait.py BASE_URL EMAIL

prints the saved reset on one line, and waits for ever.
"""

from __future__ import annotations

import json
import sys
import threading

from capi import Library


def main() -> None:
    base_url, email = sys.argv[1:]
    with Library() as library:
        reset = library.client(base_url).password_reset(email)
        assert reset.send().status == "MX_OK"
        print(json.dumps(json.loads(reset.save())), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
