"""Questions over two sections, and which sections are joined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from artifacts.records import Fact, Section
from tasks.generate.strategies.multihop import PAIRS_AN_ENTITY, entities, pairs
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import dials, rejects, run, section
from tests.generate.school import pairs as rows_of
from tests.generate.teachers import Items, by_prompt, prompt_of

ALONE = {"heading_questions": False, "probes": {"unanswerable": 0, "control_share": 0, "paraphrases": 0}}
PUMP = section("The KX-200 weighs 12 kg.", "Pumps", file="pumps.md")
CRANE = section("The crane lifts any KX-200 in hall 3.", "Cranes", file="cranes.md")
LEAVE = section("A senior gets 25 days of leave.", "Leave", file="leave.md")
FACTS = {
    "weighs 12 kg": ("KX-200", "12 kg", "The KX-200 weighs 12 kg."),
    "in hall 3": ("Crane", "hall 3", "The crane lifts any KX-200 in hall 3."),
    "days of leave": ("Senior", "25 days", "A senior gets 25 days of leave."),
}
WHERE = {
    "question": "Where is a pump of 12 kg lifted?",
    "answer": "The KX-200, which weighs 12 kg, is lifted in hall 3.",
    "short_answer": "hall 3",
    "evidence_1": ["The KX-200 weighs 12 kg."],
    "evidence_2": ["The crane lifts any KX-200 in hall 3."],
}


def facts(request: Request) -> Items:
    """The fact of the section that is shown."""
    return [
        {"subject": subject, "claim": claim, "value": value, "aliases": [], "evidence": [claim]}
        for words, (subject, value, claim) in FACTS.items()
        if words in request.prompt
    ]


def held(root: Path, sections: Sequence[Section], *items: dict[str, Any], **values: Any) -> tuple[Any, list[Request]]:
    with ScriptedEndpoint(by_prompt(facts=facts, multihop=list(items))) as server:
        found = run(root, dials(server.url, strategies=["multihop"], **{**ALONE, **values}), sections)
    return found, [request for request in server.requests if prompt_of(request) == "multihop"]


def test_sections_that_name_the_same_thing_are_asked_about_together(tmp_path: Path) -> None:
    found, asked = held(tmp_path, [PUMP, CRANE, LEAVE], WHERE)
    (request,) = asked
    assert PUMP.text in request.prompt
    assert CRANE.text in request.prompt
    assert LEAVE.text not in request.prompt
    (row,) = rows_of(*found)
    assert (row.kind, row.question, row.value) == ("multihop", WHERE["question"], "hall 3")
    assert {quote.section for quote in row.evidence} == {PUMP.id, CRANE.id}
    assert row.origin.section in (PUMP.id, CRANE.id)


def test_an_answer_that_one_section_proves_is_left_out(tmp_path: Path) -> None:
    one = {**WHERE, "question": "Where does the crane lift the KX-200?", "evidence_1": WHERE["evidence_2"]}
    heading = {**WHERE, "question": "Where are pumps lifted?", "evidence_1": ["Pumps"], "evidence_2": ["Cranes"]}
    invented = {**WHERE, "question": "Who lifts?", "evidence_1": [*WHERE["evidence_1"], "Everybody lifts it."]}
    found, _ = held(tmp_path, [PUMP, CRANE], WHERE, one, heading, invented)
    assert [row.question for row in rows_of(*found)] == [WHERE["question"]]
    assert sorted(entry.reason for entry in rejects(*found)) == ["evidence_not_in_section", "one_hop", "one_hop"]


def test_chinese_sections_are_joined_by_a_name(tmp_path: Path) -> None:
    where = [
        section("杭州工厂生产 TX 型水箱。", "生产", language="zh", file="生产.md"),
        section("杭州工厂的厂长是李敏。", "人员", language="zh", file="人员.md"),
    ]
    known = [
        {
            "subject": "TX 型水箱",
            "claim": where[0].text,
            "value": "杭州工厂",
            "aliases": [],
            "evidence": [where[0].text],
        },
        {"subject": "杭州工厂", "claim": where[1].text, "value": "李敏", "aliases": [], "evidence": [where[1].text]},
    ]
    item = {
        "question": "生产 TX 型水箱的工厂由谁任厂长？",
        "answer": "TX 型水箱由杭州工厂生产，杭州工厂的厂长是李敏。",
        "short_answer": "李敏",
        "evidence_1": [where[0].text],
        "evidence_2": [where[1].text],
    }
    script = by_prompt(
        facts=lambda request: [fact for fact in known if fact["claim"] in request.prompt], multihop=[item]
    )
    with ScriptedEndpoint(script) as server:
        found = run(tmp_path, dials(server.url, strategies=["multihop"], **ALONE), where)
    assert [(row.language, row.value) for row in rows_of(*found)] == [("zh", "李敏")]


def test_an_edit_and_a_new_document_cost_their_own_pairs_alone(tmp_path: Path) -> None:
    def texts(number: int, **edited: str) -> list[Section]:
        """So many sections that name one pump, and as many that name nothing."""
        names = [f"Part {place}" for place in range(number)]
        named = [edited.get(name.replace(" ", ""), f"{name} needs the KX-200.") for name in names]
        needing = [section(text, name, file=f"{name}.md") for name, text in zip(names, named, strict=True)]
        return [*needing, *(section(f"Nothing but {place}.", file=f"{place}.md") for place in range(number))]

    def fact_of(request: Request) -> Items:
        lines = [line for line in request.prompt.splitlines() if "KX-200" in line]
        return [
            {"subject": "KX-200", "claim": line, "value": "KX-200", "aliases": [], "evidence": [line]} for line in lines
        ]

    def asked(sections: list[Section]) -> list[str]:
        rows = [{"fact": 1, "questions": ["Which pump does every part need?"], "answer": "The KX-200."}]
        with ScriptedEndpoint(by_prompt(facts=fact_of, questions=rows, multihop=[])) as server:
            config = dials(server.url, strategies=["facts", "multihop"], teacher={"identity": "same"}, **ALONE)
            run(tmp_path, config, sections)
        return [request.prompt for request in server.requests if prompt_of(request) == "multihop"]

    assert len(asked(texts(8))) == PAIRS_AN_ENTITY
    assert asked(texts(8)) == []
    for edited in range(8):
        assert all("wants" in prompt for prompt in asked(texts(8, **{f"Part{edited}": "This wants the KX-200 too."})))
    assert all("Part 8" in prompt for prompt in asked(texts(9)))
    assert all("Part 8" not in prompt for prompt in asked(texts(8)))


def test_pairs_are_few_apart_and_rare_first() -> None:
    places = {f"s{number}": f"place {number}" for number in range(40)} | {"twin": "place 0"}
    rare, often = ["s1", "s2"], [f"s{number}" for number in range(10)]
    everywhere = list(places)
    found = pairs([rare, often, everywhere], places, most=100, seed=0)
    assert found[0] == ("s1", "s2")
    assert 1 + PAIRS_AN_ENTITY >= len(found) >= PAIRS_AN_ENTITY
    assert {section for pair in found for section in pair} <= set(often)
    assert pairs([rare, often], places, most=1, seed=0) == [("s1", "s2")]
    assert pairs([["s0", "twin"]], places, most=100, seed=0) == []
    assert pairs([rare, often], places, most=100, seed=0) != pairs([rare, often], places, most=100, seed=1)


def test_what_a_fact_names() -> None:
    def named(subject: str, value: str, claim: str = "") -> set[str]:
        return entities(Fact(id="1", subject=subject, claim=claim, value=value))

    assert named("KX-200 pump", "12 kg") == {"kx200 pump", "kx200"}
    assert named("Crane", "Hall of Tides") == {"crane", "hall of tides"}
    assert named("Leave", "25 days", "It is kept in SAP-4.") == {"leave", "sap4"}
    assert named("水箱", "杭州工厂") == {"水 箱", "杭 州 工 厂"}
    assert named("", "approved by the manager.") == set()
