"""Shows the library at work: a C program asks a real homeserver for a reset mail, and the mail arrives. Run by `make demo`.

With HOMESERVER and EMAIL in the environment the program asks that server instead, and the mail goes to its reader.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests" / "homeserver"))

if TYPE_CHECKING:
    from mail_server import Mail

ALICE = "alice"
ALICE_EMAIL = "alice@example.test"
ALICE_PASSWORD = "Forgotten-passw0rd"

SYSTEM_LIBRARIES = {
    "darwin": ["-framework", "Security", "-framework", "CoreFoundation"],
    "linux": ["-lpthread", "-ldl", "-lm"],
}

started = time.monotonic()


class Failed(Exception):
    """A step did not succeed; the message says what to do."""


def step(text: str) -> None:
    print(f"[{time.monotonic() - started:5.1f} s] {text}", flush=True)


def show(text: str) -> None:
    for line in text.splitlines():
        print(f"          | {line}", flush=True)


def build(folder: Path) -> Path:
    """Compile the example as a user would, against the header and the static library."""
    source = ROOT / "examples" / "c" / "request_token.c"
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    library = ROOT / target / "release" / "libmatrix_capi.a"
    if not library.exists():
        raise Failed(f"{library} is missing. Build the library first: make build")
    compiler = os.environ.get("CC", "cc")
    if shutil.which(compiler) is None:
        raise Failed(
            f"There is no {compiler}. Install a C compiler (Debian: apt-get install gcc)."
        )
    program = folder / source.stem
    step(f"Building {source.relative_to(ROOT)} with {compiler}")
    command = [compiler, "-std=c99", "-Wall", "-Wextra", f"-I{ROOT / 'include'}"]
    command += [str(source), str(library), "-o", str(program)]
    command += SYSTEM_LIBRARIES.get(sys.platform, [])
    built = subprocess.run(command, check=False)
    if built.returncode != 0:
        raise Failed("The example does not compile; the compiler's words are above.")
    return program


def run(program: Path, *arguments: str) -> None:
    step(" ".join(["Running", program.name, *arguments]))
    with subprocess.Popen(
        [str(program), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        assert running.stdout
        for line in running.stdout:
            show(line)
    if running.returncode != 0:
        raise Failed(
            f"{program.name} ended with status {running.returncode}; what it printed says why. "
            "Is the address of the homeserver right, and does it send mail?"
        )


def show_mail(mail: Mail) -> None:
    show(f"To:      {', '.join(mail.to)}")
    show(f"Subject: {mail.subject}")
    for link in mail.links:
        show(f"Link:    {masked(link)}")


def masked(link: str) -> str:
    """The link without the secret, which whoever holds it could use to take part in the reset."""
    return re.sub(r"(client_secret=)[^&#]*", r"\1[hidden]", link)


def with_given_server(base_url: str, email: str, folder: Path) -> None:
    run(build(folder), base_url, email)
    step(f"Done: if {email} belongs to an account there, a mail is on its way")


def with_own_server(folder: Path) -> None:
    # Here, so that a given server needs no Synapse installed.
    try:
        from homeserver import Homeserver
        from mail_server import NoMail
        from synapse_process import HomeserverError
    except ImportError as error:
        raise Failed(
            f"{error}. Start the demo by `make demo`, which installs Synapse."
        ) from error

    step("Starting Synapse and a mailbox on loopback")
    homeserver = Homeserver()
    try:
        with homeserver:
            step(f"Synapse answers at {homeserver.base_url}")
            user_id = homeserver.register(ALICE, ALICE_PASSWORD, ALICE_EMAIL)
            step(f"Created {user_id} with the address {ALICE_EMAIL}")
            run(build(folder), homeserver.base_url, ALICE_EMAIL)
            [mail] = homeserver.mailbox.wait(ALICE_EMAIL)
            step("The mail that arrived")
            show_mail(mail)
            step("Stopping Synapse")
    except HomeserverError as error:
        raise Failed(f"The homeserver failed: {error}") from error
    except NoMail as error:
        raise Failed(
            f"The server accepted the request, but sent no mail: {error}"
        ) from error
    step("Done")


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    base_url, email = os.environ.get("HOMESERVER"), os.environ.get("EMAIL")
    try:
        with tempfile.TemporaryDirectory(prefix="matrix-capi-demo-") as folder:
            if base_url and email:
                with_given_server(base_url, email, Path(folder))
            elif base_url or email:
                raise Failed("HOMESERVER and EMAIL go together: give both, or neither.")
            else:
                with_own_server(Path(folder))
    except Failed as failure:
        step(f"FAILED: {failure}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
