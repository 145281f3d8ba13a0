"""Several addresses of one model."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from artifacts.memo import Memo
from artifacts.stage import StageError
from tasks.models.endpoint.completion import Reply, RequestError
from tasks.models.scripted import Answer, Failure, Request, Response, ScriptedEndpoint
from tests.models.endpoint.asking import KEY, ask, dials

TEXTS = [str(number) for number in range(40)]


def replica(server: ScriptedEndpoint, **values: Any) -> dict[str, Any]:
    return {"base_url": server.url, "api_key_env": "TEACHER_KEY", **values}


def test_requests_are_spread_by_weight_and_kept_wherever_they_went(memo: Memo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", "sk-other-1234567890")
    with ScriptedEndpoint(["yes"]) as here, ScriptedEndpoint(["yes"]) as there:
        other = replica(there, weight=3, model="m-fp8", api_key_env="OTHER_KEY", concurrency=1)
        ask(dials(here.url, concurrency=1, replicas=[other]), memo, *TEXTS)
        assert 5 <= len(here.requests) <= 20
        assert len(here.requests) + len(there.requests) == 40
        assert {request.body["model"] for request in there.requests} == {"m-fp8"}
        assert {request.body["model"] for request in here.requests} == {"m"}
        assert {request.authorization for request in there.requests} == {"Bearer sk-other-1234567890"}
        assert {request.authorization for request in here.requests} == {f"Bearer {KEY}"}
        alone, _ = ask(dials(here.url), memo, *TEXTS)
    assert alone.usage.reused == 40


@pytest.mark.parametrize("trouble", [Failure(401, "no such key"), Failure(500, "out of memory"), None], ids=str)
def test_an_address_that_is_down_is_left_out_and_the_others_go_on(
    trouble: Failure | None, memo: Memo, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedEndpoint(["yes"]) as here, ScriptedEndpoint([trouble or "yes"]) as there:
        other = replica(there)
        if trouble is None:  # nobody is there
            other["base_url"] = "http://127.0.0.1:9/v1"
        endpoint = dials(here.url, replicas=[other], concurrency=2, max_failures=3, max_retries=6)
        with caplog.at_level(logging.WARNING, "graft"):
            _, replies = ask(endpoint, memo, *TEXTS)
    assert all(isinstance(reply, Reply) for reply in replies)
    assert len(here.requests) == 40
    (warning,) = [record.getMessage() for record in caplog.records]
    assert other["base_url"] in warning
    assert "left out" in warning


def test_a_paused_address_leaves_its_requests_to_the_others(memo: Memo) -> None:
    with ScriptedEndpoint(["yes"]) as here, ScriptedEndpoint([Failure(429, retry_after="300")]) as there:
        endpoint = dials(here.url, replicas=[replica(there)], concurrency=1)
        _, replies = ask(endpoint, memo, *TEXTS)
        assert len(there.requests) <= 8
    assert all(isinstance(reply, Reply) for reply in replies)


def test_the_stage_stops_when_none_is_up(memo: Memo) -> None:
    with ScriptedEndpoint([Failure(401, "one")]) as here, ScriptedEndpoint([Failure(402, "two")]) as there:
        _, outcomes = ask(dials(here.url, replicas=[replica(there, concurrency=1)], concurrency=1), memo, *"abc")
    assert all(isinstance(outcome, StageError) for outcome in outcomes)
    assert all(url in str(outcomes[0]) for url in (here.url, there.url))
    assert (len(here.requests), len(there.requests)) == (1, 1)


def test_a_key_in_a_replica_is_refused_too() -> None:
    with pytest.raises(ValueError, match="environment variable") as caught:
        dials("http://localhost/v1", replicas=[{"base_url": "http://there/v1", "api_key": KEY}])
    assert KEY not in str(caught.value)


def test_what_one_address_refuses_another_may_answer(memo: Memo, caplog: pytest.LogCaptureFixture) -> None:
    def short(request: Request) -> Response:
        return Answer("yes") if int(request.prompt) < 10 else Failure(400, "context length 2048 exceeded")

    with ScriptedEndpoint(short) as here, ScriptedEndpoint(["yes"], latency=0.02) as there:
        endpoint = dials(here.url, replicas=[replica(there)], concurrency=2, max_failures=4)
        with caplog.at_level(logging.WARNING, "graft"):
            chat, replies = ask(endpoint, memo, *TEXTS)
        assert len(here.requests) <= 30  # it is left out when it has refused in a row what the other answers
    assert all(isinstance(reply, Reply) for reply in replies)
    assert chat.usage.refused == 0
    assert "answered elsewhere" in caplog.text


def test_what_all_addresses_refuse_is_refused(memo: Memo) -> None:
    refusal = Failure(400, "flagged", code="content_filter")
    with ScriptedEndpoint([refusal]) as here, ScriptedEndpoint([refusal]) as there:
        endpoint = dials(here.url, replicas=[replica(there, concurrency=1)], concurrency=1)
        chat, outcomes = ask(endpoint, memo, *"abcdef")
        assert len(here.requests) == len(there.requests) == 6
    assert all(isinstance(outcome, RequestError) and outcome.refused for outcome in outcomes)
    assert chat.usage.refused == 6
