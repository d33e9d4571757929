"""Shows the library at work: a C program resets a password on a real homeserver. Run by `make demo`.

With HOMESERVER and EMAIL in the environment a smaller program asks that server for the mail, which
goes to its reader.
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
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests" / "homeserver"))

if TYPE_CHECKING:
    from homeserver import Homeserver
    from mail_server import Mail

ALICE = "alice"
ALICE_EMAIL = "alice@example.test"
ALICE_PASSWORD = "Forgotten-passw0rd"
NEW_PASSWORD = "Remembered-passw0rd"

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


def build(name: str, folder: Path) -> Path:
    """Compile an example as a user would, against the header and the static library."""
    source = ROOT / "examples" / "c" / f"{name}.c"
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


class Conversation:
    """An interactive program, answered as a person would."""

    def __init__(self, program: Path, *arguments: str) -> None:
        step(" ".join(["Running", program.name, *arguments]))
        self.program = program
        self.process = subprocess.Popen(
            [str(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )

    def read_until(self, prompt: str | None) -> None:
        """Show what the program says until it asks this; None: until it ends."""
        assert self.process.stdout
        line = ""
        while byte := self.process.stdout.read(1):
            line += byte.decode(errors="replace")
            if prompt and line.endswith(prompt):
                show(line)
                return
            if line.endswith("\n"):
                show(line)
                line = ""
        if prompt:
            self.end()
            raise Failed(f"{self.program.name} ended and never asked: {prompt}")

    def say(self, text: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{text}\n".encode())

    def end(self) -> None:
        """Show the rest, and fail if the program does."""
        self.read_until(None)
        if self.process.wait() != 0:
            raise Failed(
                f"{self.program.name} ended with status {self.process.returncode}; what it printed "
                "says why. Is the address of the homeserver right, and does it send mail?"
            )

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()


def show_mail(mail: Mail) -> None:
    show(f"To:      {', '.join(mail.to)}")
    show(f"Subject: {mail.subject}")
    for link in mail.links:
        show(f"Link:    {masked(link)}")


def masked(link: str) -> str:
    """The link without the secret, which whoever holds it could use to take part in the reset."""
    return re.sub(r"(client_secret=)[^&#]*", r"\1[hidden]", link)


def with_given_server(base_url: str, email: str, folder: Path) -> None:
    with closing(
        Conversation(build("request_token", folder), base_url, email)
    ) as asked:
        asked.end()
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
            reset_password(homeserver, build("reset_password", folder))
            log_in(homeserver)
            step("Stopping Synapse")
    except HomeserverError as error:
        raise Failed(f"The homeserver failed: {error}") from error
    except NoMail as error:
        raise Failed(
            f"The server accepted the request, but sent no mail: {error}"
        ) from error
    step("Done")


def reset_password(homeserver: Homeserver, program: Path) -> None:
    arguments = (homeserver.base_url, ALICE_EMAIL, "--logout-devices")
    with closing(Conversation(program, *arguments)) as conversation:
        conversation.read_until("send again): ")
        [mail] = homeserver.mailbox.wait(ALICE_EMAIL)
        step("The mail that arrived")
        show_mail(mail)
        step("Confirming its link as a browser does")
        homeserver.confirm(mail.links[0])
        conversation.say("")
        for prompt in ("New password: ", "Once more: "):
            conversation.read_until(prompt)
            conversation.say(NEW_PASSWORD)
        conversation.end()


def log_in(homeserver: Homeserver) -> None:
    new = homeserver.login(ALICE, NEW_PASSWORD)
    old = homeserver.login(ALICE, ALICE_PASSWORD)
    step(f"Logging in with the new password: {new.status} {new.json.get('user_id')}")
    step(f"Logging in with the old password: {old.status} {old.json.get('errcode')}")
    if new.status != 200 or old.status != 403:
        raise Failed("The password was not changed. This is a bug: please report it.")


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
