"""Proves that no secret is in the application's memory once an operation and its objects are gone, wherever it was copied on its way."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from internet import Internet
from keeper import Keeper
from memory import search_in, without_empty_pages

NEW_TOKEN = secrets.token_urlsafe(48)
DELIVERIES = ["queue", "callback"]
OK: dict[str, object] = {"json": {}}


# The search finds what is there.


@pytest.mark.parametrize("where", ["freed", "stack", "mapped"])
def test_a_copy_that_a_careless_program_leaves_is_found(
    keeper: Keeper, where: str
) -> None:
    keeper.make("careless", "careful")
    keeper.do("plant", where, "careless")
    keeper.do("wipe")
    assert keeper.found() == {"careless"}


@pytest.mark.parametrize("form", ["json", "percent", "UTF-16", "base64", "part"])
def test_a_secret_is_found_in_every_form(form: str) -> None:
    secret = f'{secrets.token_urlsafe(24)}"{secrets.token_urlsafe(24)}'
    held = {
        "json": json.dumps(secret).encode(),
        "percent": quote(secret).encode(),
        "UTF-16": secret.encode("utf-16-le"),
        "base64": base64.b64encode(f"user:{secret}".encode()),
        "part": secret.encode()[:12],
    }[form]
    memory = [("", bytes(100) + held + bytes(100))]
    assert search_in(memory, {"held": secret})
    assert not search_in(memory, {"other": secrets.token_urlsafe(48)})


def test_secrets_are_found_while_an_operation_needs_them(
    keeper: Keeper, internet: Internet
) -> None:
    internet.script("alive", {"hang": True})
    keeper.make("token", "password")
    keeper.ok("option", "access_token", "${token}")
    keeper.ok("client", internet.plain("alive"), "queue")
    keeper.ok("password", "${password}", '{"type":"m.login.dummy"}')
    keeper.do("wipe")
    _wait_for_requests(internet, "alive", 1)
    assert keeper.found() == {"token", "password"}
    keeper.ok("cancel")
    keeper.ends("MX_ERR_CANCELLED")
    keeper.free_all()
    assert keeper.found() == set()


# Each kind of operation. `run` does it as far as to the result.


def login(keeper: Keeper, url: str) -> None:
    keeper.make("odd password")
    keeper.secrets["new token"] = NEW_TOKEN
    keeper.ok(
        "call",
        "login",
        '{"type":"m.login.password","password":"${odd password:json}"}',
    )
    keeper.ends("MX_OK")
    assert keeper.do("string", "/access_token") == str(len(NEW_TOKEN))
    assert "new token" in keeper.found()


def mail(keeper: Keeper, url: str) -> None:
    keeper.make("client secret", "id token")
    keeper.ok("mail", "${client secret}", "${id token}")
    keeper.ends("MX_OK")


def change_password(keeper: Keeper, url: str) -> None:
    keeper.make("odd new", "odd old", "session")
    auth = '{"type":"m.login.password","password":"${odd old:json}","session":"${session}"}'
    keeper.ok("password", "${odd new}", auth)
    keeper.ends("MX_OK")


def add_3pid(keeper: Keeper, url: str) -> None:
    keeper.make("client secret", "session")
    keeper.ok("add", '{"session":"${session}"}', "${client secret}")
    keeper.ends("MX_OK")


def submit_token(keeper: Keeper, url: str) -> None:
    keeper.make("client secret", "mailed")
    keeper.ok("submit", f"{url}/submit", "${client secret}", "${mailed}")
    keeper.ends("MX_OK")


def with_a_token(keeper: Keeper, url: str) -> None:
    keeper.make("token")
    keeper.ok("token", "${token}")
    keeper.ok("call", "getTokenOwner", "{}")
    keeper.ends("MX_OK")
    keeper.do("free", "result")
    keeper.make("later")
    keeper.ok("token", "${later}")
    keeper.do("wipe")


ANSWER = {
    "json": {
        "sid": "1",
        "success": True,
        "user_id": "@alice:hs.example",
        "access_token": NEW_TOKEN,
        "threepids": [],
    }
}
OPERATIONS: list[Callable[[Keeper, str], None]] = [
    login,
    mail,
    change_password,
    add_3pid,
    submit_token,
    with_a_token,
]


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda run: run.__name__)
def test_nothing_is_left_of_an_operation(
    keeper: Keeper,
    internet: Internet,
    operation: Callable[[Keeper, str], None],
    secure: bool,
) -> None:
    name = f"{operation.__name__}-{secure}"
    internet.script(name, ANSWER)
    url = internet.secure(name) if secure else internet.plain(name)
    keeper.make("first")
    keeper.ok("option", "access_token", "${first}")
    keeper.ok("option", "roots", str(internet.authority.ca))
    keeper.ok("client", url, "callback" if secure else "queue")
    operation(keeper, url)
    keeper.do("free", "result")
    # The client keeps its own access token, and its connections what came last: nothing else.
    left = keeper.found() - {"first", "later", "new token"}
    if operation is with_a_token:
        left.discard("token")
    assert left == set(), keeper.search()
    keeper.free_all()
    assert keeper.search() == []


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_nothing_is_left_of_a_whole_reset(
    keeper: Keeper, internet: Internet, delivery: str
) -> None:
    session = secrets.token_urlsafe(30)
    url = internet.plain("reset")
    challenge = {"status": 401, "json": {"session": session, "flows": []}}
    mailed = {"json": {"sid": "1", "submit_url": f"{url}/submit"}}
    unknown = {"status": 404, "json": {"errcode": "M_UNRECOGNIZED"}}
    internet.script(
        "reset", unknown, mailed, {"json": {"success": True}}, challenge, OK
    )
    keeper.secrets["session"] = session
    keeper.make("odd password", "mailed", "access token")
    keeper.ok("option", "access_token", "${access token}")
    keeper.ok("client", url, delivery)
    keeper.ok("reset", "alice@example.test")
    keeper.ok("send")
    assert keeper.do("wait") == "MX_OK"
    keeper.free("result")
    request = internet.requests("reset")[1]
    keeper.secrets["client secret"] = json.loads(request["body"])["client_secret"]
    assert "client secret" in keeper.found()

    keeper.ok("save")
    keeper.free("reset")
    keeper.ok("restore")
    keeper.ok("submit-reset", "${mailed}")
    assert keeper.do("wait") == "MX_OK"
    keeper.free("result")
    keeper.ok("finish", "${odd password}")
    keeper.ends("MX_OK")
    keeper.free("result")
    left = keeper.found()
    assert "odd password" not in left and "mailed" not in left, keeper.search()
    keeper.free_all()
    assert keeper.search() == []
    assert len(internet.requests("reset")) == 5


# The ways in which a call can fail.


def test_nothing_is_left_of_calls_that_are_refused(
    keeper: Keeper, internet: Internet
) -> None:
    keeper.make("odd")
    keeper.ok("client", internet.plain("refused"), "queue")
    refused = [
        ("call", "login", '{"type":5,"password":"${odd:json}"}'),
        ("call", "login", '{"typo":"","password":"${odd:json}"}'),
        ("call", "login", '{"password":"${odd:json}","password":"${odd:json}"}'),
        ("call", "login", '{"password":{"a":["${odd:json}",'),
        ("call", "login", '{"password":"${odd:json}'),
        ("call", "no ${odd}", "{}"),
        ("call", "login", "${odd}"),
        ("mail", "${odd}", "${odd}"),
        ("password", "${odd}", '{"session":"${odd:json}"'),
        ("submit", "http://hs.example/?token=${odd}", "s", "${odd}"),
        ("submit", "https://u:${odd}@hs.example/", "s", "${odd}"),
    ]
    for words in refused:
        assert keeper.do(*words) in ("MX_OK", "MX_ERR_INVALID_ARGUMENT"), words
        if words[0] != "password":
            assert keeper.do("wait") == "MX_ERR_INVALID_ARGUMENT", words
            keeper.free("result")
    assert keeper.do("token", "${odd} ") == "MX_ERR_INVALID_ARGUMENT"
    assert keeper.do("option", "access_token", "${odd} ") == "MX_ERR_INVALID_ARGUMENT"
    assert keeper.do("option", "proxy", "ftp://u:${odd}@h") == "MX_ERR_INVALID_ARGUMENT"
    keeper.free_all()
    # The words of the last refusal stay; none of these may be in them.
    assert keeper.search() == []


def test_nothing_is_left_of_a_cancelled_call(
    keeper: Keeper, internet: Internet
) -> None:
    internet.script("cancelled", {"hang": True})
    keeper.make("token", "odd")
    keeper.ok("option", "access_token", "${token}")
    keeper.ok("client", internet.plain("cancelled"), "queue")
    keeper.ok("password", "${odd}", '{"password":"${odd:json}"}')
    _wait_for_requests(internet, "cancelled", 1)
    keeper.ok("cancel")
    keeper.ends("MX_ERR_CANCELLED")
    keeper.free("result")
    assert "odd" not in keeper.found()
    keeper.free_all()
    assert keeper.search() == []


def test_nothing_is_left_of_a_client_that_is_freed_while_it_is_busy(
    keeper: Keeper, internet: Internet
) -> None:
    internet.script("busy", {"hang": True})
    keeper.make("token", "odd")
    keeper.ok("option", "access_token", "${token}")
    keeper.ok("client", internet.plain("busy"), "callback")
    keeper.ok("password", "${odd}", '{"password":"${odd:json}"}')
    _wait_for_requests(internet, "busy", 1)
    keeper.free_all()
    assert keeper.search() == []


def test_nothing_is_left_of_a_result_that_nobody_fetches(
    keeper: Keeper, internet: Internet
) -> None:
    internet.script("unfetched", ANSWER)
    keeper.secrets["new token"] = NEW_TOKEN
    keeper.make("odd")
    keeper.ok("client", internet.plain("unfetched"), "queue")
    keeper.ok("call", "login", '{"type":"x","password":"${odd:json}"}')
    keeper.do("wipe")
    _wait_until(lambda: "new token" in keeper.found())
    keeper.free_all()
    assert keeper.search() == []


@pytest.mark.parametrize(
    ("replies", "status"),
    [
        ([{"accept": "reset"}], "MX_UNKNOWN_OUTCOME"),
        ([{"hang": True}], "MX_UNKNOWN_OUTCOME"),
        ([{"raw": "no HTTP", "keep_alive": False}], "MX_ERR_BAD_RESPONSE"),
        ([{"status": 429, "json": {"retry_after_ms": 1}}, ANSWER], "MX_OK"),
        ([{"status": 302, "headers": {"location": "/?a=b"}}], "MX_ERR_BAD_RESPONSE"),
    ],
    ids=["reset", "timeout", "no-http", "retry", "redirect"],
)
def test_nothing_is_left_of_a_try_that_fails(
    keeper: Keeper,
    internet: Internet,
    replies: list[dict[str, object]],
    status: str,
) -> None:
    internet.script("fails", *replies)
    keeper.make("token", "odd")
    keeper.ok("option", "access_token", "${token}")
    keeper.ok("option", "retry_delay_ms", "1")
    if "hang" in replies[0]:
        keeper.ok("option", "timeout_ms", "300")
        status = "MX_ERR_DEADLINE"
    keeper.ok("client", internet.plain("fails"), "queue")
    keeper.ok("password", "${odd}", '{"password":"${odd:json}"}')
    keeper.ends(status)
    keeper.free_all()
    assert keeper.search() == []


def test_nothing_is_left_where_nobody_listens(
    keeper: Keeper, internet: Internet
) -> None:
    keeper.make("token", "odd")
    keeper.ok("option", "access_token", "${token}")
    keeper.ok("option", "retry_delay_ms", "1")
    keeper.ok("client", "http://127.0.0.1:1", "queue")
    keeper.ok("password", "${odd}", '{"password":"${odd:json}"}')
    keeper.ends("MX_ERR_CONNECT")
    keeper.free_all()
    assert keeper.search() == []


def test_nothing_is_left_of_what_a_server_echoes(
    keeper: Keeper, internet: Internet
) -> None:
    keeper.make("token", "password")
    said = " ".join(keeper.secrets.values())
    echo = {"errcode": f"M_{said}", "error": said, "session": said}
    internet.script(
        "echo", {"status": 400, "json": echo, "headers": {"location": said}}
    )
    keeper.ok("option", "access_token", "${token}")
    keeper.ok("client", internet.plain("echo"), "callback")
    keeper.ok("password", "${password}", "{}")
    keeper.ends("MX_ERR_MATRIX")
    assert keeper.do("string", "/error") == str(len(said))
    keeper.free_all()
    assert keeper.search() == []


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_nothing_is_left_of_large_bodies(
    keeper: Keeper, internet: Internet, secure: bool
) -> None:
    """Larger than every buffer on the way, and parsed on a thread of its own."""
    answer = {"access_token": NEW_TOKEN, "user_id": "@a:b", "large": ["x" * 50] * 8000}
    internet.script("large", {"json": answer, "framing": "chunked"})
    keeper.secrets["new token"] = NEW_TOKEN
    keeper.make("odd")
    keeper.ok("option", "roots", str(internet.authority.ca))
    url = internet.secure("large") if secure else internet.plain("large")
    keeper.ok("client", url, "queue")
    filler = "y" * 3000
    keeper.ok(
        "call",
        "login",
        '{"type":"x","password":"${odd:json}","token":"' + filler + '"}',
    )
    keeper.ends("MX_OK")
    assert int(keeper.do("json")) > 400_000
    assert "new token" in keeper.found()
    keeper.free_all()
    assert keeper.search() == []


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_nothing_is_left_of_a_proxys_password(
    keeper: Keeper, internet: Internet, secure: bool
) -> None:
    internet.script("proxied", ANSWER)
    keeper.make("proxy password", "token")
    proxy = f"http://user:${{proxy password}}@127.0.0.1:{internet.proxy.port}"
    keeper.ok("option", "proxy", proxy)
    keeper.ok("option", "access_token", "${token}")
    keeper.ok("option", "roots", str(internet.authority.ca))
    keeper.ok("option", "allow_plain_http", "yes")
    scheme = "https" if secure else "http"
    keeper.ok("client", f"{scheme}://hs.example/proxied", "queue")
    keeper.ok("call", "getTokenOwner", "{}")
    keeper.ends("MX_OK")
    assert "proxy-authorization: basic " in internet.proxy.heads[-1].lower()
    assert "proxy password" in keeper.found()
    keeper.free_all()
    assert keeper.search() == []


# What stays with the client, and for how long.


def test_an_idle_connection_forgets_when_its_time_is_over(
    keeper: Keeper, internet: Internet
) -> None:
    internet.script("idle", ANSWER)
    keeper.make("token")
    keeper.ok("option", "access_token", "${token}")
    keeper.ok("option", "idle_timeout_ms", "200")
    keeper.ok("client", internet.plain("idle"), "queue")
    keeper.ok("call", "getTokenOwner", "{}")
    keeper.ends("MX_OK")
    keeper.free("result", "options")
    keeper.ok("token", "-")
    _wait_until(lambda: keeper.found() == set())


def test_a_core_dump_is_clean(
    keeper: Keeper, internet: Internet, tmp_path: Path
) -> None:
    """The searches above read the memory that can be written; a core has all of it, and the registers."""
    internet.script("core", ANSWER)
    keeper.make("odd")
    keeper.secrets["new token"] = NEW_TOKEN
    keeper.ok("client", internet.plain("core"), "queue")
    keeper.ok("call", "login", '{"type":"x","password":"${odd:json}"}')
    keeper.ends("MX_OK")
    keeper.free_all()
    keeper.make("planted")
    keeper.do("plant", "freed", "planted")
    keeper.do("wipe")
    assert keeper.found() == {"planted"}
    core = tmp_path / "core"
    subprocess.run(
        ["gcore", "-o", core, str(keeper.pid)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    [written] = tmp_path.iterdir()
    pieces = [("core", piece) for piece in without_empty_pages(written.read_bytes())]
    found = search_in(pieces, keeper.secrets)
    assert {one.secret for one in found} == {"planted"}


def _wait_until(so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not so():
        assert time.monotonic() < until
        time.sleep(0.02)


def _wait_for_requests(internet: Internet, name: str, count: int) -> None:
    _wait_until(lambda: len(internet.requests(name)) >= count)
