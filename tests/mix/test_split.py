"""What is trained and what validates."""

from __future__ import annotations

from artifacts.records import Origin, QAPair, Quote, Section
from tasks.mix.split import groups, validation_documents
from tests.mix.conftest import Run, Save, chats, pairs, said


def pair(name: str, fact: str, document: str, *evidence: str) -> QAPair:
    quotes = tuple(Quote(text="x", section=section) for section in evidence)
    return QAPair(
        id=name, fact=fact, question=f"Q{name}?", answer="A.", evidence=quotes, origin=Origin(document=document)
    )


def test_documents_that_share_a_fact_are_one_group() -> None:
    rows = [pair("1", "a", "A"), pair("2", "a", "B"), pair("3", "b", "B"), pair("4", "b", "C"), pair("5", "c", "D")]
    rows += [pair("6", "own", ""), pair("7", "own", "")]
    assert sorted(map(sorted, groups(rows))) == [["A", "B", "C"], ["D"], ["own"]]


def test_a_fact_in_several_documents_is_whole_on_one_side(mixed: Run) -> None:
    rows = [pair(f"{n}-{copy}", f"fact {n}", f"doc {n} {copy}") for n in range(20) for copy in range(3)]
    result = mixed(rows, validation_share=0.2)
    assert len(result.validation) == 12
    assert not {row.fact for row in result.validation} & {row.fact for row in result.train}
    assert len(result.manifest.facts["validation_documents"]) == 12


def test_one_group_of_all_documents_holds_nothing_out() -> None:
    rows = [pair(str(n), "same", f"doc {n}") for n in range(9)]
    assert validation_documents(rows, 0.3, 0) == set()


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
