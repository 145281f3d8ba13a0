"""Shares, splits, languages and the order of the mix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest

from artifacts.records import Conversation, Origin, Probe, QAPair
from artifacts.stage import StageError
from tasks.mix.draw import allot
from tests.mix.conftest import Mixed, Run, Save, chats, pairs, said


def ids(rows: Sequence[Conversation]) -> list[str]:
    return [row.id for row in rows]


@pytest.mark.parametrize(("share", "general"), [(0.3, 70), (0.2, 120), (0.5, 30), (1.0, 0)])
def test_the_share_is_exact(mixed: Run, save: Save, share: float, general: int) -> None:
    result = mixed(pairs(30), save("g.jsonl", chats(400)), domain_share=share, validation_share=0)
    assert (len(result.domain()), len(result.general())) == (30, general)
    counts = {"in": 30, "kept": 30 + general, "domain": 30, "general": general, "validation": 0, "retention": 40}
    assert result.manifest.counts == counts
    assert result.manifest.facts["domain_share"] == share
    outside = not 0.2 <= share <= 0.4
    assert any("is outside 0.2 to 0.4" in note for note in result.manifest.notes) == outside


def test_a_domain_row_keeps_its_id_and_fact(mixed: Run, save: Save) -> None:
    given = {pair.id: pair for pair in pairs(30, language="zh")}
    for row in mixed(list(given.values()), save("g.jsonl", chats(90)), validation_share=0).domain():
        pair = given[row.id]
        assert [message["content"] for message in row.messages] == [pair.question, pair.answer]
        assert (row.fact, row.language) == (pair.fact, "zh")


def test_a_document_saved_anew_or_moved_changes_no_training_row(mixed: Run, save: Save) -> None:
    given, general = pairs(30), save("g.jsonl", chats(90))
    moved = [
        pair.model_copy(update={"origin": Origin(document=f"new {pair.origin.document}", file="elsewhere.md", page=7)})
        for pair in given
    ]
    before, after = (mixed(rows, general, validation_share=0).manifest for rows in (given, moved))
    assert before.inputs["clean"].digest != after.inputs["clean"].digest
    assert before.digest == after.digest


def test_documents_are_all_in_train_or_all_in_validation(mixed: Run, save: Save) -> None:
    given = pairs(300, documents=20)
    result = mixed(given, save("g.jsonl", chats(1500)), validation_share=0.2, retention_rows=100)
    document = {pair.id: pair.origin.document for pair in given}
    trained = {document[row.id] for row in result.domain()}
    held_out = {document[row.id] for row in result.validation if row.source == "domain"}
    assert not trained & held_out
    assert sorted(held_out) == result.manifest.facts["validation_documents"]
    assert len(held_out) == 4
    (note,) = result.manifest.notes
    assert note.startswith("20 facts are not trained, because they or their documents are held out for validation: ")
    assert all(f"{document}.md" in note for document in held_out)
    assert "validation_share" in note
    assert Counter(row.source for row in result.validation) == {"domain": 60, "g": 140}
    assert result.manifest.counts["validation_general"] == 140
    assert not set(ids(result.train)) & set(ids(result.validation))


@pytest.mark.parametrize("documents", [1, 2])
def test_validation_never_takes_all_documents(mixed: Run, documents: int) -> None:
    result = mixed(pairs(12, documents=documents), validation_share=0.5)
    assert len(result.domain()) == 12 // documents


def test_where_no_document_can_validate_no_general_row_is_kept_back_for_it_and_it_is_said(
    mixed: Run, save: Save
) -> None:
    given = [*pairs(30, documents=2), *pairs(30, documents=2, language="zh")]
    result = mixed(given, save("g.jsonl", chats(100)), validation_share=0.1, retention_rows=0)
    assert (len(result.domain()), len(result.general()), result.validation) == (60, 100, [])
    (note,) = [note for note in result.manifest.notes if note.startswith("nothing validates: whole documents")]
    assert "raise mix.validation_share (0.1)" in note


def test_retention_takes_a_tenth_of_a_small_source_and_of_a_rare_language(mixed: Run, save: Save) -> None:
    large = save("large.jsonl", [*chats(1000), *chats(50, language="zh")])
    small = save("small.jsonl", chats(40, start=2000))
    result = mixed(pairs(6), large, small, validation_share=0, retention_rows=100)
    assert Counter((row.source, row.language) for row in result.retention) == {
        ("retention:large", "en"): 91,
        ("retention:large", "zh"): 5,
        ("retention:small", "en"): 4,
    }
    assert result.manifest.notes == []
    fewer = mixed(pairs(6), small, validation_share=0, retention_rows=40).manifest.notes
    assert [note.partition(":")[0] for note in fewer] == [
        "4 rows measure retention where mix.retention_rows asks for 40"
    ]


def test_the_seed_decides_and_the_same_seed_gives_the_same(mixed: Run, save: Save) -> None:
    path = save("g.jsonl", chats(300))

    def run(seed: int) -> Mixed:
        return mixed(pairs(60), path, seed=seed, force=True)

    one, again, other = run(1), run(1), run(2)
    assert one.manifest.digest == again.manifest.digest
    assert ids(one.train) == ids(again.train)
    assert set(ids(one.general())) != set(ids(other.general()))
    assert ids(one.domain()) != ids(other.domain())
    assert ids(one.retention) != ids(other.retention)


def test_one_new_fact_changes_the_draw_by_a_few_rows(mixed: Run, save: Save) -> None:
    path = save("g.jsonl", chats(300))
    before = mixed(pairs(60), path, validation_share=0)
    after = mixed(pairs(63), path, validation_share=0)
    assert set(ids(before.general())) < set(ids(after.general()))
    assert len(after.general()) == len(before.general()) + 7


def test_wordings_of_one_fact_are_spread_over_the_epoch(mixed: Run, save: Save) -> None:
    rows = mixed(pairs(90, wordings=9), save("g.jsonl", chats(300)), validation_share=0).train
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if row.fact:
            places.setdefault(row.fact, []).append(place)
    even = len(rows) / 9
    for of_fact in places.values():
        gaps = [later - earlier for earlier, later in pairwise(of_fact)]
        assert min(gaps) > even / 2
        assert max(gaps) < even * 1.5


def test_general_rows_follow_the_domains_languages(mixed: Run, save: Save) -> None:
    both = [*pairs(30), *pairs(60, language="zh")]
    general = (save("en.jsonl", chats(400)), save("zh.jsonl", chats(400, language="zh")))
    matched = mixed(both, *general, validation_share=0)
    assert Counter(row.language for row in matched.general()) == {"en": 70, "zh": 140}
    free = mixed(both, *general, validation_share=0, match_languages=False)
    assert Counter(row.language for row in free.general()) == {"en": 105, "zh": 105}
    english = mixed(both, general[0], validation_share=0)
    assert len(english.general()) == 210
    assert "no general row is in zh; the model may forget it" in english.manifest.notes
    short = mixed(both, general[0], save("few.jsonl", chats(40, language="zh")), validation_share=0, retention_rows=0)
    assert Counter(row.language for row in short.general()) == {"en": 170, "zh": 40}


def test_sources_give_by_their_weights(mixed: Run, save: Save) -> None:
    heavy = {"path": save("a.jsonl", chats(300)), "weight": 3.0, "name": "heavy"}
    result = mixed(pairs(30), heavy, save("b.jsonl", chats(300, start=300)), domain_share=0.2, validation_share=0)
    assert Counter(row.source for row in result.general()) == {"heavy": 90, "b": 30}
    assert result.manifest.facts["sources"] == {"b": 30, "domain": 30, "heavy": 90}


def test_too_few_general_rows_raise_the_share_and_say_so(mixed: Run, save: Save) -> None:
    path = save("g.jsonl", chats(20))
    result = mixed(pairs(30), path, validation_share=0, retention_rows=0)
    assert len(result.general()) == 20
    assert "there are 20 general rows where 70 are needed: the domain share is 0.60" in result.manifest.notes[0]
    again = mixed(pairs(30), path, validation_share=0, retention_rows=0, repeat_general=True)
    assert sorted(Counter(ids(again.general())).values()) == [3] * 10 + [4] * 10
    assert again.manifest.notes == []


def test_rows_that_validate_come_once_and_too_few_are_told(mixed: Run, save: Save) -> None:
    general = save("g.jsonl", [*chats(20), *chats(20, language="zh")])
    given = [*pairs(120, documents=20), *pairs(120, documents=20, language="zh")]
    result = mixed(given, general, validation_share=0.2, retention_rows=0, repeat_general=True)
    validating = [row for row in result.validation if row.source == "g"]
    assert 0 < len(validating) == len(set(ids(validating))) < 40
    assert not set(ids(validating)) & set(ids(result.train))
    assert max(Counter(ids(result.general())).values()) > 1
    told = f"{len(validating)} general rows validate where 112 are needed for the domain share; name more sources"
    assert told in result.manifest.notes


def test_rows_that_repeat_keep_weights_temperature_and_languages(mixed: Run, save: Save) -> None:
    heavy = {"path": save("a.jsonl", chats(10)), "weight": 3.0, "name": "heavy"}
    light, other = save("light.jsonl", chats(40, start=10)), save("other.jsonl", chats(40, language="zh"))

    def given(*sources: str | dict[str, object], **dials: float) -> Counter[str]:
        again = mixed(
            pairs(30), *sources, domain_share=0.2, validation_share=0, retention_rows=0, repeat_general=True, **dials
        )
        times = Counter(ids(again.general()))
        for source in {row.source for row in again.general()}:
            shown = {times[row.id] for row in again.general() if row.source == source}
            assert max(shown) - min(shown) <= 1
        return Counter(row.source for row in again.general())

    assert given(heavy, light) == {"heavy": 90, "light": 30}
    assert given(heavy, light, temperature=1.0) == {"heavy": 51, "light": 69}, "3 x 10 to 40"
    assert given(light, other) == {"light": 120}, "the documents are English"


def test_no_general_data_at_all_is_said(mixed: Run) -> None:
    result = mixed(pairs(30), validation_share=0)
    assert len(result.train) == 30
    assert "the domain share is 1.00 and not 0.3" in result.manifest.notes[0]


def test_retention_rows_are_never_trained(mixed: Run, save: Save) -> None:
    general = save("g.jsonl", [*chats(200), *chats(200, language="zh")])
    result = mixed(pairs(30), general, validation_share=0.1, retention_rows=30)
    assert {row.source for row in result.retention} == {"retention:g"}
    assert Counter(row.language for row in result.retention) == {"en": 15, "zh": 15}
    assert not set(ids(result.retention)) & set(ids([*result.train, *result.validation]))
    assert result.rejects == [], "a row that was set aside is kept, not left out"


def test_a_held_out_file_is_used_and_its_questions_are_taken_out_of_training(mixed: Run, save: Save) -> None:
    held_out = [*chats(30, start=90), {"question": "“say”, 7.0!", "answer": "Seven."}]
    retention = {"path": save("heldout.jsonl", held_out), "name": "everyday"}
    result = mixed(pairs(60), save("g.jsonl", chats(90)), retention=retention, validation_share=0)
    assert len(result.retention) == 31
    assert {row.source for row in result.retention} == {"retention:everyday"}
    (reject,) = result.rejects
    assert (reject.reason, reject.record["messages"][0]["content"]) == ("held_out", "Say 7")
    assert len(result.general()) == 89


def test_an_empty_domain_is_an_error(mixed: Run) -> None:
    with pytest.raises(StageError, match="clean left no row"):
        mixed([])


@pytest.mark.parametrize(
    ("total", "weights", "sizes", "expected"),
    [
        (10, {"a": 0.19, "b": 0.81}, {"a": 9, "b": 9}, {"a": 2, "b": 8}),
        (10, {"a": 1, "b": 1}, {"a": 3, "b": 99}, {"a": 3, "b": 7}),
        (10, {"a": 1}, {"a": 4, "b": 99}, {"a": 4, "b": 6}),
        (10, {"a": 1, "b": 1}, {"a": 3, "b": 3}, {"a": 3, "b": 3}),
        (0, {"a": 1}, {"a": 3}, {"a": 0}),
        (5, {}, {}, {}),
    ],
)
def test_allotment_is_whole_and_fills_up(
    total: int, weights: dict[str, float], sizes: dict[str, int], expected: dict[str, int]
) -> None:
    assert allot(total, weights, sizes) == expected


def test_a_domain_row_has_all_that_the_model_is_given(mixed: Run) -> None:
    told = (said("user", "水箱是什么型号？"), said("assistant", "TX 型。"))
    talk = QAPair(id="talk", fact="a", question="它的容量呢？", answer="120 升。", language="zh", turns=told)
    found = QAPair(id="found", fact="b", question="How heavy?", answer="12 kg.", context="Weight: 12 kg")
    rows = {row.id: row.messages for row in mixed([talk, found], validation_share=0).domain()}
    assert rows["talk"] == (*told, said("user", "它的容量呢？"), said("assistant", "120 升。"))
    assert rows["found"] == (said("user", "Weight: 12 kg\n\nHow heavy?"), said("assistant", "12 kg."))


@pytest.mark.parametrize(
    ("dials", "answer"),
    [
        ({}, "2 + 2 tanks.\n\n4 tanks."),
        ({"reasoning": "think"}, "<think>\n2 + 2 tanks.\n</think>\n\n4 tanks."),
        ({"reasoning": "omit"}, "4 tanks."),
    ],
)
def test_the_steps_of_an_answer_go_where_the_dial_says(mixed: Run, dials: dict[str, str], answer: str) -> None:
    steps = QAPair(id="1", fact="a", question="How many?", answer="4 tanks.", reasoning="2 + 2 tanks.")
    plain = QAPair(id="2", fact="b", question="Which?", answer="The old ones.")
    rows = {row.id: row.messages[-1]["content"] for row in mixed([steps, plain], validation_share=0, **dials).domain()}
    assert rows == {"1": answer, "2": "The old ones."}


def test_questions_of_no_document_are_held_out_each_on_its_own(mixed: Run) -> None:
    own = [QAPair(id=str(n), fact=f"fact {n // 2}", question=f"Q{n}?", answer="Yes.", kind="own") for n in range(40)]
    result = mixed(own, validation_share=0.1)
    held_out = {row.fact for row in result.validation}
    assert (len(result.domain()), len(result.validation)) == (36, 4)
    assert not held_out & {row.fact for row in result.domain()}


def test_general_rows_that_ask_what_a_probe_asks_are_left_out(mixed: Run, save: Save) -> None:
    probe = Probe(id="p", fact="f", kind="paraphrase", question="Please say 3.", answer="3")
    result = mixed(pairs(6), save("g.jsonl", chats(60)), probes=(probe,), validation_share=0)
    (reject,) = [reject for reject in result.rejects if reject.reason == "probe_leak"]
    assert reject.record["messages"][0]["content"] == "Say 3"
    assert reject.detail == "asks the question of probe p: Please say 3."
