"""The chat client against a real server that does what endpoints do wrong."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from artifacts.memo import Memo
from artifacts.stage import StageError
from tasks.models.config import OpenAIEndpoint
from tasks.models.endpoint.chat import KIND, Chat
from tasks.models.endpoint.completion import Reply, RequestError
from tasks.models.scripted import Answer, Dropped, Failure, Garbage, Request, Response, Script, ScriptedEndpoint
from tests.models.endpoint.asking import KEY, ask, dials, question


def one(script: Script, memo: Memo, **values: Any) -> tuple[Chat, Reply | BaseException, ScriptedEndpoint]:
    with ScriptedEndpoint(script) as server:
        chat, (reply,) = ask(dials(server.url, **values), memo, "Is it so?")
    return chat, reply, server


@pytest.mark.parametrize(
    "trouble",
    [
        Failure(429, retry_after="0.1"),
        Failure(429),
        Failure(500),
        Failure(503, retry_after="0"),
        Failure(408),
        Failure(409),
        Failure(425),
        Dropped(),
        Answer("no", broken_off=True),
        Garbage(),
        Garbage(content_type="text/html"),
        Garbage('{"choices": []}'),
        Answer("   "),
    ],
    ids=str,
)
def test_what_passes_is_tried_again(trouble: Response, memo: Memo) -> None:
    chat, reply, server = one([trouble, "yes"], memo)
    assert isinstance(reply, Reply)
    assert reply.text == "yes"
    assert (chat.usage.retries, len(server.requests)) == (1, 2)
    assert memo.count(KIND) == 1


def test_no_request_is_sent_before_the_time_that_the_endpoint_names(memo: Memo) -> None:
    opens_at: list[float] = []

    def script(request: Request) -> Response:
        opens_at.append(time.monotonic() + 1.0)
        return Failure(429, retry_after="1") if time.monotonic() < opens_at[0] else Answer("yes")

    with ScriptedEndpoint(script) as server:
        _, replies = ask(dials(server.url, concurrency=1, max_retries=1), memo, "a", "b")
    assert [type(reply) for reply in replies] == [Reply, Reply]
    assert sorted(request.prompt for request in server.requests) == ["a", "a", "b"]


def test_a_server_that_stays_down_gives_up_the_request_and_keeps_nothing(memo: Memo) -> None:
    chat, error, server = one([Failure(500, "out of memory")], memo, max_retries=1)
    assert isinstance(error, RequestError)
    assert not error.refused
    assert "status 500" in str(error)
    assert "out of memory" in str(error)
    assert "tried 2 times" in str(error)
    assert (len(server.requests), chat.usage.requests, memo.count(KIND)) == (2, 0, 0)


def test_a_slow_reply_is_given_up_in_time(memo: Memo) -> None:
    with ScriptedEndpoint(["yes"], latency=1.0) as server:
        _, (error,) = ask(dials(server.url, timeout=0.1, max_retries=0), memo, "a")
    assert isinstance(error, RequestError)
    assert "no reply within 0.1 s" in str(error)


def test_a_reply_that_trickles_in_is_given_up_in_time(memo: Memo) -> None:
    with ScriptedEndpoint([Answer("yes" * 20, pieces=100, pause=0.05)]) as server:
        _, (error,) = ask(dials(server.url, timeout=0.3, max_retries=0), memo, "a")
    assert isinstance(error, RequestError)
    assert "no reply within 0.3 s" in str(error)


def test_where_nobody_is_it_is_told_without_trying_every_request(memo: Memo) -> None:
    with ScriptedEndpoint(["yes"]) as server:
        url = server.url
    _, outcomes = ask(dials(url, concurrency=4, max_failures=99), memo, *map(str, range(200)))
    assert sum(isinstance(outcome, StageError) for outcome in outcomes) > 190
    assert "nobody answers there" in str(outcomes[-1])
    assert url in str(outcomes[-1])


def test_an_endpoint_that_never_answers_in_time_is_given_up_early(memo: Memo) -> None:
    with ScriptedEndpoint(["yes"], latency=2.0) as server:
        _, outcomes = ask(dials(server.url, timeout=0.1, max_failures=3, concurrency=2), memo, *map(str, range(50)))
        assert len(server.requests) <= 4
    assert all(isinstance(outcome, StageError) for outcome in outcomes)
    assert "no reply within 0.1 s, 3 times in a row" in str(outcomes[-1])


def test_empty_replies_in_a_row_stop_the_client(memo: Memo) -> None:
    with ScriptedEndpoint([Answer("")]) as server:
        _, outcomes = ask(dials(server.url, concurrency=1, max_failures=2), memo, *"abc")
    assert [type(outcome) for outcome in outcomes] == [Reply, Reply, StageError]


@pytest.mark.parametrize(
    "trouble",
    [Failure(401), Failure(404), Failure(429, code="insufficient_quota"), Failure(429, retry_after="7200")],
    ids=str,
)
def test_what_no_request_can_pass_stops_at_once(trouble: Response, memo: Memo) -> None:
    with ScriptedEndpoint([trouble]) as server:
        _, outcomes = ask(dials(server.url, concurrency=1), memo, "a", "b", "c")
    assert all(isinstance(outcome, StageError) for outcome in outcomes)
    assert server.url in str(outcomes[0])
    assert len(server.requests) == 1


def test_failures_in_a_row_stop_the_client_and_what_came_is_kept(memo: Memo) -> None:
    def script(request: Request) -> Response:
        return Answer("yes") if request.prompt in "abc" else Failure(500, "down")

    with ScriptedEndpoint(script) as server:
        texts = ["a", "1", "2", "b", "3", "4", "5", "6", "c"]
        _, outcomes = ask(dials(server.url, concurrency=1, max_retries=0, max_failures=3), memo, *texts)
    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == ["Reply", *["RequestError"] * 2, "Reply", *["RequestError"] * 3, *["StageError"] * 2]
    text = str(outcomes[-1])
    assert server.url in text
    assert "3 requests in a row" in text
    assert "down" in text
    assert "kept" in text
    assert memo.count(KIND) == 2
    assert len(server.requests) == 7


def test_no_more_requests_are_in_flight_than_asked_for(memo: Memo) -> None:
    with ScriptedEndpoint(["yes"], latency=0.05) as server:
        ask(dials(server.url, concurrency=3), memo, *map(str, range(12)))
    assert server.busiest == 3


def test_a_cut_off_reply_is_kept_with_its_reason(memo: Memo) -> None:
    chat, reply, _ = one([Answer("", finish_reason="length")], memo)
    assert isinstance(reply, Reply)
    assert (reply.text, reply.finish_reason) == ("", "length")
    assert chat.usage.retries == 0


def test_the_limit_of_a_reply_has_the_name_that_the_endpoint_wants(memo: Memo) -> None:
    with ScriptedEndpoint(["yes"]) as server:
        ask(dials(server.url, max_tokens=7, token_limit="max_completion_tokens"), memo, "a")
    body = server.requests[0].body
    assert (body["max_completion_tokens"], "max_tokens" in body) == (7, False)


def test_a_transport_takes_the_place_of_http(memo: Memo) -> None:
    async def transport(body: dict[str, Any]) -> dict[str, Any]:
        return Answer(f"echo {body['messages'][0]['content']}").completion(Request(body))

    async def run() -> list[str]:
        endpoint = dials("http://nowhere.invalid/v1", concurrency=1)
        async with Chat(endpoint, memo, transport=transport, billed_as="m in a batch") as chat:
            replies = [await chat.ask(question(text)) for text in ("a", "a", "b")]
            assert (chat.usage.requests, chat.usage.reused) == (2, 1)
            assert set(chat.ledger.totals()) == {"m in a batch"}
            return [reply.text for reply in replies]

    assert asyncio.run(run()) == ["echo a", "echo a", "echo b"]


def test_what_is_under_way_when_a_run_is_cancelled_comes_in_and_nothing_more_is_sent(memo: Memo) -> None:
    async def run() -> None:
        async with Chat(dials(server.url, concurrency=2), memo) as chat:
            asked = [asyncio.create_task(chat.ask(question(text))) for text in "abcd"]
            while len(server.requests) < 2:
                await asyncio.sleep(0.01)
            for task in asked:
                task.cancel()
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)

    with ScriptedEndpoint(["yes"], latency=0.3) as server:
        asyncio.run(run())
        assert len(server.requests) == memo.count(KIND) == 2
        chat, _ = ask(dials(server.url), memo, *"abcd")
        assert (chat.usage.reused, server.counters.paid_again) == (2, 0)


def test_who_is_cancelled_twice_waits_no_more(memo: Memo) -> None:
    async def run() -> None:
        async with Chat(dials(server.url), memo) as chat:
            asked = asyncio.create_task(chat.ask(question("a")))
            for _ in range(2):
                await asyncio.sleep(0.2)
                asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            assert chat.ledger.totals()["m"].possibly_billed.requests == 1

    with ScriptedEndpoint(["yes"], latency=3.0) as server:
        asyncio.run(run())
    assert memo.count(KIND) == 0


def test_dials_reach_the_endpoint(memo: Memo) -> None:
    with ScriptedEndpoint(["yes"]) as server:
        endpoint = dials(server.url, temperature=None, max_tokens=7, seed=3, extra_body={"top_k": 20})
        ask(endpoint, memo, "a", sample=2)
    body = server.requests[0].body
    assert (body["model"], body["max_tokens"], body["seed"], body["top_k"]) == ("m", 7, 5, 20)
    assert "temperature" not in body


@pytest.mark.parametrize(
    ("status", "named"), [(401, "the key in TEACHER_KEY"), (402, "the account's balance"), (404, "the model's name")]
)
def test_what_to_look_at_is_named(status: int, named: str, memo: Memo) -> None:
    _, error, _ = one([Failure(status)], memo)
    assert isinstance(error, StageError)
    assert named in str(error)


def test_retries_are_told_together(memo: Memo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "graft")
    tries: Counter[str] = Counter()

    def script(request: Request) -> Response:
        tries[request.prompt] += 1
        return Failure(500, f"busy, request {request.prompt}") if tries[request.prompt] == 1 else Answer("yes")

    with ScriptedEndpoint(script) as server:
        chat, _ = ask(dials(server.url), memo, *map(str, range(8)))
    assert chat.usage.retries == 8
    assert [record.getMessage().partition(" after ")[2] for record in caplog.records] == [
        "status 500: busy, request # (1)",
        "status 500: busy, request # (7)",
    ]


def test_a_reply_that_echoes_the_key_is_kept_without_it(memo: Memo, monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"The key is {KEY}; a manual's is sk-other-0123456789abcdef."
    _, reply, _ = one([Answer(said)], memo)
    assert isinstance(reply, Reply)
    assert reply.text == "The key is [key]; a manual's is sk-other-0123456789abcdef."
    monkeypatch.setenv("TEACHER_KEY", "choices")  # no secret
    with ScriptedEndpoint([Answer("two choices")]) as server:
        _, (reply,) = ask(dials(server.url), memo, "b")
    assert isinstance(reply, Reply)
    assert reply.text == "two choices"


@pytest.mark.parametrize("status", [400, 401, 500])
def test_the_key_is_in_no_error_log_or_memo(
    status: int, memo: Memo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    message = f"bad key {KEY} in Authorization: Bearer {KEY}, or sk-other-0123456789abcdef"
    _, error, server = one([Failure(status, message)], memo, max_retries=1, max_failures=1)
    ask(dials(server.url, max_retries=0), memo, "nobody listens any more")
    one(["yes"], memo)  # the last thing that is kept
    assert "bad key [key]" in str(error)
    for text in (str(error), repr(error), caplog.text):
        assert KEY not in text
        assert "0123456789abcdef" not in text
    for path in tmp_path.iterdir():
        assert KEY.encode() not in path.read_bytes()
    assert memo.count(KIND) == 1


def test_no_logger_of_the_client_lets_a_key_through(memo: Memo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one(["yes"], memo)
    caplog.clear()
    for name in ("graft", "openai._base_client", "httpx2", "httpcore2.http11"):
        logging.getLogger(name).warning("headers: %s", {"Authorization": f"Bearer {KEY}"})
        try:
            raise ValueError(KEY)
        except ValueError:
            logging.getLogger(name).exception("failed with %s", KEY)
    assert caplog.text.count("[key]") == 12
    assert KEY not in caplog.text


def test_a_missing_key_is_named(memo: Memo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEACHER_KEY")
    with pytest.raises(StageError, match="TEACHER_KEY is not set"):
        Chat(dials("http://localhost/v1"), memo)
    with ScriptedEndpoint(["yes"]) as server:
        _, (reply,) = ask(dials(server.url, api_key_env=None), memo, "a")
    assert isinstance(reply, Reply)


@pytest.mark.parametrize(
    "values",
    [
        {"api_key": KEY},
        {"api_key_env": KEY},
        {"api_key_env": "abcdef0123456789"},
        {"base_url": f"https://user:{KEY}@host/v1"},
        {"base_url": f"https://host/v1?key={KEY}"},
    ],
    ids=["api_key", "key as name", "hex as name", "in the address", "in the query"],
)
def test_a_key_in_the_file_is_refused_and_not_repeated(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="environment variable") as caught:
        OpenAIEndpoint(model="m", **values)
    assert not any(secret in str(caught.value) for secret in (KEY, "abcdef0123456789"))


def test_the_scripted_endpoint_lists_its_model() -> None:
    import urllib.request

    with ScriptedEndpoint(["yes"]) as server, urllib.request.urlopen(f"{server.url}/models") as response:
        assert json.load(response)["data"][0]["id"] == "scripted"
