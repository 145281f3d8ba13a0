"""Many lessons at a time, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tasks.models.endpoint.rounds import in_order, together


def test_results_and_errors_come_in_the_order_of_the_items() -> None:
    async def hold(number: int) -> int:
        await asyncio.sleep(0.001 * (5 - number % 5))
        if number == 3:
            raise ValueError(number)
        return number

    async def collect() -> list[int | str]:
        return [str(found) if isinstance(found, Exception) else found async for found in in_order(range(12), hold, 4)]

    assert asyncio.run(collect()) == [0, 1, 2, "3", *range(4, 12)]


def test_few_items_are_taken_ahead() -> None:
    taken, done = 0, 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(50):
            taken += 1
            assert taken - done <= 6
            yield number

    async def hold(number: int) -> int:
        await asyncio.sleep(0)
        return number

    async def collect() -> None:
        nonlocal done
        async for _ in in_order(items(), hold, 5):
            done += 1

    asyncio.run(collect())
    assert (taken, done) == (50, 50)


def test_who_stops_listening_ends_what_is_under_way() -> None:
    ended = []

    async def hold(number: int) -> int:
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            ended.append(number)
            raise
        return number

    async def first() -> None:
        found = in_order(range(9), hold, 3)
        assert await anext(found) == 0
        await found.aclose()
        await asyncio.sleep(0)

    asyncio.run(first())
    assert ended == [1, 2]


def test_an_error_waits_for_the_others() -> None:
    done = []

    async def work(number: int) -> int:
        await asyncio.sleep(0.01 * number)
        if number == 0:
            raise ValueError("first")
        done.append(number)
        return number

    with pytest.raises(ValueError, match="first"):
        asyncio.run(together(work(number) for number in range(3)))
    assert done == [1, 2]
    assert asyncio.run(together(work(number) for number in (2, 1))) == [2, 1]
