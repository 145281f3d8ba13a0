"""A reply's schema, to endpoints that take it, and to those that don't."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel

from artifacts.memo import Memo
from tasks.models.endpoint.completion import Reply, RequestError
from tasks.models.endpoint.structured import response_format
from tasks.models.scripted import Failure, Request, ScriptedEndpoint
from tests.models.endpoint.asking import SCHEMA, ask, dials


def asked_for(server: ScriptedEndpoint) -> list[str]:
    return [request.body.get("response_format", {}).get("type", "text") for request in server.requests]


@pytest.mark.parametrize(
    ("refuses", "expected"),
    [
        ("nothing", ["json_schema", "json_schema"]),
        ("json_schema", ["json_schema", "json_object", "json_object"]),
        ("response_format", ["json_schema", "json_object", "text", "text"]),
    ],
)
def test_the_first_replies_tell_what_the_endpoint_takes(refuses: Any, expected: list[str], memo: Memo) -> None:
    with ScriptedEndpoint(["{}"], refuses=refuses) as server:
        endpoint = dials(server.url, concurrency=1)
        _, replies = ask(endpoint, memo, "a", "b", schema=SCHEMA)
        again, _ = ask(endpoint, memo, "a", "b", schema=SCHEMA)
    assert [type(reply) for reply in replies] == [Reply, Reply]
    assert asked_for(server) == expected
    assert again.usage.reused == 2  # the form is not in the key


def test_a_question_that_is_refused_in_every_form_says_nothing_about_the_schema(memo: Memo) -> None:
    def script(request: Request) -> Failure | str:
        return Failure(400, "content filter") if request.prompt == "bad" else "{}"

    with ScriptedEndpoint(script) as server:
        _, outcomes = ask(dials(server.url, concurrency=1), memo, "bad", "a", "bad too", schema=SCHEMA)
    assert [type(outcome) for outcome in outcomes] == [RequestError, Reply, Reply]
    assert asked_for(server) == ["json_schema", "json_object", "text", "json_schema", "json_schema"]


def test_a_schema_that_was_taken_is_not_what_is_refused_later(memo: Memo) -> None:
    with ScriptedEndpoint(["{}", Failure(422, "too long")]) as server:
        _, outcomes = ask(dials(server.url, concurrency=1), memo, "a", "b", schema=SCHEMA)
    assert [type(outcome) for outcome in outcomes] == [Reply, RequestError]
    assert asked_for(server) == ["json_schema", "json_schema"]


def test_no_schema_is_sent_where_it_is_switched_off(memo: Memo) -> None:
    with ScriptedEndpoint(["{}"]) as server:
        ask(dials(server.url, structured=False), memo, "b", schema=SCHEMA)
    assert asked_for(server) == ["text"]


class Part(BaseModel):
    properties: str = "none"
    default: int = 3


class Whole(BaseModel):
    kind: Literal["a", "b"] = "a"
    first: Part = Part()
    parts: list[Part] = []


def test_a_schema_is_sent_as_strict_mode_wants_it() -> None:
    sent = response_format(Whole.model_json_schema())["json_schema"]
    assert (sent["name"], sent["strict"]) == ("Whole", True)
    part = sent["schema"]["$defs"]["Part"]
    assert part["required"] == ["properties", "default"]
    assert part["additionalProperties"] is False
    assert "default" not in part["properties"]["default"]
    whole = sent["schema"]
    assert whole["required"] == ["kind", "first", "parts"]
    assert whole["properties"]["first"] == {"$ref": "#/$defs/Part"}
    assert whole["properties"]["parts"]["items"] == {"$ref": "#/$defs/Part"}


class Open(BaseModel):
    by_name: dict[str, int]


def test_a_map_can_only_be_asked_for_loosely() -> None:
    schema = Open.model_json_schema()
    assert response_format(schema)["json_schema"] == {"name": "Open", "strict": False, "schema": schema}
