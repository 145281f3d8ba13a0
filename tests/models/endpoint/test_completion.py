"""What is kept of a chat endpoint's replies, and under which key."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.memo import Memo
from tasks.models.endpoint.chat import KIND, request_key
from tasks.models.endpoint.completion import Kept, Reply, is_completion, read_reply
from tasks.models.scripted import Answer, Garbage, ScriptedEndpoint
from tests.models.endpoint.asking import KEY, SCHEMA, ask, dials, question


def test_a_reply_is_kept_and_not_asked_for_again(memo: Memo) -> None:
    with ScriptedEndpoint(lambda request: f"echo {request.prompt}") as server:
        first, replies = ask(dials(server.url), memo, "水箱有多大？", "How big?")
        second, again = ask(dials(server.url, concurrency=1, timeout=9), memo, "How big?", "水箱有多大？", "And this?")
    assert [reply.text for reply in replies if isinstance(reply, Reply)] == ["echo 水箱有多大？", "echo How big?"]
    assert again[:2] == [replies[1], replies[0]]
    assert (first.usage.requests, first.usage.reused) == (2, 0)
    assert (second.usage.requests, second.usage.reused) == (1, 2)
    assert len(server.requests) == 3
    assert server.requests[0].authorization == f"Bearer {KEY}"


def test_a_key_holds_what_can_change_the_reply_and_nothing_else() -> None:
    here = dials("http://here/v1")
    base = request_key(here, question("a"), SCHEMA)
    assert request_key(dials("https://here/v1/", concurrency=1, requests_per_minute=9), question("a"), SCHEMA) == base
    moved = dials("http://there/v1", identity=here.identity)
    assert request_key(moved, question("a"), SCHEMA) == base
    replica = {"base_url": "http://there/v1", "model": "n", "weight": 2}
    assert request_key(dials("http://here/v1", replicas=[replica]), question("a"), SCHEMA) == base
    others = [
        request_key(here, question("b"), SCHEMA),
        request_key(here, question("a")),
        request_key(here, question("a"), SCHEMA, sample=1),
        request_key(dials("http://there/v1"), question("a"), SCHEMA),
        request_key(dials("http://here/v1", identity="b"), question("a"), SCHEMA),
        request_key(dials("http://here/v1", model="n"), question("a"), SCHEMA),
        request_key(dials("http://here/v1", temperature=0.0), question("a"), SCHEMA),
        request_key(dials("http://here/v1", token_limit="max_completion_tokens"), question("a"), SCHEMA),
        request_key(dials("http://here/v1", extra_body={"top_k": 1}), question("a"), SCHEMA),
    ]
    assert len({base, *others}) == len(others) + 1


def test_empty_replies_are_kept_and_paid_a_few_times_only(memo: Memo) -> None:
    with ScriptedEndpoint([Answer("")]) as server:
        first, (reply,) = ask(dials(server.url), memo, "a")
        second, (again,) = ask(dials(server.url), memo, "a")
    assert isinstance(reply, Reply)
    assert reply.empty
    assert again == reply
    assert (first.usage.requests, second.usage.requests, len(server.requests)) == (3, 0, 3)


def test_the_whole_completion_is_kept(memo: Memo) -> None:
    with ScriptedEndpoint([Answer("yes")]) as server:
        ask(dials(server.url), memo, "a")
        (kept,) = memo.get(KIND, request_key(dials(server.url), question("a")))["completions"]  # type: ignore[index]
    assert kept["id"] == "chatcmpl-scripted"
    assert kept["usage"]["total_tokens"] == 2
    assert "logprobs" not in kept["choices"][0]  # nothing that the endpoint did not say
    assert kept["choices"][0]["message"]["content"] == "yes"


def test_half_a_surrogate_pair_in_a_reply_costs_one_character_and_no_reply(memo: Memo) -> None:
    body = {"choices": [{"message": {"role": "assistant", "content": "水箱\ud83d"}, "finish_reason": "stop"}]}
    with ScriptedEndpoint([Garbage(json.dumps(body))]) as server:
        _, (reply,) = ask(dials(server.url), memo, "a")
        chat, (again,) = ask(dials(server.url), memo, "a")
    assert isinstance(reply, Reply)
    assert reply.text == "水箱?"
    assert again == reply
    assert chat.usage.reused == 1


def test_reasoning_that_comes_apart_is_read(memo: Memo) -> None:
    with ScriptedEndpoint([Answer("yes", reasoning="水箱里有水。")]) as server:
        _, (reply,) = ask(dials(server.url), memo, "a")
    assert isinstance(reply, Reply)
    assert (reply.text, reply.reasoning) == ("yes", "水箱里有水。")


def test_a_reply_in_parts_is_joined_and_its_thinking_is_reasoning(memo: Memo) -> None:
    thinking = {
        "type": "thinking",
        "thinking": [{"type": "text", "text": "水箱里"}, {"type": "text", "text": "有水。"}],
    }
    message = {"content": [thinking, {"type": "text", "text": "Yes, "}, "it is.", {"type": "image", "text": None}]}
    with ScriptedEndpoint([Garbage(json.dumps({"choices": [{"message": message}], "usage": [1]}))]) as server:
        for _ in range(2):
            _, (reply,) = ask(dials(server.url), memo, "a")
            assert isinstance(reply, Reply)
            assert (reply.text, reply.reasoning) == ("Yes, it is.", "水箱里有水。")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [{"choices": [{"message": "hi"}]}, {"choices": {}}, {"choices": ["hi"]}, {"choices": [{}]}, [], None],
    ids=str,
)
def test_what_is_no_completion_is_tried_again_and_not_kept(body: object, memo: Memo) -> None:
    with ScriptedEndpoint([Garbage(json.dumps(body)), "yes"]) as server:
        _, (reply,) = ask(dials(server.url), memo, "a")
    assert isinstance(reply, Reply)
    assert reply.text == "yes"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "kept", [[1], {"completions": ["hi", {"choices": []}]}, {"unknown": 1}, {"refusal": 5}], ids=str
)
def test_what_is_kept_and_cannot_be_read_is_asked_again(kept: object, memo: Memo) -> None:
    with ScriptedEndpoint(["yes"]) as server:
        memo.put(KIND, request_key(dials(server.url), question("a")), kept)
        chat, (reply,) = ask(dials(server.url), memo, "a")
    assert isinstance(reply, Reply)
    assert (reply.text, chat.usage.reused) == ("yes", 0)


NAMES = [
    *("text", "thinking", "content", "type", "reasoning", "reasoning_content", "finish_reason", "message", "choices"),
    *("prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "cached_tokens", "refusal"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def odd(*names: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON))


MESSAGES = odd("content", "reasoning", "reasoning_content")
CHOICES = st.fixed_dictionaries({}, optional={"message": MESSAGES | JSON, "finish_reason": JSON})
USAGE = odd("prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "prompt_cache_hit_tokens")
BODIES = JSON | st.fixed_dictionaries({"choices": st.lists(CHOICES | JSON, max_size=2), "usage": USAGE | JSON})


@given(BODIES)
def test_whatever_comes_is_read_or_is_no_completion(body: object) -> None:
    if is_completion(body):
        reply = read_reply(body)  # type: ignore[arg-type]
        reply.text.encode(), reply.reasoning.encode()
        assert isinstance(reply.finish_reason, str)
        assert all(count is None or count >= 0 for count in (reply.input_tokens, reply.output_tokens))
        assert 0 <= reply.cached_tokens <= (reply.input_tokens or 0)
    kept = Kept.read(body)
    assert Kept.read({"completions": [body], "refusal": body}).completions == [body] * is_completion(body)
    assert isinstance(kept.done, bool)
