"""What is held out stays out."""

from __future__ import annotations

from collections import Counter

from artifacts.records import Probe, QAPair, short_id
from tasks.generate.probes import hold_out, keep_apart, unanswerable
from tasks.generate.taught import Taught
from tasks.models.match import normalise
from tests.generate.school import PUMP, SECTIONS, TANK, section

WORDINGS = ["a?", "b?", "c?", "d?"]


def test_the_wording_that_is_held_out_depends_on_the_fact_alone() -> None:
    facts = [short_id(number) for number in range(400)]
    held = Counter(hold_out(fact, WORDINGS)[0] for fact in facts)
    assert set(held) == set(WORDINGS)
    assert min(held.values()) > 60
    assert hold_out(facts[0], WORDINGS) == hold_out(facts[0], WORDINGS)


def test_the_others_are_trained() -> None:
    held, trained = hold_out(short_id("fact"), WORDINGS)
    assert sorted([str(held), *trained]) == WORDINGS


def test_an_only_wording_is_trained() -> None:
    assert hold_out(short_id("fact"), ["a?"]) == (None, ["a?"])


def test_unanswerable_questions_are_about_nothing_in_the_documents() -> None:
    probes = unanswerable(40, SECTIONS, seed=1)
    assert Counter(probe.language for probe in probes) == {"en": 20, "zh": 20}
    assert len({probe.question for probe in probes}) == 40
    assert {(probe.kind, probe.value) for probe in probes} == {("unanswerable", "")}
    assert {probe.answer for probe in probes} == {"I do not have that information.", "我没有这方面的信息。"}
    assert probes == unanswerable(40, SECTIONS, seed=1)
    assert probes != unanswerable(40, SECTIONS, seed=2)


def test_an_invented_name_that_a_document_has_is_not_used() -> None:
    first = unanswerable(1, [PUMP], seed=3)[0]
    taken = section(f"We sell it: {first.question}", "Catalogue")
    again = unanswerable(1, [taken], seed=3)[0]
    assert normalise(first.question) != normalise(again.question)


def test_unanswerable_questions_speak_the_documents_languages() -> None:
    assert {probe.language for probe in unanswerable(6, [TANK], seed=0)} == {"zh"}
    assert unanswerable(6, [], seed=0) == []


def row(fact: str, question: str) -> QAPair:
    return QAPair(id=short_id(fact, question), fact=fact, question=question, answer="It is 12.", value="12")


def probe(fact: str, question: str) -> Probe:
    return Probe(id=short_id(fact, question), fact=fact, kind="wording", question=question, answer="It is 12.")


def test_a_row_that_asks_what_a_probe_asks_is_left_out() -> None:
    left_out: list[tuple[str, str]] = []
    taught = Taught(
        [row("1", "Weight of A-1?"), row("1", "Is A-1 1.0 kg?"), row("2", "is Ａ1 1kg"), row("1", "Weight of A-1?")],
        [probe("1", "Is A-1 1.0 kg?"), probe("2", "What does B weigh?"), probe("1", "Is A-1 1.0 kg?")],
    )
    kept = keep_apart(taught, lambda reason, record, detail: left_out.append((reason, record.question)))  # type: ignore[union-attr]
    assert [pair.question for pair in kept.pairs] == ["Weight of A-1?"]
    assert [probe.question for probe in kept.probes] == ["Is A-1 1.0 kg?"]
    assert left_out == [
        ("probe_leak", "Is A-1 1.0 kg?"),
        ("probe_leak", "is Ａ1 1kg"),
        ("duplicate_row", "Weight of A-1?"),
        ("untrained_probe", "What does B weigh?"),
        ("duplicate_probe", "Is A-1 1.0 kg?"),
    ]
