"""What is trained and what validates."""

from __future__ import annotations

from itertools import chain, count

import pytest

from artifacts.records import Fact, Origin, QAPair, Quote, Section
from tasks.mix.split import Groups, validation_documents
from tasks.models.language.telling import tells
from tests.mix.conftest import Run, Save, chats, pairs, said


def pair(name: str, fact: str, document: str, *evidence: str) -> QAPair:
    quotes = tuple(Quote(text="x", section=section) for section in evidence)
    return QAPair(
        id=name, fact=fact, question=f"Q{name}?", answer="A.", evidence=quotes, origin=Origin(document=document)
    )


def test_documents_that_share_a_fact_are_one_group() -> None:
    rows = [pair("1", "a", "A"), pair("2", "a", "B"), pair("3", "b", "B"), pair("4", "b", "C"), pair("5", "c", "D")]
    rows += [pair("6", "own", ""), pair("7", "own", "")]
    groups = Groups(rows)
    assert shape(groups) == [(["A", "B", "C"], 4), (["D"], 1), (["own"], 2)]
    groups.join_tellers([("D", "x"), ("own", "x"), ("A", "x"), ("no rows", "x")], most=3)
    assert shape(groups) == [(["A", "B", "C"], 4), (["D", "own"], 3)]


def shape(groups: Groups) -> list[tuple[list[str], int]]:
    return sorted((sorted(names), groups.rows(root)) for root, names in groups.all().items())


def test_a_fact_in_several_documents_is_whole_on_one_side(mixed: Run) -> None:
    rows = [pair(f"{n}-{copy}", f"fact {n}", f"doc {n} {copy}") for n in range(20) for copy in range(3)]
    result = mixed(rows, validation_share=0.2)
    assert len(result.validation) == 12
    assert not {row.fact for row in result.validation} & {row.fact for row in result.train}
    assert len(result.manifest.facts["validation_documents"]) == 12


def test_one_group_of_all_documents_holds_nothing_out() -> None:
    rows = [pair(str(n), "same", f"doc {n}") for n in range(9)]
    assert validation_documents(rows, [], {row.id: {row.fact} for row in rows}, 0.3, 0) == set()


def test_a_row_that_draws_on_both_sides_is_on_none(mixed: Run) -> None:
    given = pairs(60)
    sections = tuple(
        Section(id=f"of {name}", document=name, file=name, text="t") for name in {row.origin.document for row in given}
    )
    held_out = mixed(given, validation_share=0.2).manifest.facts["validation_documents"]
    taught = sorted({row.origin.document for row in given} - set(held_out))
    hops = [
        pair("both", "h1", taught[0], f"of {taught[0]}", f"of {held_out[0]}"),
        pair("one", "h2", taught[0], f"of {taught[0]}", f"of {taught[1]}"),
    ]
    result = mixed([*given, *hops], sections=sections, validation_share=0.2)
    assert held_out == result.manifest.facts["validation_documents"]
    (reject,) = result.rejects
    assert (reject.reason, reject.record["id"]) == ("spans_split", "both")
    assert "one" in {row.id for row in result.train}


def test_validation_asks_nothing_that_training_asks(mixed: Run, save: Save) -> None:
    given = pairs(60)
    held_out = set(mixed(given, validation_share=0.2).manifest.facts["validation_documents"])
    unseen = next(row for row in given if row.origin.document in held_out)
    taught = next(row for row in given if row.origin.document not in held_out)
    same = [row.model_copy(update={"question": taught.question.upper()}) if row == unseen else row for row in given]
    result = mixed(same, validation_share=0.2)
    assert [(reject.reason, reject.record["id"]) for reject in result.rejects] == [("asked_in_training", unseen.id)]
    assert unseen.id not in {row.id for row in result.validation}


def test_general_rows_with_one_question_are_on_one_side(mixed: Run, save: Save) -> None:
    twice = [
        {"messages": [said("user", f"Say {n}{mark}"), said("assistant", f"{n} {mark}")]}
        for n in range(200)
        for mark in ".!"
    ]
    result = mixed(pairs(300), save("g.jsonl", [*twice, *chats(0)]), validation_share=0.3, retention_rows=0)
    trained = {row.messages[0]["content"][:-1] for row in result.general()}
    validated = {row.messages[0]["content"][:-1] for row in result.validation if row.source == "g"}
    assert trained
    assert validated
    assert not trained & validated
    assert not [reject for reject in result.rejects if reject.reason == "asked_in_training"]


PUMPS = [f"{name} pump" for name in ("Arne", "Bax", "Byrd", "Elgar", "Finzi", "Holst", "Parry", "Purcell")]


def told_twice(name: str, place: int) -> tuple[list[QAPair], list[Fact]]:
    """A pump's weight, in its own document and in a table of all pumps, and a warranty that stands in its own alone."""
    weight, made = f"{978 + place} kg", []
    for number, (document, value) in enumerate(((name, weight), ("fleet", weight), (name, f"{20 + place} months"))):
        fact = Fact(id=f"{name} {number}", subject=f"The {name}", claim=f"It has {value}.", value=value)
        row = pair(f"row {fact.id}", fact.id, document)
        made.append(
            (row.model_copy(update={"question": f"The {name}, point {number}?", "answer": f"It has {value}."}), fact)
        )
    return [row for row, _ in made], [fact for _, fact in made]


@pytest.mark.parametrize("seed", range(7))
def test_a_fact_of_two_documents_in_two_forms_is_on_one_side(mixed: Run, seed: int) -> None:
    rows, facts = (list(chain(*each)) for each in zip(*map(told_twice, PUMPS, count()), strict=True))
    table = "\n".join(f"| {name} | {978 + place} kg |" for place, name in enumerate(PUMPS))
    sections = [Section(id="fleet", document="fleet", file="fleet.md", text=table)]
    for place, name in enumerate(PUMPS):
        text = f"Weight: {978 + place} kg\n\nWarranty: {20 + place} months"
        sections.append(Section(id=name, document=name, file="f.md", headings=(name,), text=text))
    result = mixed(
        rows, facts=tuple(facts), sections=tuple(sections), validation_share=0.3, documents=1.0, seed=seed
    )  # fmt: skip
    trained = "\n".join(f"{row.messages[0]['content']} {row.messages[1]['content']}\n" for row in result.train)
    for row in result.validation:
        told = next(fact for fact in facts if fact.id == row.fact)
        assert not [text for text in trained.split("\n\n") if tells(text, told)]
    assert result.validation, "what training does not tell is left"
    lost = [reject.record["fact"] for reject in result.rejects if reject.reason == "told_in_training"]
    assert lost
    assert not set(lost) & {row.fact for row in result.validation}


def test_versions_of_a_document_validate_together_and_a_prompts_context_tells_nothing(mixed: Run) -> None:
    rows, facts = [], []
    for number in range(20):
        for version in "ab":
            fact = Fact(id=f"{version}{number}", subject=f"Pump {number}", claim="c", value=f"{number} kg")
            row = pair(fact.id, fact.id, f"{version} of {number // 2}")
            facts.append(fact)
            rows.append(row.model_copy(update={"answer": f"Pump {number} has {number} kg.", "context": CONTEXT}))
    result = mixed(rows, facts=tuple(facts), validation_share=0.2)
    held_out = result.manifest.facts["validation_documents"]
    assert {name[2:] for name in held_out if name[0] == "a"} == {name[2:] for name in held_out if name[0] == "b"}
    assert (len(result.validation), result.rejects) == (8, [])


CONTEXT = " ".join(f"Pump {number} has {number} kg." for number in range(20))
