"""How many rows an epoch has, of what, and in which order."""

from __future__ import annotations

from collections import Counter
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from artifacts.records import Conversation, Section
from artifacts.stage import StageError
from tasks.mix.draw import spread
from tasks.models.config import EMBEDDED_FOLDER
from tasks.models.tokens import counter, tokenizer_file
from tests.mix.conftest import Mixed, Run, Save, chats, pairs, said


def exposures(rows: list[Conversation]) -> set[int]:
    return set(Counter(row.fact for row in rows).values())


def texts(count: int, *, language: str = "en") -> tuple[Section, ...]:
    return tuple(
        Section(
            id=f"s{n}", document=f"document {n}", file=f"{n}.md", headings=("A",), text=f"Text {n}.", language=language
        )
        for n in range(count)
    )


@pytest.mark.parametrize(("wanted", "each_wording"), [(2, {1}), (3, {1}), (7, {2, 3})])
def test_each_fact_is_shown_as_often_as_the_dial_says(mixed: Run, wanted: int, each_wording: set[int]) -> None:
    result = mixed(pairs(30), exposures=wanted, validation_share=0)
    assert exposures(result.domain()) == {wanted}
    assert set(Counter(row.id for row in result.domain()).values()) == each_wording
    assert result.manifest.facts["exposures"] == {"min": wanted, "mean": wanted, "max": wanted}
    told = f"an epoch shows each of 10 facts {wanted} times, in up to {min(3, wanted)} wordings"
    assert told in result.manifest.notes


def test_without_a_dial_each_wording_comes_once(mixed: Run) -> None:
    result = mixed([*pairs(30), *pairs(4, language="zh", wordings=1)], validation_share=0)
    assert len(result.domain()) == 34
    assert result.manifest.facts["exposures"] == {"min": 1, "mean": 2.43, "max": 3}


def test_a_number_of_rows_is_met_and_shared_evenly_over_the_facts(mixed: Run, save: Save) -> None:
    path = save("g.jsonl", chats(400))
    more = mixed(pairs(30), path, rows=300, validation_share=0)
    assert (len(more.train), len(more.domain())) == (300, 90)
    assert exposures(more.domain()) == {9}
    fewer = mixed(pairs(30), path, rows=50, domain_share=0.5, validation_share=0)
    assert (len(fewer.train), len(fewer.domain())) == (50, 25)
    assert exposures(fewer.domain()) == {2, 3}
    assert "an epoch shows each of 10 facts 2 to 3 times, in up to 3 wordings" in fewer.manifest.notes


def test_facts_that_get_no_row_are_told(mixed: Run, save: Save) -> None:
    result = mixed(pairs(60), save("g.jsonl", chats(400)), rows=50, validation_share=0)
    (note,) = (note for note in result.manifest.notes if "an epoch shows" in note)
    assert note.endswith("; 5 facts have no row, so raise mix.rows or mix.tokens")
    assert result.manifest.counts["not_drawn"] == 45


def test_questions_of_no_single_fact_are_told_apart(mixed: Run, save: Save) -> None:
    study = [row.model_copy(update={"kind": "study"}) for row in pairs(4, language="zh", wordings=1)]
    general = save("g.jsonl", chats(400))
    result = mixed([*pairs(6), *study], general, rows=60, validation_share=0)
    assert (
        result.manifest.facts["exposures"]
        == result.manifest.facts["other_exposures"]
        == {"min": 3, "mean": 3, "max": 3}
    )
    assert "an epoch shows each of 2 facts 3 times, in up to 3 wordings, and each of 4 other questions 3 times" in (
        result.manifest.notes
    )
    once = mixed(study, exposures=1, validation_share=0.3)
    assert "an epoch shows each of 3 other questions once" in once.manifest.notes
    assert any(note.startswith("1 other questions are not trained") for note in once.manifest.notes)
    assert "exposures" not in once.manifest.facts


def test_a_number_of_tokens_is_met(mixed: Run, save: Save) -> None:
    count = counter(tokenizer_file(str(EMBEDDED_FOLDER)))

    def tokens(rows: list[Conversation]) -> int:
        return sum(sum(count([message["content"] for message in row.messages])) for row in rows)

    both = [*pairs(30), *pairs(30, language="zh")]
    general = save("g.jsonl", [*chats(400), *chats(400, language="zh")])
    result = mixed(both, general, tokens=4000, tokenizer="embedded", validation_share=0)
    assert 3970 < tokens(result.train) <= 4020
    assert 0.29 < tokens(result.domain()) / tokens(result.train) < 0.31
    times = Counter(row.fact for row in result.domain()).values()
    assert max(times) - min(times) <= 1
    assert "tokenizer" in result.manifest.outside


def test_exposures_and_rows_leave_the_share_to_follow(mixed: Run, save: Save) -> None:
    path = save("g.jsonl", chats(400))
    result = mixed(pairs(30), path, exposures=6, rows=120, validation_share=0)
    assert (len(result.train), len(result.domain())) == (120, 60)
    (note,) = (note for note in result.manifest.notes if "share" in note)
    assert note == (
        "mix.exposures and mix.rows leave a domain share of 0.50, outside 0.2 to 0.4, where most mixes are; "
        "mix.domain_share is not used"
    )
    with pytest.raises(
        StageError, match=r"6 exposures of each fact are 60 rows of .* mix\.rows is 50; raise it to 200"
    ):
        mixed(pairs(30), path, exposures=6, rows=50, validation_share=0)


def test_too_few_general_rows_for_a_number_are_told(mixed: Run, save: Save) -> None:
    path = save("g.jsonl", chats(20))
    result = mixed(pairs(30), path, rows=100, validation_share=0, retention_rows=0)
    assert len(result.train) == 50
    assert any("there are 20 general rows where 70 are needed" in note for note in result.manifest.notes)
    again = mixed(pairs(30), path, rows=100, validation_share=0, retention_rows=0, repeat_general=True)
    assert len(again.train) == 100


def test_rows_that_come_again_are_spread_over_the_epoch(mixed: Run, save: Save) -> None:
    rows = mixed(pairs(30), save("g.jsonl", chats(400)), exposures=6, validation_share=0).train
    for fact in {row.fact for row in rows if row.fact}:
        places = [(place, row.id) for place, row in enumerate(rows) if row.fact == fact]
        even = len(rows) / 6
        gaps = [later - earlier for (earlier, _), (later, _) in pairwise(places)]
        assert max(gaps) < even * 1.5
        assert len({name for _, name in places[:3]}) == 3, "each wording once before one comes again"


@pytest.mark.parametrize(("documents", "expected"), [(1.0, 30), (0.5, 15), (2.0, 60)])
def test_documents_stand_beside_the_questions_one_for_one(
    mixed: Run, save: Save, documents: float, expected: int
) -> None:
    path = save("g.jsonl", chats(600))
    result = mixed(pairs(30), path, sections=texts(5), documents=documents, validation_share=0)
    assert result.manifest.counts["documents"] == expected
    assert Counter(row.source for row in result.train)["documents"] == expected
    assert exposures([row for row in result.train if row.source == "documents"]) == {expected // 5}
    assert result.manifest.facts["domain_share"] == pytest.approx(0.3, abs=0.01)


def test_documents_count_among_a_number_of_rows(mixed: Run, save: Save) -> None:
    path = save("g.jsonl", chats(400))
    result = mixed(pairs(30), path, sections=texts(5), documents=1.0, rows=200, validation_share=0)
    assert Counter(row.source for row in result.train) == {"domain": 30, "documents": 30, "g": 140}


def test_questions_come_first_where_the_curriculum_says_so(mixed: Run, save: Save) -> None:
    dials = {"sections": texts(10), "documents": 1.0, "exposures": 4, "validation_share": 0}
    path = save("g.jsonl", chats(400))
    result = mixed(pairs(30), path, curriculum="qa_first", **dials)
    rows = result.train
    first = next(place for place, row in enumerate(rows) if row.source == "documents")
    before, after = rows[:first], rows[first:]
    assert Counter(row.source for row in before)["domain"] == 20
    assert exposures([row for row in before if row.fact]) == {2}, "half of each fact"
    assert Counter(row.source for row in after)["domain"] == 20
    share = Counter(row.source for row in before)["g"] / len(before)
    assert share == pytest.approx(0.7, abs=0.02), "general rows keep their share of both parts"
    assert result.manifest.facts["ordered"] is True
    plain = mixed(pairs(30), path, **dials)
    assert "ordered" not in plain.manifest.facts
    assert Counter(row.id for row in plain.train) == Counter(row.id for row in rows)


def test_the_last_batches_of_a_curriculum_are_mixed(mixed: Run, save: Save) -> None:
    rows = mixed(
        pairs(60),
        save("g.jsonl", chats(400)),
        sections=texts(20),
        documents=1.0,
        curriculum="qa_first",
        validation_share=0,
    ).train
    runs = [len(list(run)) for _, run in groupby(rows, key=lambda row: row.source)]
    assert max(runs) < len(rows) / 8


def test_temperature_levels_the_sizes_of_sources(mixed: Run, save: Save) -> None:
    large, small = save("large.jsonl", chats(900)), save("small.jsonl", chats(100, start=900))

    def given(**dials: float) -> Counter[str]:
        result = mixed(pairs(30), large, small, validation_share=0, retention_rows=0, **dials)
        return Counter(row.source for row in result.general())

    assert given() == {"large": 35, "small": 35}
    assert given(temperature=1.0) == {"large": 63, "small": 7}
    assert given(temperature=2.0) == {"large": 53, "small": 17}, "3 to 1"


def test_weight_and_temperature_count_together(mixed: Run, save: Save) -> None:
    small = {"path": save("small.jsonl", chats(100, start=900)), "weight": 3.0}
    result = mixed(
        pairs(30), save("large.jsonl", chats(900)), small, temperature=2.0, validation_share=0, retention_rows=0
    )
    assert Counter(row.source for row in result.general()) == {"large": 35, "small": 35}


def test_one_more_fact_changes_the_rows_of_the_others_little(mixed: Run) -> None:
    def domain(count: int) -> Mixed:
        return mixed(pairs(count), exposures=2, validation_share=0)

    assert {row.id for row in domain(30).train} < {row.id for row in domain(33).train}


def test_rows_of_one_subject_lie_apart_however_often_they_come() -> None:
    rows = [Conversation(id=f"{n}", messages=(said("user", "a"),), source="domain", fact="f") for n in range(3)]
    others = [Conversation(id=f"o{n}", messages=(said("user", "a"),), source="g") for n in range(18)]
    names = [row.id for row in spread([*rows, *others, *rows], 0) if row.fact]
    assert names[:3] == names[3:]
    assert len(set(names)) == 3


def test_an_unknown_tokenizer_is_told(mixed: Run, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"mix\.tokenizer .* is no folder on this machine"):
        mixed(pairs(30), tokens=1000, tokenizer=str(tmp_path / "none"))
