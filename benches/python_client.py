"""The Python binding under test: matrix_capi.AsyncClient making the call that every client of the benchmarks makes.

MATRIX_CAPI_LIBRARY=... PYTHONPATH=bindings/python python3 benches/python_client.py URL REQUESTS IN_FLIGHT
"""

from __future__ import annotations

import asyncio
import sys

from matrix_capi import AsyncClient
from measure import CLIENT_SECRET, EMAIL, Measure, read_load


async def load(url: str, requests: int, in_flight: int) -> None:
    left = requests
    async with AsyncClient(url) as client:
        measure = Measure(requests, in_flight)

        async def caller() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                began = measure.now()
                answer = await client.request_token_to_reset_password_email(
                    CLIENT_SECRET, EMAIL, 1
                )
                if not answer.sid:
                    raise RuntimeError(answer.json)
                measure.answer(began)

        await asyncio.gather(*(caller() for _ in range(in_flight)))
        measure.end()


if __name__ == "__main__":
    asyncio.run(load(*read_load(sys.argv)))
