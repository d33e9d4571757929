"""The comparison for Python: aiohttp doing the same POST and reading the same JSON.

python3 benches/aiohttp_client.py URL REQUESTS IN_FLIGHT
"""

from __future__ import annotations

import asyncio
import sys

import aiohttp  # type: ignore[import-not-found, unused-ignore]
from measure import CLIENT_SECRET, EMAIL, REQUEST_PATH, Measure, read_load


async def load(url: str, requests: int, in_flight: int) -> None:
    connector = aiohttp.TCPConnector(limit=in_flight)
    left = requests
    async with aiohttp.ClientSession(connector=connector) as session:
        measure = Measure(requests, in_flight)

        async def caller() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                began = measure.now()
                body = {
                    "client_secret": CLIENT_SECRET,
                    "email": EMAIL,
                    "send_attempt": 1,
                }
                async with session.post(url + REQUEST_PATH, json=body) as answer:
                    if answer.status != 200 or "sid" not in await answer.json():
                        raise RuntimeError(f"HTTP {answer.status}")
                measure.answer(began)

        await asyncio.gather(*(caller() for _ in range(in_flight)))
        measure.end()


if __name__ == "__main__":
    asyncio.run(load(*read_load(sys.argv)))
