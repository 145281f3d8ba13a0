"""Requests that an endpoint refuses, and endpoints that refuse every request."""

from __future__ import annotations

import asyncio

import pytest

from artifacts.memo import Memo
from artifacts.stage import StageError
from tasks.models.endpoint.chat import Chat
from tasks.models.endpoint.completion import Reply, RequestError
from tasks.models.scripted import Answer, Failure, Request, Response, Script, ScriptedEndpoint
from tests.models.endpoint.asking import ask, dials, question


def refusing(text: str, *, but: str, code: str | None = None) -> Script:
    """An endpoint that answers some requests."""
    return lambda request: Answer("yes") if request.prompt in but else Failure(400, text, code=code)


def test_a_refused_request_is_kept_when_a_later_one_was_answered(memo: Memo) -> None:
    with ScriptedEndpoint(refusing("context of 2,048 too long", but="b")) as server:
        for texts, asked in (("a", 1), ("ab", 3), ("ab", 3)):
            chat, (error, *_) = ask(dials(server.url, concurrency=1), memo, *texts)
            assert isinstance(error, RequestError)
            assert error.refused
            assert "context of 2,048 too long" in str(error)
            assert (len(server.requests), chat.usage.refused) == (asked, 1)


def test_refused_requests_are_asked_again_where_that_is_wanted(memo: Memo) -> None:
    with ScriptedEndpoint(refusing("context too long", but="b")) as server:
        endpoint = dials(server.url, concurrency=1)
        ask(endpoint, memo, *"ab")
    with ScriptedEndpoint(["yes"]) as server:
        moved = dials(server.url, identity=endpoint.identity)

        async def run() -> Reply:
            async with Chat(moved, memo, ask_refused=True) as chat:
                return await chat.ask(question("a"))

        assert asyncio.run(run()).text == "yes"
        assert ask(moved, memo, *"ab")[0].usage.reused == 2


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_endpoint_that_refuses_all_alike_stops_the_stage_and_its_refusals_are_forgotten(
    concurrency: int, memo: Memo
) -> None:
    answered = 20

    def script(request: Request) -> Response:
        refused = int(request.prompt) >= answered
        return Failure(400, f"in arrears, request {request.prompt}", code="Arrearage") if refused else Answer("yes")

    texts = [str(number) for number in range(60)]
    with ScriptedEndpoint(script) as server:
        endpoint = dials(server.url, concurrency=concurrency, max_failures=3)
        _, outcomes = ask(endpoint, memo, *texts)
        assert [isinstance(outcome, Reply) for outcome in outcomes] == [number < 20 for number in range(60)]
        assert sum(isinstance(outcome, StageError) for outcome in outcomes) > 30
        assert "refused alike" in str(outcomes[-1])
        assert "Arrearage" in str(outcomes[-1])
        assert len(server.requests) < 20 + 3 + 2 * concurrency
        answered = 60
        _, outcomes = ask(endpoint, memo, *texts)
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    assert server.counters.paid_again == 0


@pytest.mark.parametrize(
    "refusal", [("flagged", "content_filter"), ("Output data may be inappropriate", None)], ids=str
)
def test_refusals_of_what_is_asked_do_not_stop_the_client(refusal: tuple[str, str | None], memo: Memo) -> None:
    with ScriptedEndpoint(refusing(refusal[0], code=refusal[1], but="a")) as server:
        for _ in range(2):
            _, outcomes = ask(dials(server.url, concurrency=1, max_failures=2), memo, *"12345a")
            assert [type(outcome) for outcome in outcomes] == [*[RequestError] * 5, Reply]
    assert len(server.requests) == 6


def test_a_few_refusals_between_replies_do_not_stop_the_client(memo: Memo) -> None:
    with ScriptedEndpoint(refusing("too long", but="abcd"), latency=0.01) as server:
        for _ in range(2):
            _, outcomes = ask(dials(server.url, concurrency=1, max_failures=2), memo, *"1a2b3c4d")
            assert [type(outcome) for outcome in outcomes] == [RequestError, Reply] * 4
    assert len(server.requests) == 8
