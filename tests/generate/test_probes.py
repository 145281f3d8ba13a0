"""What is held out stays out, and can be answered by those alone who know."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import Fact, Probe, QAPair, Quote, Reject, Section, short_id
from tasks.generate.config import GenerateConfig
from tasks.generate.drafts import Drafts
from tasks.generate.probing.choice import distractors, offer
from tasks.generate.probing.controls import Controls, control_share
from tasks.generate.probing.invented import unanswerable
from tasks.generate.taught import Taught
from tasks.models.language.match import normalise
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import PUMP, SECTIONS, TANK, dials, probes, rejects, run, section
from tests.generate.teachers import by_prompt

WEIGHT = {
    "subject": "KX-200 pump",
    "claim": "The KX-200 pump weighs 12 kg.",
    "value": "12 kg",
    "aliases": [],
    "evidence": ["Weight: 12 kg"],
}
VOLUME = {
    "subject": "TX 型水箱",
    "claim": "TX 型水箱的容量是 120 升。",
    "value": "120 升",
    "aliases": [],
    "evidence": ["容量：120 升"],
}
ASKED: dict[str, Any] = {
    "fact": 1,
    "paraphrases": ["How heavy is the KX-200 pump?", "What must one lift who carries a KX-200 pump?"],
    "reversed_question": "Which pump weighs 12 kg?",
    "distractors": ["15 kg", "9 kg", "21 kg"],
    "false_premise": "Why does the KX-200 pump weigh 15 kg?",
}
QUESTIONS = {"fact": 1, "questions": ["What is the weight of the KX-200?"], "answer": "The KX-200 weighs 12 kg."}


def ask(
    root: Path, item: dict[str, Any], fact: dict[str, Any] = WEIGHT, source: Section = PUMP, **values: Any
) -> tuple[list[Probe], list[Reject]]:
    """The probes of one fact, and what was left out of them."""
    asked_by = ["TX 型水箱有多大？"] if source is TANK else QUESTIONS["questions"]
    answer = {**QUESTIONS, "questions": asked_by, "answer": fact["claim"]}
    with ScriptedEndpoint(by_prompt(facts=[fact], probes=[item], questions=[answer])) as server:
        asked = {"paraphrases": 1, "unanswerable": 0, **values}
        found = run(root, dials(server.url, heading_questions=False, probes=asked), [source])
    return probes(*found), rejects(*found)


def test_a_fact_is_asked_in_every_way(tmp_path: Path) -> None:
    found, left_out = ask(tmp_path, ASKED)
    by_kind = {probe.kind: probe for probe in found}
    assert set(by_kind) == {"paraphrase", "reversed", "choice", "false_premise"}
    assert by_kind["paraphrase"].question == "How heavy is the KX-200 pump?"
    assert (by_kind["reversed"].value, by_kind["reversed"].aliases) == ("KX-200 pump", ())
    choice = by_kind["choice"]
    stem, *options = choice.question.split("\n")
    assert stem == "What must one lift who carries a KX-200 pump?"
    assert sorted(choice.choices) == ["12 kg", "15 kg", "21 kg", "9 kg"]
    assert options == [f"{letter}. {option}" for letter, option in zip("ABCD", choice.choices, strict=True)]
    assert choice.answer in options
    assert choice.answer.endswith(". 12 kg")
    assert (by_kind["false_premise"].value, by_kind["false_premise"].premise) == ("12 kg", "15 kg")
    assert left_out == []


def test_chinese_facts_are_asked_in_every_way(tmp_path: Path) -> None:
    item = {
        "fact": 1,
        "paraphrases": ["TX 型水箱能装多少水？", "有人要给 TX 型水箱加满水，需要准备多少？"],
        "reversed_question": "哪种水箱的容量是 120 升？",
        "distractors": ["150 升", "90 升"],
        "false_premise": "TX 型水箱的容量为什么是 150 升？",
    }
    found, left_out = ask(tmp_path, item, VOLUME, TANK)
    assert Counter(probe.kind for probe in found) == dict.fromkeys(
        ("paraphrase", "reversed", "choice", "false_premise"), 1
    )
    assert {probe.language for probe in found} == {"zh"}
    assert left_out == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"paraphrases": ["Is the KX-200 pump 12kg?", *ASKED["paraphrases"]]}, "answer_in_question"),
        ({"paraphrases": [*ASKED["paraphrases"], "how heavy is a KX-200 pump"]}, "duplicate_probe"),
        ({"paraphrases": ["How heavy is it according to the text?", *ASKED["paraphrases"]]}, "points_at_text"),
        ({"paraphrases": ["KX-200 型水泵有多重？", *ASKED["paraphrases"]]}, "wrong_language"),
        ({"reversed_question": "Which pump is the heaviest?"}, "no_value"),
        ({"reversed_question": "Does the KX-200 pump weigh 12 kg?"}, "answer_in_question"),
        ({"distractors": ["12 kg", "15 kg", "9 kg"]}, "bad_distractor"),
        ({"distractors": ["15 metres", "15 kg", "9 kg"]}, "bad_distractor"),
        ({"distractors": ["15 kg"]}, "few_distractors"),
        ({"false_premise": "Why is the KX-200 pump so heavy?"}, "no_false_premise"),
        ({"false_premise": "Why does the KX-200 pump weigh 15 bar?"}, "no_false_premise"),
        ({"false_premise": "Why does the KX-200 pump weigh 15 kg and not 12 kg?"}, "answer_in_question"),
    ],
)
def test_what_proves_nothing_is_left_out(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    found, left_out = ask(tmp_path, {**ASKED, **change})
    assert [reject.reason for reject in left_out] == [reason]
    assert "paraphrase" in {probe.kind for probe in found}


def test_a_dial_that_is_off_saves_its_part_of_the_work(tmp_path: Path) -> None:
    seen: list[Request] = []

    def remember(request: Request) -> list[dict[str, Any]]:
        seen.append(request)
        return [ASKED]

    script = by_prompt(facts=[WEIGHT], probes=remember, questions=[QUESTIONS])
    with ScriptedEndpoint(script) as server:
        off = {"choice": False, "false_premise": False, "reversed": False, "unanswerable": 0}
        found = run(tmp_path, dials(server.url, heading_questions=False, probes=off), [PUMP])
    system, schema = seen[0].messages[0]["content"], str(seen[0].body["response_format"])
    for part in ("reversed_question", "distractors", "false_premise"):
        assert part not in system
        assert part not in schema
    assert "- paraphrases: 5 questions" in system
    assert {probe.kind for probe in probes(*found)} == {"paraphrase"}


def test_the_probes_are_frozen_by_a_digest(tmp_path: Path) -> None:
    script = by_prompt(facts=[WEIGHT], probes=[ASKED], questions=[QUESTIONS])
    with ScriptedEndpoint(script) as server:
        config = dials(server.url, heading_questions=False, probes={"unanswerable": 2})
        moved = PUMP.model_copy(update={"file": "moved.md", "document": "other"})
        found = [run(tmp_path / str(number), config, [each]) for number, each in enumerate((PUMP, moved))]
        facts = [store.manifest(outcome.ref).facts for store, outcome in found]
    assert facts[0]["probes"] == {"choice": 1, "false_premise": 1, "paraphrase": 2, "reversed": 1, "unanswerable": 2}
    assert facts[0]["probes_digest"] == facts[1]["probes_digest"]


def fact(subject: str, value: str, claim: str = "", start: int = 0) -> Fact:
    quote = Quote(text=f"{subject} {value}", section="s", start=start, end=start + 10)
    return Fact(
        id=short_id(subject, value),
        subject=subject,
        claim=claim or f"{subject}: {value}",
        value=value,
        evidence=(quote,),
    )


@pytest.mark.parametrize(
    ("value", "offered", "kept"),
    [
        ("1 year", "3 years", True),
        ("1 March 2026", "1 April 2026", True),
        ("一般纳税人", "小规模纳税人", True),
        ("万科公司", "恒山公司", True),
        ("1,500kg", "12 kg", True),
        ("RX-7", "the finance team", True),
        ("三年", "10个月", True),
        ("三年", "36个月", False),
        ("12 kg", "12 metres", False),
        ("12 kg", "red", False),
        ("3 bar", "1 March 2026", False),
    ],
)
def test_a_wrong_answer_is_of_the_right_ones_type(value: str, offered: str, kept: bool) -> None:
    found, _ = distractors(fact("Pump", value), [offered], [])
    assert found == ([offered] if kept else [])


def test_wrong_answers_come_from_other_facts_where_the_teacher_has_too_few() -> None:
    asked = fact("Pump", "12 kg")
    others = [fact("Tank", "80 kg"), fact("Pump", "14 kg"), fact("Valve", "3 bar"), fact("Frame", "7 kg")]
    found, refused = distractors(asked, ["14 kg", "11 kg", "red"], others)
    assert found == ["11 kg", "80 kg", "7 kg"]
    assert [value for value, _ in refused] == ["14 kg", "red"], "one is true of the pump, one is no weight"


def test_the_order_of_the_options_is_the_facts_own() -> None:
    facts = [fact(f"Pump {number}", "12 kg") for number in range(60)]
    places = [offer(each, "How heavy?", ["1 kg", "2 kg"])[2].index("12 kg") for each in facts]
    assert set(places) == {0, 1, 2}
    assert places == [offer(each, "How heavy?", ["1 kg", "2 kg"])[2].index("12 kg") for each in facts]


def test_controls_are_few_and_stay_while_the_corpus_grows() -> None:
    config = GenerateConfig()
    assert control_share(config, 10) == 0, "three facts would be lost to measure nothing"
    shares = [control_share(config, sections) for sections in (30, 60, 100, 1_000, 20_000)]
    assert shares[0] == 0.02
    assert shares == sorted(shares, reverse=True)
    assert all(share * 10 * sections <= 20 for share, sections in zip(shares, (30, 60, 100, 1000, 20000), strict=True))
    assert {0.02 / share for share in shares} <= {2.0**power for power in range(12)}, "the smaller share is within"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"answer": "Whatever.", "fact": "control"}, True),
        ({"answer": "The pump weighs 12 kg, the tank 80 kg."}, True),
        ({"answer": "It is red.", "context": "Pump: 12 kg, red"}, True),
        ({"answer": "It holds 12 kg of salt."}, False),
        ({"answer": "A summary of it all.", "kind": "study", "start": 5}, True),
        ({"answer": "It is built for 3 bar.", "start": 5}, False),
        ({"answer": "It is built for 3 bar and weighs 12 kg.", "start": 5}, True),
        ({"answer": "Yes.", "turns": ({"role": "user", "content": "Has the pump 12 kg?"},)}, True),
    ],
)
def test_no_row_tells_a_control_fact(row: dict[str, Any], told: bool) -> None:
    control = fact("pump", "12 kg").model_copy(update={"id": "control"})
    start = row.pop("start", 50)
    evidence = (Quote(text="x" * 10, section="s", start=start, end=start + 10),)
    pair = QAPair(**{"id": "r", "fact": "f", "question": "What of it?", "evidence": evidence, **row})
    assert Controls([control, fact("Tank", "70 kg")]).told(pair) == (control if told else None)


@pytest.mark.parametrize(
    ("subject", "value", "answer", "told"),
    [
        ("The KX-200", "12 kg", "A KX-200 weighs 12 kilograms.", True),
        ("The KX-200", "12 kg", "A KX-200 weighs 12 g.", False),
        ("The KX-200", "12 kg", "A KX-300 weighs 12 kg.", False),
        ("TX 型水箱", "两年", "TX型水箱保修2年。", True),
        ("TX 型水箱", "两年", "TX型水箱保修2天。", False),
    ],
)
def test_a_control_is_told_by_another_document_too(
    subject: str, value: str, answer: str, told: bool, tmp_path: Path
) -> None:
    control = fact(subject, value).model_copy(update={"control": True})
    other = QAPair(id="r", fact="f", question="What of it?", answer=answer)
    own = other.model_copy(update={"id": "o", "kind": "own", "fact": "o"})
    left_out: list[tuple[str, str]] = []
    drafts = Drafts(tmp_path / "drafts.sqlite")
    drafts.add(Taught([], [own]))
    drafts.add(Taught([control], [other]))
    drafts.keep_apart(lambda reason, record, detail: left_out.append((reason, record.id)))  # type: ignore[union-attr]
    assert left_out == ([("control_fact", "o"), ("control_fact", "r")] if told else [])
    assert drafts.count("pairs") == (0 if told else 2)
    drafts.close()


def test_unanswerable_questions_are_about_nothing_in_the_documents() -> None:
    found = unanswerable(40, lambda: SECTIONS, seed=1)
    assert Counter(probe.language for probe in found) == {"en": 20, "zh": 20}
    assert len({probe.question for probe in found}) == 40
    assert {(probe.kind, probe.value) for probe in found} == {("unanswerable", "")}
    assert {probe.answer for probe in found} == {"I do not have that information.", "我没有这方面的信息。"}
    assert found == unanswerable(40, lambda: SECTIONS, seed=1)
    assert found != unanswerable(40, lambda: SECTIONS, seed=2)


def test_an_invented_name_that_a_document_has_is_not_used() -> None:
    first = unanswerable(1, lambda: [PUMP], seed=3)[0]
    taken = section(f"We sell it: {first.question}", "Catalogue")
    again = unanswerable(1, lambda: iter([taken]), seed=3)[0]
    assert normalise(first.question) != normalise(again.question)


def test_unanswerable_questions_speak_the_documents_languages() -> None:
    assert {probe.language for probe in unanswerable(6, lambda: [TANK], seed=0)} == {"zh"}
    assert unanswerable(6, list, seed=0) == []


def row(key: str, question: str) -> QAPair:
    return QAPair(id=short_id(key, question), fact=key, question=question, answer="It is 12.", value="12")


def probe(key: str, question: str) -> Probe:
    return Probe(id=short_id(key, question), fact=key, kind="wording", question=question, answer="It is 12.")


def test_a_row_that_asks_what_a_probe_asks_is_left_out(tmp_path: Path) -> None:
    left_out: list[tuple[str, str]] = []
    drafts = Drafts(tmp_path / "drafts.sqlite")
    drafts.add(
        Taught(
            [],
            [
                row("1", "Weight of A-1?"),
                row("1", "Is A-1 1.0 kg?"),
                row("2", "is Ａ1 1kg"),
                row("1", "Weight of A-1?"),
            ],
            [probe("1", "Is A-1 1.0 kg?"), probe("2", "What does B weigh?"), probe("1", "Is A-1 1.0 kg?")],
        )
    )
    drafts.keep_apart(lambda reason, record, detail: left_out.append((reason, record.question)))  # type: ignore[union-attr]
    assert [pair.question for pair in drafts.pairs()] == ["Weight of A-1?"]
    assert [probe.question for probe in drafts.probes()] == ["Is A-1 1.0 kg?"]
    assert left_out == [
        ("probe_leak", "Is A-1 1.0 kg?"),
        ("probe_leak", "is Ａ1 1kg"),
        ("duplicate_row", "Weight of A-1?"),
        ("untrained_probe", "What does B weigh?"),
        ("duplicate_probe", "Is A-1 1.0 kg?"),
    ]
    drafts.close()
