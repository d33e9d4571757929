"""Runs the contract table of tests/contract: blocking, awaited, and by a Request of either."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any, Callable

import pytest
from matrix_capi import (
    Answer,
    AsyncClient,
    BadResponseError,
    Client,
    Error,
    Request,
    Status,
)
from matrix_capi._answers import ANSWERS
from matrix_capi._handle import Start
from matrix_capi._starts import start_call, start_text
from scripts import ROOT, SECONDS, Script, Server

Case = dict[str, Any]
# Most cases only wait; this many do so at the same time.
AT_ONCE = 8
FILES = sorted((ROOT / "tests" / "contract").glob("*.json"))
CASES: list[Case] = [case for file in FILES for case in json.loads(file.read_text())]
KNOWN = {
    "status",
    "http_status",
    "errcode",
    "retry_after_ms",
    "strings",
    "json",
    "message_contains",
    "message_lacks",
    "completions",
    "requests",
    "closed_early",
    "request",
}


def test_every_expectation_of_the_table_is_one_that_this_suite_checks() -> None:
    assert len(CASES) > 200
    assert {name for case in CASES for name in case["expect"]} <= KNOWN


@pytest.mark.parametrize("by", ["call", "request"])
@pytest.mark.parametrize("kind", ["blocking", "awaited"])
def test_every_case_holds(server: Server, kind: str, by: str) -> None:
    run = run_blocking if kind == "blocking" else run_awaited
    start = start_of_call if by == "call" else start_of_request
    # A request has no place for a text that need not be JSON.
    cases = [c for c in CASES if by == "call" or "params_text" not in c["call"]]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = list(
            threads.map(lambda case: check_case(server, case, run, start), cases)
        )
    complaints = [
        f"{case['name']}: {complaint}"
        for case, complaints in zip(cases, found)
        for complaint in complaints
    ]
    assert not complaints, "\n".join(complaints)


def check_case(server: Server, case: Case, run: Any, start: Any) -> list[str]:
    with ExitStack() as stack:
        if case["server"] == "refused":
            script = None
            bound = stack.enter_context(closing(socket.socket()))
            bound.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        else:
            script = server.script(*case["server"])
            stack.callback(script.control, "DELETE")
            url = script.url
        outcome = run(url + case.get("base_path", ""), case, script, start)
        return [*check_outcome(outcome, case), *check_requests(script, case["expect"])]


def options(case: Case) -> dict[str, Any]:
    """The options as this package names them: seconds instead of milliseconds."""
    return {
        name.removesuffix("_ms"): (value / 1000 if name.endswith("_ms") else value)
        for name, value in case.get("options", {}).items()
    }


def start_of_call(case: Case) -> Start:
    call = case["call"]
    if "params_text" in call:
        return start_text(call["operation"], str(call["params_text"]).encode())
    return start_call(call["operation"], call.get("params", {}))


def start_of_request(case: Case) -> Start:
    call = case["call"]
    return Request(call["operation"], **call.get("params", {}))._start


def answer_class(case: Case) -> type[Answer]:
    return ANSWERS.get(case["call"]["operation"], Answer)


def run_blocking(
    url: str, case: Case, script: Script | None, start: Callable[[Case], Start]
) -> Answer | Error:
    """A blocking call is cancelled by closing its client, which happens in another thread."""
    with Client(url, **options(case)) as client:
        if "cancel_after_ms" in case:

            def cancel() -> None:
                wait_to_cancel(case, script)
                client.close()

            threading.Thread(target=cancel, daemon=True).start()
        try:
            return answer_class(case).of(client._calls.run(start(case)))
        except Error as error:
            return error
        finally:
            wait_for_closed_early(case, script)


def run_awaited(
    url: str, case: Case, script: Script | None, start: Callable[[Case], Start]
) -> Answer | Error:
    async def main() -> Answer | Error:
        loop = asyncio.get_running_loop()
        async with AsyncClient(url, **options(case)) as client:

            async def call() -> Answer:
                return answer_class(case).of(await client._calls.run(start(case)))

            task = loop.create_task(call())
            if "cancel_after_ms" in case:
                await loop.run_in_executor(None, wait_to_cancel, case, script)
                # Closing, not task.cancel(): that one is an asyncio.CancelledError, with no outcome.
                await client.aclose()
            try:
                return await task
            except Error as error:
                return error
            finally:
                await loop.run_in_executor(None, wait_for_closed_early, case, script)

    return asyncio.run(main())


def wait_to_cancel(case: Case, script: Script | None) -> None:
    if script is not None and "requests" in case["expect"]:
        script.wait(case["expect"]["requests"])
    time.sleep(case["cancel_after_ms"] / 1000)


def wait_for_closed_early(case: Case, script: Script | None) -> None:
    """While the client is open: what its end closes does not count."""
    count = case["expect"].get("closed_early")
    if script is not None and count is not None:
        script.wait_for(lambda state: state["closed_early"] == count, SECONDS)


def check_outcome(outcome: Answer | Error, case: Case) -> list[str]:
    expect = case["expect"]
    error = outcome if isinstance(outcome, Error) else None
    retry_after = error.retry_after if error else None
    # latin-1 is no part of the table, it only makes text of all bytes.
    body = None if outcome.body is None else outcome.body.decode(errors="replace")
    actual = {
        "status": f"MX_{Status(error.status).name}" if error else "MX_OK",
        "http_status": outcome.http_status,
        "errcode": error.errcode if error else None,
        "retry_after_ms": None if retry_after is None else round(retry_after * 1000),
        "json": body,
    }
    complaints = []
    for name, value in actual.items():
        if name not in expect:
            continue
        holds = value == expect[name]
        if expect[name] == "present":
            holds = value is not None and (name == "json" or bool(value))
        if not holds:
            complaints.append(f"{name} is {value!r}, not {expect[name]!r} ({outcome})")
    for pointer, expected in expect.get("strings", {}).items():
        found = string(outcome, pointer)
        if expected is None and isinstance(outcome, BadResponseError):
            # It has no fields; its json is what Python makes of the body, and may be cut.
            continue
        if found != expected:
            complaints.append(f"{pointer} is {found!r}, not {expected!r}")
    message = str(error) if error else ""
    complaints += [
        f"the message lacks {text!r}: {message}"
        for text in expect.get("message_contains", [])
        if text not in message
    ]
    complaints += [
        f"the message holds {text!r}: {message}"
        for text in expect.get("message_lacks", [])
        if text in message
    ]
    if expect.get("completions", 1) != 1:
        complaints.append("a call completes once, here")
    return complaints


def string(outcome: Answer | Error, pointer: str) -> str | None:
    """What a JSON pointer finds, where a field has a name by that name. Python's strings may hold U+0000."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")]
    if parts[0]:
        return None
    named = getattr(outcome, parts[1], outcome) if len(parts) == 2 else outcome
    value: Any = outcome.json if named is outcome else named
    for part in parts[1:] if named is outcome else []:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value if isinstance(value, str) and "\0" not in value else None


def check_requests(script: Script | None, expect: Case) -> list[str]:
    if script is None:
        return []
    requests = script.requests()
    complaints = []
    if "requests" in expect and len(requests) != expect["requests"]:
        complaints.append(f"requests: {len(requests)}, not {expect['requests']}")
    for request in requests:
        headers = {name.lower(): value for name, value in request["headers"]}
        for name, value in expect.get("request", {}).items():
            if name == "headers":
                holds = value.items() <= headers.items()
            elif name == "no_headers":
                holds = not headers.keys() & set(value)
            elif name == "json":
                holds = json.loads(request["body"]) == value
            else:
                holds = request[name] == value
            if not holds:
                complaints.append(f"{name} of the request must be {value}: {request}")
    return complaints
