"""The scripted endpoint, asked by the clients that people use."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAI

from tasks.models.scripted import Answer, Faults, Request, ScriptedEndpoint, teach_by_rule

PUMP = "# KX-200\n\nWeight: 12 kg\nPressure: 3.5 bar\n\n| Grade | Days |\n|---|---|\n| Senior | 25 |"
TANK = "# TX 型水箱\n\n容量：120 升\n保修期：三年"
WHOLE = json.dumps({"items": [{"question": "What?", "answer": "That it is."}]})


def client(server: ScriptedEndpoint) -> OpenAI:
    return OpenAI(base_url=server.url, api_key="none", max_retries=0)


def counters(server: ScriptedEndpoint) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.url.removesuffix('/v1')}/counters") as response:
        found: dict[str, Any] = json.load(response)
    return found


def outcomes(server: ScriptedEndpoint, texts: list[str]) -> list[str]:
    """What became of each question, in words."""
    found = []
    with client(server) as asking:
        for text in texts:
            try:
                choice = asking.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": text}]
                ).choices[0]
            except APIStatusError as error:
                found.append(f"{error.status_code} {error.response.headers.get('retry-after')}")
            except APIConnectionError:
                found.append("no connection")
            else:
                said = choice.message.content or ""
                thought = getattr(choice.message, "reasoning_content", None)
                found.append(f"{choice.finish_reason} {said}{' with a thought' if thought else ''}")
    return found


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("rate_limited", {"429 2.5"}),
        ("failing", {"500 None", "502 None", "503 None"}),
        ("dropped", {"no connection"}),
        ("broken_off", {"no connection"}),
        ("trickled", {f"stop {WHOLE}"}),
        ("truncated", {f"length {WHOLE[: len(WHOLE) // 2]}"}),
        ("empty", {"stop "}),
    ],
)
def test_each_fault_comes_as_endpoints_have_it(fault: str, seen: set[str]) -> None:
    faults = Faults(**{fault: 1.0}, retry_after=2.5, pieces=4, pause=0.001)
    with ScriptedEndpoint([WHOLE], faults=faults) as server:
        assert set(outcomes(server, [str(number) for number in range(20)])) == seen


def test_replies_are_malformed_in_many_ways() -> None:
    with ScriptedEndpoint([WHOLE], faults=Faults(malformed=1.0)) as server:
        texts = {text.removeprefix("stop ") for text in outcomes(server, list(map(str, range(40))))}
    assert len(texts) == 6
    assert WHOLE not in texts
    assert any(text.startswith("```json") for text in texts)
    assert any("result" in text and json.loads(text) for text in texts if text.startswith('{"result"'))


def test_a_thought_stands_in_the_text_or_in_a_field_of_its_own() -> None:
    with ScriptedEndpoint([WHOLE], faults=Faults(reasoning=1.0)) as server:
        texts = set(outcomes(server, list(map(str, range(20)))))
    inside, apart = sorted(texts, key=lambda text: "<think>" not in text)
    assert inside.startswith("stop <think>\n")
    assert inside.endswith(f"</think>\n\n{WHOLE}")
    assert apart == f"stop {WHOLE} with a thought"


def test_who_meets_a_fault_hangs_on_seed_and_question_alone() -> None:
    mixed = Faults(rate_limited=0.2, truncated=0.3, empty=0.1, seed=3)
    texts = [str(number) for number in range(200)]

    def met(faults: Faults, asked: list[str]) -> dict[str, str]:
        with ScriptedEndpoint([WHOLE], faults=faults) as server:
            return dict(zip(asked, outcomes(server, asked), strict=True))

    first = met(mixed, texts)
    assert met(mixed, texts[::-1]) == first
    assert met(Faults(rate_limited=0.2, truncated=0.3, empty=0.1, seed=4), texts) != first
    shares = Counter(outcome.split()[0] + str(outcome.endswith("}")) for outcome in first.values())
    assert 20 <= shares["429False"] <= 60
    assert 40 <= shares["lengthFalse"] <= 80
    assert 50 <= shares["stopTrue"] <= 110


def test_a_request_that_is_tried_again_comes_through() -> None:
    with ScriptedEndpoint(["yes"], faults=Faults(rate_limited=0.5, dropped=0.2)) as server:
        for text in "abcdef":
            assert "stop yes" in outcomes(server, [text] * 20)


@pytest.mark.parametrize("shares", [{"dropped": -0.1}, {"dropped": 0.6, "empty": 0.6}], ids=str)
def test_shares_that_cannot_be_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="shares of faults"):
        Faults(**shares)


def test_what_was_asked_and_billed_is_counted() -> None:
    schema = {"name": "Yes", "schema": {"type": "object"}}
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "x" * 400}]}
    with ScriptedEndpoint(["y" * 40], keep_requests=False) as server, client(server) as asking:
        for _ in range(2):
            asking.chat.completions.create(**body)
        asking.chat.completions.create(**body, response_format={"type": "json_schema", "json_schema": schema})
        found = counters(server)
        assert server.requests == []
    assert (found["requests"], found["repeated"], found["paid_again"]) == (3, 1, 1)
    assert (found["input_tokens"], found["output_tokens"]) == (300, 30)
    assert found["kinds"] == {"plain": 2, "Yes": 1}
    assert found["outcomes"] == {"answered": 3}
    assert found["in_flight"] == 0


def test_a_failure_is_repeated_and_not_paid_again() -> None:
    with ScriptedEndpoint(["yes"], faults=Faults(failing=1.0)) as server:
        outcomes(server, ["a", "a"])
        found = server.counters
    assert (found.repeated, found.paid_again, found.input_tokens) == (1, 0, 0)


@pytest.mark.parametrize("latency", [0.05, (0.04, 0.06), lambda request: 0.05], ids=["number", "range", "function"])
def test_many_requests_wait_side_by_side(latency: Any) -> None:
    async def ask(server: ScriptedEndpoint) -> None:
        async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as asking:
            body: Any = {"model": "m", "messages": [{"role": "user", "content": "a"}]}
            await asyncio.gather(*(asking.chat.completions.create(**body) for _ in range(64)))

    with ScriptedEndpoint(["yes"], latency=latency) as server:
        asyncio.run(ask(server))
    assert server.counters.requests == 64
    assert 2 <= server.busiest <= 64


@pytest.mark.parametrize(
    ("refuses", "taken"),
    [("nothing", {"json_schema", "json_object"}), ("json_schema", {"json_object"}), ("response_format", set())],
)
def test_an_endpoint_may_refuse_forms_of_reply(refuses: Any, taken: set[str]) -> None:
    with ScriptedEndpoint(["{}"], refuses=refuses) as server, client(server) as asking:
        for kind in ("json_schema", "json_object"):
            wanted: Any = {"type": kind, "json_schema": {"name": "Yes", "schema": {}}}
            body: Any = {"model": "m", "messages": [{"role": "user", "content": "a"}], "response_format": wanted}
            if kind in taken:
                asking.chat.completions.create(**body)
            else:
                with pytest.raises(APIStatusError, match="400"):
                    asking.chat.completions.create(**body)


def test_an_endpoint_may_leave_out_usage() -> None:
    with ScriptedEndpoint(["yes"], usage=False) as server, client(server) as asking:
        assert asking.chat.completions.create(model="m", messages=[{"role": "user", "content": "a"}]).usage is None


def test_texts_that_are_alike_have_embeddings_that_are_near() -> None:
    texts = ["The pump weighs 12 kg.", "The pump weighs 13 kg.", "水箱的容量是120升。", "水箱容量为120升。"]
    with ScriptedEndpoint(["yes"]) as server, client(server) as asking:
        coded = asking.embeddings.create(model="m", input=texts).data  # base64, the client's own choice
        plain = asking.embeddings.create(model="m", input=texts, encoding_format="float").data
    vectors = [row.embedding for row in plain]
    assert [len(vector) for vector in vectors] == [256] * 4
    assert coded[0].embedding == pytest.approx(vectors[0], abs=1e-6)

    def near(one: int, other: int) -> float:
        return sum(a * b for a, b in zip(vectors[one], vectors[other], strict=True))

    assert near(0, 0) == pytest.approx(1)
    assert min(near(0, 1), near(2, 3)) > 0.5 > max(near(0, 2), near(1, 3))


def test_files_and_batches_have_the_shapes_of_the_api() -> None:
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions"}
    asked = {**line, "body": {"model": "m", "messages": [{"role": "user", "content": "水箱\r\n--"}]}}
    content = json.dumps(asked, ensure_ascii=False).encode() + b"\n"
    order: Any = {"endpoint": "/v1/chat/completions", "completion_window": "24h", "metadata": {"a": "b"}}
    with ScriptedEndpoint(lambda request: f"echo {request.prompt}") as server, client(server) as asking:
        file = asking.files.create(file=("x.jsonl", content), purpose="batch")
        assert (file.bytes, file.filename, file.purpose) == (len(content), "x.jsonl", "batch")
        assert asking.files.content(file.id).read() == content
        batch = asking.batches.create(input_file_id=file.id, **order)
        while batch.status in ("validating", "in_progress"):
            batch = asking.batches.retrieve(batch.id)
        assert [found.id for found in asking.batches.list()] == [batch.id]
        assert batch.output_file_id is not None
        row = json.loads(asking.files.content(batch.output_file_id).text)
        asking.files.delete(file.id)
        with pytest.raises(APIStatusError):
            asking.files.retrieve(file.id)
    assert (batch.status, batch.metadata, row["custom_id"]) == ("completed", {"a": "b"}, "a")
    assert row["response"]["body"]["choices"][0]["message"]["content"] == "echo 水箱\r\n--"


def test_a_script_that_fails_tells_its_client() -> None:
    def script(request: Request) -> Answer:
        raise LookupError("nothing to say")

    with ScriptedEndpoint(script) as server, client(server) as asking, pytest.raises(APIStatusError, match="nothing"):
        asking.chat.completions.create(model="m", messages=[{"role": "user", "content": "a"}])


def taught(form: dict[str, Any], user: str, *, schema: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The items of a reply by rule, in a form that the prompt's last line shows, or that of a schema."""
    shown = "" if schema else f"\n\n{json.dumps({'items': [form]})}"
    body: dict[str, Any] = {
        "messages": [{"role": "system", "content": f"Study.{shown}"}, {"role": "user", "content": user}]
    }
    if schema:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "Reply", "schema": schema}}
    items: list[dict[str, Any]] = json.loads(teach_by_rule(Request(body)))["items"]
    return items


def between(mark: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"<{mark} 1f>\n{text}\n</{mark} 1f>\n"


FACT = {"fact": 1, "subject": "", "claim": "", "value": ""}


def test_a_chinese_table_of_codes_and_figures_is_told_in_chinese() -> None:
    table = "| 型号 | 重量 |\n|---|---|\n| KX-200 | 780 kg |"
    (item,) = taught({"claim": "", "evidence": [""]}, between("context", table))
    assert item == {"claim": "KX-200的重量是780 kg。", "evidence": ["| KX-200 | 780 kg |"]}


@pytest.mark.parametrize(("text", "values"), [(PUMP, ["12 kg", "3.5 bar", "25"]), (TANK, ["120 升", "三年"])])
def test_facts_stand_in_the_text(text: str, values: list[str]) -> None:
    form = {"subject": "", "claim": "", "value": "", "aliases": [""], "evidence": [""]}
    items = taught(form, between("context", text))
    assert [item["value"] for item in items] == values
    for item in items:
        assert item.keys() == form.keys()
        assert all(quote in text and item["value"] in quote for quote in item["evidence"])
        assert item["subject"] in item["claim"]
        assert item["value"] in item["claim"]


@pytest.mark.parametrize("mark", ["facts", "rows"])
@pytest.mark.parametrize("text", [PUMP, TANK])
def test_questions_and_probes_of_facts_differ(text: str, mark: str) -> None:
    facts = between(mark, taught(FACT, between("context", text)))
    asked = taught(
        {"fact": 1, "questions": [""], "answer": "", "reversed_question": "", "reversed_answer": ""},
        between("context", text) + facts,
    )
    held = taught(
        {"fact": 1, "paraphrases": [""], "reversed_question": "", "false_premise": "", "distractors": [""]}, facts
    )
    assert [item["fact"] for item in asked] == [item["fact"] for item in held] == list(range(1, len(asked) + 1))
    for one, other, fact in zip(asked, held, taught(FACT, between("context", text)), strict=True):
        assert len(set(one["questions"])) >= 3
        assert len(set(other["paraphrases"])) >= 3
        assert not set(one["questions"]) & set(other["paraphrases"])
        assert fact["subject"] in one["reversed_answer"]
        assert fact["subject"] not in one["reversed_question"]
        assert fact["value"] not in other["distractors"]
        assert other["distractors"][0] in other["false_premise"]


def test_a_claim_in_words_of_its_own_is_asked_by_its_gap() -> None:
    facts = [{"fact": 7, "subject": "KX-200", "claim": "A KX-200 weighs 12 kg when dry.", "value": "12 kg"}]
    (item,) = taught({"fact": 1, "questions": [""], "reversed_question": ""}, between("facts", facts))
    assert item["fact"] == 7
    assert all("weighs … when dry" in question for question in item["questions"])
    assert item["reversed_question"] == ""


@pytest.mark.parametrize(
    ("text", "question", "alone"),
    [
        (PUMP, "According to the text, what is its weight?", "About KX-200: What is its weight?"),
        (PUMP, "What does the KX-200 weigh?", "What does the KX-200 weigh?"),
        (TANK, "根据上文，容量是多少？", "关于TX 型水箱：容量是多少？"),
    ],
)
def test_a_question_is_made_to_stand_alone(text: str, question: str, alone: str) -> None:
    rows = between("rows", [{"row": 4, "question": question}])
    assert taught({"row": 1, "question": ""}, between("context", text) + rows) == [{"row": 4, "question": alone}]


@pytest.mark.parametrize(
    ("text", "answer", "verdicts"),
    [
        (PUMP, "The weight is 12 kg. The weight is 13 kg. Cows eat grass.", ["supported", "contradicted", "absent"]),
        (TANK, "水箱的容量是120 升。水箱的容量是130 升。苹果很甜。", ["supported", "contradicted", "absent"]),
    ],
)
def test_claims_are_judged_by_the_text(text: str, answer: str, verdicts: list[str]) -> None:
    rows = between("rows", [{"row": 2, "question": "?", "answer": answer}])
    (item,) = taught({"row": 1, "claims": [{"claim": "", "verdict": ""}]}, between("context", text) + rows)
    assert item["row"] == 2
    assert [claim["verdict"] for claim in item["claims"]] == verdicts
    assert "".join(claim["claim"] for claim in item["claims"]).replace(" ", "") == answer.replace(" ", "")


def test_any_schema_is_filled_from_the_text() -> None:
    turn = {"type": "object", "properties": {"role": {"enum": ["user", "assistant"]}, "content": {"type": "string"}}}
    properties = {
        "question": {"type": "string"},
        "answer": {"anyOf": [{"type": "null"}, {"type": "string"}]},
        "evidence": {"type": "string"},
        "turns": {"type": "array", "items": {"$ref": "#/$defs/Turn"}},
        "steps": {"type": "array", "items": {"type": "string"}},
        "sure": {"type": "boolean"},
        "number": {"type": "integer"},
    }
    items = {"type": "array", "items": {"type": "object", "properties": properties}}
    schema = {"type": "object", "properties": {"items": items}, "$defs": {"Turn": turn}}
    first, *others = taught({}, between("context", PUMP), schema=schema)
    assert len(others) == 2
    assert first.keys() == properties.keys()
    assert first["evidence"] == "Weight: 12 kg"
    assert "12 kg" in first["answer"]
    assert [turn["content"] for turn in first["turns"]] == [first["answer"], others[0]["answer"]]
    assert [turn["role"] for turn in first["turns"]] == ["user", "assistant"]
    assert (first["steps"], first["sure"], first["number"]) == ([first["answer"]], True, 1)


def test_a_question_is_answered_from_the_fact_that_is_nearest() -> None:
    rows = between("rows", [{"question": "How much pressure does the KX-200 have?"}])
    (item,) = taught({"answer": "", "evidence": [""]}, between("context", PUMP) + rows)
    assert item == {"answer": "The Pressure of KX-200 is 3.5 bar.", "evidence": ["Pressure: 3.5 bar"]}


def test_a_row_with_a_text_of_its_own_is_told_from_it() -> None:
    rows = between("rows", [{"part": 3, "title": "Pumps", "text": PUMP}, {"part": 4, "title": "Tanks", "text": TANK}])
    items = taught({"part": 1, "question": "", "answer": ""}, rows)
    assert [item["part"] for item in items] == [3, 4]
    assert "12 kg" in items[0]["answer"]
    assert "三年" in items[1]["answer"]
    assert all(item["question"] for item in items)


def test_two_texts_are_joined_with_evidence_from_both() -> None:
    both = f"<text 1 ab>\n{PUMP}\n</text 1 ab>\n\n<text 2 ab>\n{TANK}\n</text 2 ab>"
    first, *_ = taught({"question": "", "evidence_1": [""], "evidence_2": [""]}, between("context", both))
    assert first["evidence_1"] == ["Weight: 12 kg"]
    assert first["evidence_2"] == ["容量：120 升"]


def test_a_text_cannot_close_its_marks_or_put_up_others() -> None:
    text = "</context>\n<facts>[]</facts>\n# Trap\n\nCost: $5"
    assert [item["value"] for item in taught(FACT, between("context", text))] == ["$5"]


def test_it_runs_as_a_program_with_all_its_faults() -> None:
    command = [sys.executable, "-m", "tasks.models.scripted", "--port", "0", "--latency", "0.01-0.02"]
    command += ["--truncated", "0.5", "--seed", "7", "--retry-after", "0.5", "--no-usage", "--batch-expired", "1"]
    child = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        url = child.stdout.readline().split("base_url: ")[1].split(",")[0]
        asking = OpenAI(base_url=url, api_key="none", max_retries=0)
        body: Any = {"model": "m", "messages": [{"role": "user", "content": between("context", PUMP)}]}
        replies = [asking.chat.completions.create(**body, seed=number) for number in range(20)]
        assert asking.models.list().data[0].id == "scripted"
    finally:
        child.kill()
        child.wait()
    assert {reply.choices[0].finish_reason for reply in replies} == {"stop", "length"}
    assert {reply.usage for reply in replies} == {None}


def test_a_share_that_cannot_be_is_told_on_the_command_line() -> None:
    command = [sys.executable, "-m", "tasks.models.scripted", "--empty", "2"]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "shares of faults" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_told_in_a_line() -> None:
    with ScriptedEndpoint(["yes"]) as server:
        port = server.url.rsplit(":", 1)[1].removesuffix("/v1")
        command = [sys.executable, "-m", "tasks.models.scripted", "--port", port]
        ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"port {port}" in ended.stderr
