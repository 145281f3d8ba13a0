"""Long pieces by the study prompts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from artifacts.records import Fact, read_jsonl
from tasks.generate.config import PROMPTS, GenerateConfig
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import PUMP, TANK, dials, pairs, rejects, run
from tests.generate.teachers import Items, by_prompt, prompt_of

ALONE = {"strategies": ["study"], "heading_questions": False, "probes": {"unanswerable": 0, "control_share": 0}}


def pieces(request: Request) -> Items:
    """One piece for each study prompt, in the language of the section."""
    task = request.messages[0]["content"]
    if "你的任务" in task:
        kind = "案例" if "编写案例" in task else "提纲"
        return [
            {"instruction": f"请写一份 TX 型水箱的{kind}。", "answer": "容量为 120 升。", "evidence": ["容量：120 升"]}
        ]
    kind = "case" if "Write case studies" in task else "outline"
    return [
        {"instruction": f"Write the {kind} of the KX-200.", "answer": "It weighs 12 kg.", "evidence": ["Weight: 12 kg"]}
    ]


def test_each_study_prompt_is_a_call_and_its_name_is_the_wording(tmp_path: Path) -> None:
    with ScriptedEndpoint(by_prompt(study=pieces)) as server:
        found = run(tmp_path, dials(server.url, **ALONE, study=["mind_map", "case_study"]), [PUMP, TANK])
    assert {(row.wording, row.question, row.answer) for row in pairs(*found)} == {
        ("mind_map", "Write the outline of the KX-200.", "It weighs 12 kg."),
        ("case_study", "Write the case of the KX-200.", "It weighs 12 kg."),
        ("mind_map", "请写一份 TX 型水箱的提纲。", "容量为 120 升。"),
        ("case_study", "请写一份 TX 型水箱的案例。", "容量为 120 升。"),
    }
    assert {row.kind for row in pairs(*found)} == {"study"}
    assert {row.evidence[0].text for row in pairs(*found)} == {"Weight: 12 kg", "容量：120 升"}
    assert [prompt_of(request) for request in server.requests].count("study") == 4


def test_all_seven_are_asked_when_nothing_is_said_of_them(tmp_path: Path) -> None:
    with ScriptedEndpoint(by_prompt(study=pieces)) as server:
        run(tmp_path, dials(server.url, **ALONE), [PUMP])
    asked = [request.messages[0]["content"] for request in server.requests if prompt_of(request) == "study"]
    assert len(set(asked)) == 7


def test_a_piece_that_quotes_what_is_not_there_or_points_at_the_text_is_left_out(tmp_path: Path) -> None:
    items = [
        {"instruction": "Explain the KX-200.", "answer": "It weighs 12 kg.", "evidence": ["Weight: 12 kg"]},
        {"instruction": "Teach the KX-200.", "answer": "It is blue and heavy.", "evidence": ["Its colour is blue."]},
        {
            "instruction": "Summarise the KX-200 according to the text.",
            "answer": "12 kg.",
            "evidence": ["Weight: 12 kg"],
        },
        {"instruction": "Outline the KX-200.", "answer": "It weighs 12 kg.", "evidence": []},
    ]
    with ScriptedEndpoint(by_prompt(study=items)) as server:
        found = run(tmp_path, dials(server.url, **ALONE, study=["teacher"]), [PUMP])
    assert [row.question for row in pairs(*found)] == ["Explain the KX-200."]
    assert {entry.record.get("question") for entry in rejects(*found)} >= {
        items[place]["instruction"] for place in (1, 2, 3)
    }


def test_a_study_prompt_of_ones_own_is_asked(tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    own.mkdir()
    (own / "study_teacher.en.md").write_text("Write a song about the text.")
    with ScriptedEndpoint(by_prompt(study=pieces)) as server:
        run(tmp_path / "store", dials(server.url, **ALONE, study=["teacher"], prompts=own), [PUMP])
    assert "Your task: Write a song about the text." in server.requests[-1].messages[0]["content"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_study_prompt_has_its_file(language: str) -> None:
    for name in GenerateConfig().study:
        text = (PROMPTS / f"study_{name}.{language}.md").read_text()
        assert len(text) > 30
        assert bool(re.search("[一-龥]", text)) == (language == "zh")


def test_a_piece_that_tells_a_control_fact_is_left_out(tmp_path: Path) -> None:
    told = {"12 kg": "Weight: 12 kg", "3.5 bar": "Pressure: 3.5 bar"}
    facts = [
        {"subject": "KX-200", "claim": f"It has {value}.", "value": value, "aliases": [], "evidence": [quote]}
        for value, quote in told.items()
    ]
    study = [
        {"instruction": f"Write {value} about the KX-200.", "answer": f"It has {value}.", "evidence": [quote]}
        for value, quote in told.items()
    ]
    probes = [{"fact": number, "paraphrases": ["Say what a KX-200 has."], "distractors": []} for number in (1, 2)]
    held_back = {"probes": {"unanswerable": 0, "control_share": 0.5, "paraphrases": 1}}
    with ScriptedEndpoint(by_prompt(facts=facts, study=study, probes=probes)) as server:
        store, outcome = run(
            tmp_path,
            dials(server.url, **ALONE | held_back | {"strategies": ["facts", "study"]}, study=["teacher"]),
            [PUMP],
        )
    controls = {fact.value: fact.control for fact in read_jsonl(store.path(outcome.ref) / "facts.jsonl", Fact)}
    assert sorted(controls.values()) == [False, True]
    (row,) = pairs(store, outcome)
    assert not any(value in row.answer for value, control in controls.items() if control)
