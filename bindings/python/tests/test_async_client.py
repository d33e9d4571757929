"""What an awaited client does, in asyncio's own event loop and in uvloop's."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import matrix_capi
import pytest
from conftest import Run
from matrix_capi import AsyncClient, AsyncPasswordReset, CancelledError, ClosedError
from scripts import Server

VERSIONS = {"json": {"versions": ["v1.11"]}}
HANGS = {"hang": True}


def test_a_thousand_calls_at_once_get_each_its_own_answer(
    server: Server, run: Run[Any]
) -> None:
    script = server.script({"echo": True, "shuffle_ms": 40})

    async def main() -> list[str]:
        async with AsyncClient(script.url) as client:

            async def ask(number: int) -> str:
                answer = await client.request_token_to_reset_password_email(
                    "secret", "alice@example.test", number
                )
                return answer.sid

            return await asyncio.gather(*map(ask, range(1000)))

    assert run(main()) == [str(number) for number in range(1000)]


def test_cancelling_the_task_stops_the_request(server: Server, run: Run[Any]) -> None:
    script = server.script(HANGS)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with AsyncClient(script.url) as client:
            tasks = [asyncio.ensure_future(client.get_versions()) for _ in range(10)]
            await loop.run_in_executor(None, script.wait, 10)
            started = time.monotonic()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(end) for end in ended] == [asyncio.CancelledError] * 10
            # Nothing of the calls is left, although the client is open.
            assert matrix_capi.debug_live_objects() == 2
            await loop.run_in_executor(
                None,
                script.wait_for,
                lambda state: state["closed_early"] == 10 and state["open"] == 0,
            )
            # Without cancelling, it would be the 30 seconds of the client's timeout.
            assert time.monotonic() - started < 1

    run(main())


def test_a_timeout_of_asyncio_stops_the_request(server: Server, run: Run[Any]) -> None:
    script = server.script(HANGS, VERSIONS)

    async def main() -> list[Any]:
        async with AsyncClient(script.url) as client:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.get_versions(), 0.2)
            return (await client.get_versions()).versions

    started = time.monotonic()
    assert run(main()) == ["v1.11"]
    assert time.monotonic() - started < 20
    assert script.state()["closed_early"] == 1


def test_a_task_that_is_cancelled_before_it_starts_sends_nothing(
    server: Server, run: Run[Any]
) -> None:
    script = server.script(VERSIONS)

    async def main() -> None:
        async with AsyncClient(script.url) as client:
            task = asyncio.ensure_future(client.get_versions())
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())
    assert script.requests() == []


def test_closing_ends_the_calls_of_other_tasks(server: Server, run: Run[Any]) -> None:
    script = server.script(HANGS)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        client = AsyncClient(script.url)
        tasks = [asyncio.ensure_future(client.get_versions()) for _ in range(10)]
        await loop.run_in_executor(None, script.wait, 10)
        await asyncio.gather(client.aclose(), client.aclose())
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ended] == [CancelledError] * 10
        with pytest.raises(ClosedError):
            await client.get_versions()
        await client.aclose()

    run(main())


def test_a_client_goes_from_one_event_loop_to_the_next(
    server: Server, run: Run[Any]
) -> None:
    script = server.script(VERSIONS)
    client = AsyncClient(script.url)

    async def ask() -> list[Any]:
        return (await client.get_versions()).versions

    assert run(ask()) == ["v1.11"]
    assert run(ask()) == ["v1.11"]
    run(client.aclose())


def test_a_call_in_a_second_loop_at_the_same_time_is_misuse(
    server: Server, run: Run[Any]
) -> None:
    script = server.script(HANGS)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with AsyncClient(script.url) as client:
            first = asyncio.ensure_future(client.get_versions())
            await loop.run_in_executor(None, script.wait, 1)

            def elsewhere() -> None:
                with pytest.raises(matrix_capi.MisuseError, match="event loop"):
                    asyncio.run(client.get_versions())

            await loop.run_in_executor(None, elsewhere)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first

    run(main())


def test_a_loop_that_ends_with_a_call_in_flight_leaves_the_client_usable(
    server: Server,
) -> None:
    script = server.script(HANGS, VERSIONS)
    client = AsyncClient(script.url)
    loop = asyncio.new_event_loop()
    task = loop.create_task(client.get_versions())
    loop.call_later(0.2, loop.stop)
    loop.run_forever()
    loop.close()
    # asyncio complains of a task that nobody ends; that is this test's own doing.
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    del task, loop
    gc.collect()

    async def ask() -> list[Any]:
        async with client:
            return (await client.get_versions()).versions

    assert asyncio.run(ask()) == ["v1.11"]


def test_what_is_dropped_without_being_closed_is_freed(
    server: Server, run: Run[Any]
) -> None:
    script = server.script(VERSIONS)

    async def main() -> None:
        client = AsyncClient(script.url)
        await client.get_versions()
        assert matrix_capi.debug_live_objects() == 2
        del client
        gc.collect()
        assert matrix_capi.debug_live_objects() == 0

    run(main())


def test_a_step_of_a_reset_that_is_cancelled_can_be_taken_again(
    server: Server, run: Run[Any]
) -> None:
    script = server.script(
        {"status": 404, "json": {"errcode": "M_UNRECOGNIZED", "error": "no OAuth"}},
        HANGS,
        {"status": 404, "json": {"errcode": "M_UNRECOGNIZED", "error": "no OAuth"}},
        {"json": {"sid": "abc"}},
    )

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with AsyncClient(script.url) as client:
            with AsyncPasswordReset(client, "alice@example.test") as reset:
                task = asyncio.ensure_future(reset.send())
                await loop.run_in_executor(None, script.wait, 2)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                await reset.send()
                assert reset.stage is matrix_capi.Stage.AWAITS_LINK

    run(main())
    first, second = (r["body"] for r in script.requests() if r["method"] == "POST")
    assert first == second


def test_ten_thousand_calls_leave_no_object(server: Server, run: Run[Any]) -> None:
    script = server.script({"json": {"sid": "abc"}})

    async def main() -> None:
        async with AsyncClient(script.url) as client:
            for number in range(10000):
                await client.request_token_to_reset_password_email(
                    "s", "a@b.test", number
                )
            assert matrix_capi.debug_live_objects() == 2

    run(main())
