"""Batches against a server that answers them, and runs that are killed between any two steps."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from artifacts.memo import Memo
from artifacts.stage import StageError
from tasks.models.config import BatchApi, OpenAIEndpoint
from tasks.models.endpoint.batch import BatchTransport
from tasks.models.endpoint.chat import KIND, Chat
from tasks.models.endpoint.completion import Reply, RequestError
from tasks.models.endpoint.ledger import Reservation
from tasks.models.endpoint.orders import Orders
from tasks.models.scripted import Answer, Batching, Failure, Request, Response, ScriptedEndpoint
from tests.models.endpoint.asking import dials, question

QUICK = BatchApi(gather_seconds=0.02, poll_seconds=0.02)
TEXTS = ("What is it?", "水箱的容量是多少？", "line\u2028separator")


def echo(request: Request) -> Response:
    return Answer(f"echo {request.prompt}")


def run(
    server: ScriptedEndpoint, memo: Memo, *texts: str, batches: BatchApi = QUICK, **values: Any
) -> list[Reply | BaseException]:
    """Ask in batches, through the chat client."""
    endpoint = dials(server.url, **values)

    async def ask_all() -> list[Reply | BaseException]:
        async with (
            BatchTransport(endpoint, memo, batches) as transport,
            Chat(endpoint, memo, transport=transport.send) as chat,
        ):
            return await asyncio.gather(*(chat.ask(question(text)) for text in texts), return_exceptions=True)

    return asyncio.run(ask_all())


def said(outcomes: list[Reply | BaseException]) -> list[str]:
    assert all(isinstance(outcome, Reply) for outcome in outcomes), outcomes
    return [outcome.text for outcome in outcomes if isinstance(outcome, Reply)]


def placed(server: ScriptedEndpoint) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{server.url}/batches") as response:
        found: list[dict[str, Any]] = json.load(response)["data"]
    return found


def test_requests_that_are_asked_together_go_in_one_batch(memo: Memo) -> None:
    with ScriptedEndpoint(echo) as server:
        assert said(run(server, memo, *TEXTS)) == [f"echo {text}" for text in TEXTS]
        assert said(run(server, memo, *TEXTS)) == [f"echo {text}" for text in TEXTS]
        (batch,) = placed(server)
    assert batch["request_counts"] == {"total": 3, "completed": 3, "failed": 0}
    assert (batch["endpoint"], batch["completion_window"]) == ("/v1/chat/completions", "24h")
    assert (server.counters.batched, server.counters.requests, memo.count(KIND)) == (3, 3, 3)


@pytest.mark.parametrize("limit", [{"max_requests": 2}, {"max_bytes": 700}], ids=str)
def test_a_batch_holds_no_more_than_it_may(limit: dict[str, int], memo: Memo) -> None:
    texts = [f"question {number} {'x' * 50}" for number in range(5)]
    with ScriptedEndpoint(echo, batching=Batching(most_requests=2)) as server:
        assert len(said(run(server, memo, *texts, batches=QUICK.model_copy(update=limit)))) == 5
        assert sorted(batch["request_counts"]["total"] for batch in placed(server)) == [1, 2, 2]


def test_the_same_question_asked_twice_is_two_requests(memo: Memo) -> None:
    count = iter(range(9))
    with ScriptedEndpoint(lambda request: f"draw {next(count)}") as server:

        async def draw_both() -> set[str]:
            body = {"model": "m", "messages": question("a")}
            async with BatchTransport(dials(server.url), memo, QUICK) as transport:
                both = await asyncio.gather(transport.send(body), transport.send(body))
            return {completion["choices"][0]["message"]["content"] for completion in both}

        assert asyncio.run(draw_both()) == {"draw 0", "draw 1"}


def test_each_line_gets_what_became_of_it(memo: Memo) -> None:
    tries = iter([Failure(500), Answer("")])

    def script(request: Request) -> Response:
        match request.prompt:
            case "refused":
                return Failure(400, "no", code="content_filter")
            case "later":
                return next(tries, Answer("at last"))
        return Answer("yes")

    with ScriptedEndpoint(script) as server:
        yes, refused, later = run(server, memo, "yes", "refused", "later")
        assert [batch["request_counts"]["total"] for batch in placed(server)] == [1, 1, 3]
    assert (said([yes]), said([later])) == (["yes"], ["at last"])
    assert isinstance(refused, RequestError)
    assert refused.refused
    assert "content_filter no" in str(refused)


@pytest.mark.parametrize("batching", [Batching(expired=1), Batching(failed=1)], ids=["expired", "failed"])
def test_what_a_batch_leaves_undone_is_asked_again(batching: Batching, memo: Memo) -> None:
    with ScriptedEndpoint(echo, batching=batching) as server:
        assert said(run(server, memo, *"abcd")) == [f"echo {text}" for text in "abcd"]
        *later, first = placed(server)
    done = 2 if batching.expired else 0
    assert first["status"] in ("expired", "failed")
    assert sum(batch["request_counts"]["total"] for batch in later) == 4 - done
    assert server.counters.paid_again == 0


def test_a_batch_that_always_fails_is_told_of(memo: Memo) -> None:
    with ScriptedEndpoint(echo, batching=Batching(failed=9)) as server:
        (outcome,) = run(server, memo, "a", max_retries=1)
        assert len(placed(server)) == 2
    assert isinstance(outcome, RequestError)
    assert "scripted failure" in str(outcome)


def test_an_endpoint_without_batches_is_told_of(memo: Memo) -> None:
    with ScriptedEndpoint(echo) as server:
        (outcome,) = run(server, memo, "a", base_url=f"{server.url}/nothing-here")
    assert isinstance(outcome, StageError)
    assert "404" in str(outcome)


def test_an_address_where_nobody_is_ends_the_waiting(memo: Memo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.models.endpoint.orders.CALL_RETRIES", 0)
    with ScriptedEndpoint(echo) as server:
        pass
    (outcome,) = run(server, memo, "a", max_retries=9)
    assert isinstance(outcome, StageError)
    assert server.url in str(outcome)
    assert "tried" not in str(outcome)


STEPS = {
    "the order is kept": (Orders, "upload", 1),
    "the file is uploaded": (Orders, "keep", 2),
    "the file is kept": (Orders, "create", 1),
    "the batch is created": (Orders, "keep", 3),
    "the batch is kept": (Orders, "wait", 1),
    "the batch has ended": (BatchTransport, "_collect", 1),
    "one reply is handed out": (Reservation, "settle", 1),
    "one reply is kept": (Chat, "_count", 1),
}
"""What was just done, and the call that a run is killed at instead of making it, by how many times it is called."""


def die_at(step: str, server: ScriptedEndpoint, path: Path) -> None:
    """Ask in a process of its own that is killed at a step."""
    owner, name, times = STEPS[step]
    original, calls = getattr(owner, name), iter(range(1, 100))

    def killed(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == times:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    def child() -> None:
        setattr(owner, name, killed)
        run(server, Memo(path), *TEXTS)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(20)
    assert process.exitcode == -signal.SIGKILL


def test_what_was_handed_out_and_not_kept_is_read_again(memo: Memo) -> None:
    body = {"model": "m", "messages": question("a")}

    async def fail_after_the_reply(endpoint: OpenAIEndpoint) -> None:
        async with BatchTransport(endpoint, memo, QUICK) as transport:
            await transport.send(body)
            raise LookupError

    async def send(endpoint: OpenAIEndpoint) -> dict[str, Any]:
        async with BatchTransport(endpoint, memo, QUICK) as transport:
            return await transport.send(body)

    with ScriptedEndpoint(echo) as server:
        with pytest.raises(LookupError):
            asyncio.run(fail_after_the_reply(dials(server.url)))
        assert asyncio.run(send(dials(server.url)))["choices"][0]["message"]["content"] == "echo a"
    assert server.counters.requests == 1


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_pays_for_nothing_again(step: str, tmp_path: Path) -> None:
    path = tmp_path / "memo.sqlite"
    with ScriptedEndpoint(echo, batching=Batching(delay=0.1)) as server:
        die_at(step, server, path)
        memo = Memo(path)
        before = len(placed(server))
        assert before == (list(STEPS).index(step) >= list(STEPS).index("the batch is created"))
        assert bool(memo.count(KIND)) == (step == "one reply is kept")
        assert said(run(server, memo, *TEXTS, "new")) == [f"echo {text}" for text in (*TEXTS, "new")]
        assert sum(batch["request_counts"]["total"] for batch in placed(server)) == 4
    assert (server.counters.requests, server.counters.paid_again) == (4, 0)
