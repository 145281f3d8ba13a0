"""What asking costs, and that it never costs more than it may."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from artifacts.memo import Memo
from artifacts.stage import SettingError, StageError
from tasks.models.config import Budget, Price
from tasks.models.endpoint.chat import Chat, request_body
from tasks.models.endpoint.completion import Reply, RequestError
from tasks.models.endpoint.ledger import BudgetError, Ledger, billed, check_budget, price_list, sent_bytes, worst_case
from tasks.models.endpoint.pool import Send
from tasks.models.scripted import Answer, Dropped, Failure, Faults, Garbage, Request, ScriptedEndpoint
from tests.models.endpoint.asking import SCHEMA, ask, dials, question
from tests.source import ROOT

PRICES = {"m": Price(input=1.0, output=2.0)}
WORST = worst_case(request_body(dials("http://localhost/v1", max_tokens=100), question("000")))


def ledger(memo: Memo, budget: dict[str, Any] | None = None, prices: dict[str, Price] | None = None) -> Ledger:
    return Ledger(memo, "key", Budget(**budget or {}), PRICES if prices is None else prices, "CNY")


def sent_and_received(server: ScriptedEndpoint) -> tuple[int, int]:
    """Tokens sent and received that the endpoint counted."""
    return server.counters.input_tokens, server.counters.output_tokens


def test_tokens_and_money_are_counted_by_model(memo: Memo) -> None:
    with ScriptedEndpoint(["y" * 400]) as server:
        shared = ledger(memo, prices=PRICES | {"n": Price(input=10.0, output=0.0)})
        ask(dials(server.url), memo, "x" * 4000, "z" * 4000, ledger=shared)
        ask(dials(server.url, model="n"), memo, "x" * 4000, ledger=shared)
        ask(dials(server.url), memo, "x" * 4000, ledger=shared)  # kept
    totals = shared.totals()
    assert (totals["m"].requests, totals["m"].input_tokens, totals["m"].output_tokens) == (2, 2000, 200)
    assert totals["m"].money == pytest.approx(0.0024)
    assert shared.money == pytest.approx(0.0024 + 0.01)
    assert shared.tokens == 3300
    assert totals["m"].possibly_billed.requests == totals["m"].estimated == 0


def test_cached_tokens_have_a_price_of_their_own(memo: Memo) -> None:
    assert Price(input=1.0, output=2.0).cost(100, 10, 40) == pytest.approx(120e-6)
    assert Price(input=1.0, output=2.0, cached_input=0.25).cost(100, 10, 40) == pytest.approx(90e-6)

    async def run() -> None:
        async with book.reserve("m", WORST) as reservation:
            await reservation.settle(Reply("yes", "stop", 100, 10, cached_tokens=40))

    book = ledger(memo, prices={"m": Price(input=1.0, output=2.0, cached_input=0.25)})
    asyncio.run(run())
    assert book.money == pytest.approx(90e-6)
    assert book.totals()["m"].cached_tokens == 40


def test_what_is_asked_in_batches_has_a_name_and_half_the_price() -> None:
    plain, batched = dials("http://localhost/v1"), dials("http://localhost/v1", batch={})
    assert billed(plain, PRICES) == ("m", PRICES["m"])
    assert billed(batched, PRICES) == ("m in batches", Price(input=0.5, output=1.0))
    assert billed(batched, {}) == ("m in batches", None)
    assert set(price_list(PRICES)) == {"m", "m in batches"}


def test_the_worst_case_is_more_than_any_tokenizer_makes_of_it() -> None:
    messages = [*question("水箱有多大？" * 10), *question("😀" * 9)]
    body = request_body(dials("http://localhost/v1", max_tokens=7), messages, SCHEMA)
    worst = worst_case(body)
    assert worst.input > sum(len(message["content"].encode()) for message in messages) + len(str(SCHEMA))
    assert worst.output == 7
    assert sent_bytes({"broken": "\ud83d"}) > 0


@pytest.mark.parametrize("part", ["money", "tokens", "requests"])
def test_no_budget_is_overshot_with_many_in_flight_and_everything_going_wrong(part: str, memo: Memo) -> None:
    faults = Faults(failing=0.1, dropped=0.1, broken_off=0.1, empty=0.1, truncated=0.1)
    limit = {"money": 0.01, "tokens": 8_000, "requests": 40}[part]
    texts = [f"{number:03d}" for number in range(120)]
    with ScriptedEndpoint(["y" * 400], faults=faults, latency=0.005) as server:  # every reply as long as it may be
        book = ledger(memo, {part: limit})
        endpoint = dials(server.url, max_tokens=100, concurrency=32, max_failures=99)
        _, outcomes = ask(endpoint, memo, *texts, ledger=book)
        sent, received = sent_and_received(server)
        answered = sum(server.counters.outcomes[name] for name in ("answered", "length", "broken off"))
    spent = {"money": (sent + 2 * received) / 1e6, "tokens": sent + received, "requests": answered}
    assert spent[part] <= limit
    total = book.totals()["m"]
    assert any(isinstance(outcome, BudgetError) for outcome in outcomes)
    assert any(isinstance(outcome, Reply) for outcome in outcomes)
    assert total.possibly_billed.requests > 0


def test_it_goes_on_when_the_budget_is_raised(memo: Memo) -> None:
    texts = [f"{number:03d}" for number in range(20)]
    with ScriptedEndpoint(["y" * 400]) as server:
        endpoint = dials(server.url, max_tokens=100)
        _, outcomes = ask(endpoint, memo, *texts, ledger=ledger(memo, {"requests": 7}))
        assert sum(isinstance(outcome, Reply) for outcome in outcomes) == 7
        text = str(next(outcome for outcome in outcomes if isinstance(outcome, BudgetError)))
        assert "7 of 7 requests" in text
        assert "raise generate.budget.requests and run again" in text
        _, outcomes = ask(endpoint, memo, *texts, ledger=ledger(memo, {"requests": 7}))
        assert sum(isinstance(outcome, Reply) for outcome in outcomes) == 7
        assert len(server.requests) == 7
        book = ledger(memo, {"requests": 20})
        _, outcomes = ask(endpoint, memo, *texts, ledger=book)
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    assert len(server.requests) == book.totals()["m"].requests == 20


def test_what_others_in_flight_hold_is_waited_for(memo: Memo) -> None:
    room = 2.9 * PRICES["m"].cost(WORST.input, WORST.output)
    with ScriptedEndpoint(["y" * 400], latency=0.02) as server:
        endpoint = dials(server.url, max_tokens=100, concurrency=8)
        _, outcomes = ask(endpoint, memo, "000", "001", "002", "003", ledger=ledger(memo, {"money": room}))
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    assert server.busiest <= 2


@pytest.mark.parametrize(
    ("trouble", "possibly"),
    [
        (Failure(429), 0),
        (Failure(500), 0),
        (Failure(504), 1),
        (Failure(400), 0),
        (Failure(401), 0),
        (Dropped(), 1),
        (Answer("half", broken_off=True), 1),
    ],
    ids=str,
)
def test_what_may_have_been_billed_stays_reserved(trouble: Any, possibly: int, memo: Memo) -> None:
    with ScriptedEndpoint([trouble]) as server:
        book = ledger(memo)
        _, (error,) = ask(dials(server.url, max_tokens=100, max_retries=0), memo, "000", ledger=book)
    assert isinstance(error, Exception)
    again = ledger(memo).totals()["m"]
    assert again == book.totals()["m"]
    assert again.possibly_billed.requests == possibly
    assert again.possibly_billed_money == pytest.approx(possibly * PRICES["m"].cost(WORST.input, WORST.output))
    assert again.requests == 0


def test_a_request_that_found_nobody_costs_nothing(memo: Memo) -> None:
    book = ledger(memo)
    ask(dials("http://127.0.0.1:9/v1", max_retries=0), memo, "a", ledger=book)
    assert book.totals()["m"].possibly_billed.requests == 0


def test_a_reply_that_came_too_late_is_told_of(memo: Memo) -> None:
    with ScriptedEndpoint(["yes"], latency=1.0) as server:
        book = ledger(memo, {"requests": 1})
        _, outcomes = ask(dials(server.url, timeout=0.1, max_retries=1), memo, "a", ledger=book)
    assert isinstance(outcomes[0], BudgetError)
    assert "1 requests that may not have been billed" in str(outcomes[0])


def test_empty_replies_are_paid_for(memo: Memo) -> None:
    with ScriptedEndpoint([Answer("")]) as server:
        book = ledger(memo)
        ask(dials(server.url), memo, "a", ledger=book)
    assert book.totals()["m"].requests == len(server.requests) == 3


@pytest.mark.parametrize(
    ("reasoning", "output"), [("", 100), ("有水。", 15)], ids=["reasoning may be hidden", "bytes stand for tokens"]
)
def test_where_no_usage_is_reported_the_most_is_booked(reasoning: str, output: int, memo: Memo) -> None:
    with ScriptedEndpoint([Answer("水箱", reasoning=reasoning)], usage=False) as server:
        book = ledger(memo)
        ask(dials(server.url, max_tokens=100), memo, "000", ledger=book)
    total = book.totals()["m"]
    assert (total.requests, total.estimated, total.output_tokens) == (1, 1, output)
    assert total.input_tokens == WORST.input


@pytest.mark.parametrize(
    ("usage", "booked", "estimated"),
    [
        ({"prompt_tokens": 9, "total_tokens": 50}, (9, 0, 41), 0),
        ({"completion_tokens": 40, "total_tokens": 50}, (10, 0, 40), 0),
        ({"prompt_tokens": 9, "completion_tokens": None}, (9, 0, 100), 1),
        ({"prompt_tokens": 9, "completion_tokens": 0}, (9, 0, 100), 1),
        ({"prompt_tokens": -5000, "completion_tokens": -3}, (WORST.input, 0, 100), 1),
        ({"prompt_tokens": 10**30, "completion_tokens": "7"}, (WORST.input, 0, 7), 1),
        ({"prompt_tokens": 9, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 99}}, (9, 9, 7), 0),
    ],
    ids=str,
)
def test_of_odd_usage_what_is_missing_is_booked_at_its_worst(
    usage: dict[str, Any], booked: tuple[int, int, int], estimated: int, memo: Memo
) -> None:
    with ScriptedEndpoint(
        [Garbage(json.dumps({"choices": [{"message": {"content": "yes"}}], "usage": usage}))]
    ) as server:
        book = ledger(memo)
        ask(dials(server.url, max_tokens=100), memo, "000", ledger=book)
    total = book.totals()["m"]
    assert (total.input_tokens, total.cached_tokens, total.output_tokens) == booked
    assert total.estimated == estimated


def test_a_budget_that_could_not_be_held_is_refused_before_anything_is_sent() -> None:
    endpoint = dials("http://localhost/v1")
    endless = dials("http://localhost/v1", max_tokens=None)
    check_budget(endpoint, Budget(money=1.0, tokens=5), PRICES)
    check_budget(endless, Budget(requests=5), {})
    with pytest.raises(SettingError, match=r"price of m is not known.*prices"):
        check_budget(endpoint, Budget(money=1.0), {})
    for budget in (Budget(money=1.0), Budget(tokens=5)):
        with pytest.raises(SettingError, match="max_tokens"):
            check_budget(endless, budget, PRICES)


@pytest.mark.parametrize(
    "field", [{"max_tokens": None}, {"stream": True}, {"n": 1}, {"model": "b"}, {"messages": []}], ids=str
)
def test_a_further_field_must_not_break_what_is_counted_on(field: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"must not hold {next(iter(field))}"):
        dials("http://localhost/v1", extra_body=field)


def test_what_a_transport_resumes_is_not_reserved_twice(memo: Memo) -> None:
    async def ordered(body: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(3600)
        raise AssertionError

    async def delivered(body: dict[str, Any]) -> dict[str, Any]:
        return Answer("y" * 40).completion(Request(body))

    async def run(transport: Send, seconds: float) -> Ledger:
        endpoint = dials("http://nowhere.invalid/v1", max_tokens=100)
        async with Chat(endpoint, memo, ledger(memo, {"requests": 3}), transport=transport) as chat:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*(chat.ask(question(text)) for text in "abc")), seconds)
            return chat.ledger

    for _ in range(2):
        assert asyncio.run(run(ordered, 0.2)).totals()["m"].possibly_billed.requests == 3
    total = asyncio.run(run(delivered, 60)).totals()["m"]
    assert (total.requests, total.possibly_billed.requests) == (3, 0)


def test_what_waits_for_a_slot_when_the_endpoint_stops_costs_nothing(memo: Memo) -> None:
    with ScriptedEndpoint([Failure(401, "who are you?")], latency=0.05) as server:
        shared = ledger(memo)
        _, outcomes = ask(dials(server.url, concurrency=4), memo, *map(str, range(20)), ledger=shared)
        assert len(server.requests) <= 4
    assert all(isinstance(outcome, StageError) for outcome in outcomes)
    for totals in (shared.totals(), ledger(memo).totals()):
        assert totals["m"].possibly_billed.requests == 0


CHILD = """
import sys
from pathlib import Path
from artifacts.memo import Memo
from tasks.models.config import Budget
from tasks.models.endpoint.ledger import Ledger
from tests.models.endpoint.asking import ask, dials
memo = Memo(Path(sys.argv[1]))
ledger = Ledger(memo, "key", Budget(requests=int(sys.argv[3])))
ask(dials(sys.argv[2], concurrency=4, max_tokens=100), memo, *map(str, range(40)), ledger=ledger)
"""


def test_after_kill_9_what_was_in_flight_counts(tmp_path: Path) -> None:
    root, path = ROOT, tmp_path / "memo.sqlite"
    with ScriptedEndpoint(["y" * 400], latency=0.1) as server:
        command = [sys.executable, "-c", CHILD, str(path), server.url]
        child = subprocess.Popen([*command, "30"], cwd=root, env=dict(os.environ))
        try:
            while len(server.requests) < 14:
                assert child.poll() is None, "the child ended before it could be killed"
                time.sleep(0.01)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        total = Ledger(Memo(path), "key").totals()["m"]
        assert 1 <= total.possibly_billed.requests <= 5  # four in flight, and one that was ready
        assert total.requests + total.possibly_billed.requests >= len(server.requests)
        subprocess.run([*command, "30"], cwd=root, check=True)
        assert len(server.requests) <= 30
        subprocess.run([*command, "60"], cwd=root, check=True)
    memo = Memo(path)
    _, replies = ask(dials(server.url, max_tokens=100), memo, *map(str, range(40)))
    assert not any(isinstance(reply, RequestError) for reply in replies)
    assert Ledger(memo, "key").totals()["m"].requests == 40
    assert len(server.requests) - 40 <= 4
