"""How fast an endpoint is asked."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate

import pytest

from artifacts.memo import Memo
from tasks.models.endpoint.completion import Reply
from tasks.models.endpoint.limits import Bucket, RateLimits, wait_asked_for
from tasks.models.scripted import Answer, Request, Response, ScriptedEndpoint
from tests.models.endpoint.asking import ask, dials


def moments(bucket: Bucket, amounts: list[float]) -> list[float]:
    """Seconds from the start at which each amount passed."""

    async def take(amount: float) -> float:
        await bucket.take(amount)
        return time.monotonic() - began

    async def run() -> list[float]:
        return await asyncio.gather(*map(take, amounts))

    began = time.monotonic()
    return asyncio.run(run())


def test_a_bucket_lets_pass_a_second_s_worth_and_then_its_rate() -> None:
    passed = moments(Bucket(60 * 20), [1.0] * 30)
    assert passed[-1] >= (30 - 20) / 20
    assert passed == sorted(passed)


def test_a_slow_bucket_saves_nothing_up() -> None:
    first, second = moments(Bucket(60), [1.0] * 2)
    assert second - first >= 0.9


def test_what_no_burst_holds_passes_and_is_paid_by_the_next() -> None:
    first, second = moments(Bucket(60 * 100), [150.0, 1.0])
    assert second - first >= 0.4


def test_no_limit_is_no_wait() -> None:
    assert len(moments(Bucket(None), [1e9] * 1000)) == 1000


def test_real_usage_makes_room() -> None:
    async def run(real: int) -> float:
        limits = RateLimits(None, 60 * 3000)
        began = time.monotonic()
        for _ in range(5):
            limits.correct(await limits.take(sent_bytes=3500), real, 0)
        return time.monotonic() - began

    slow = asyncio.run(run(1500))
    assert slow >= 0.9
    assert asyncio.run(run(10)) < slow


def test_an_endpoint_that_counts_is_not_asked_too_often(memo: Memo) -> None:
    began: list[float] = []

    def script(request: Request) -> Response:
        began.append(time.monotonic())
        return Answer("yes")

    with ScriptedEndpoint(script) as server:
        _, replies = ask(dials(server.url, requests_per_minute=600), memo, *map(str, range(15)))
    assert all(isinstance(reply, Reply) for reply in replies)
    assert began[-1] - began[0] >= (15 - 10) / 10 - 0.1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, 360.0),
        ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "9"}, None),
        ({"x-ratelimit-reset-tokens": "120ms", "x-ratelimit-remaining-tokens": "0"}, 0.12),
        ({"x-ratelimit-reset": "30"}, 30.0),
    ],
    ids=str,
)
def test_the_wait_that_an_endpoint_asks_for(headers: dict[str, str], expected: float | None) -> None:
    assert wait_asked_for(headers) == (None if expected is None else pytest.approx(expected))


def test_a_wait_may_be_a_date_or_a_moment() -> None:
    later = time.time() + 100
    for value in (formatdate(later, usegmt=True), f"{later:.0f}"):
        wait = wait_asked_for({"retry-after": value})
        assert wait is not None
        assert 90 < wait <= 101
    assert wait_asked_for({"retry-after": formatdate(time.time() - 100, usegmt=True)}) == 0.0
