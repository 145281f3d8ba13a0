"""Which general rows select keeps: by the papers' directions, the same every time, and never a domain row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from artifacts.memo import Memo
from artifacts.records import Conversation
from artifacts.stage import SettingError
from artifacts.store import Store
from tasks.mix.config import IFD, MixConfig, Superfilter
from tasks.mix.select.coverage import Coverage
from tasks.mix.select.difficulty import verdict_on
from tasks.mix.select.rds import Turns
from tasks.models.config import ModelConfig
from tasks.models.scoring.losses import AnswerLoss, Losses
from tasks.models.scoring.reader import causal_reader
from tests.mix.conftest import Mixed, Run, Save, chats, pairs, said
from tests.sizes import Sizes

LANGUAGES = ("en", "zh")
IDLE = {"retention_rows": 0, "validation_share": 0.0, "domain_share": 0.01}  # all that is kept is trained


def dials(method: str, model: ModelConfig, reward: Path, **more: Any) -> dict[str, Any]:
    needs = {"random": {}, "mods": {"model": model, "reward": str(reward), "min_quality": -1e9}}
    return {"method": method, **needs.get(method, {"model": model}), **more}


def about(tmp_path: Path, name: str) -> list[dict[str, Any]]:
    store = Store(tmp_path / "store")
    ref = store.latest("mix")
    assert ref is not None
    return [json.loads(line) for line in (store.path(ref) / "about" / name).read_text(encoding="utf-8").splitlines()]


def mixture(save: Save, count: int = 20) -> list[str]:
    """Two sources of both languages."""
    rows = [chats(count, language=language, start=start) for language in LANGUAGES for start in (0, 100)]
    return [save("one.jsonl", rows[0] + rows[2]), save("two.jsonl", rows[1][: count // 2] + rows[3])]


def of_cells(rows: Sequence[Conversation]) -> Counter[tuple[str, str]]:
    return Counter((row.source, row.language) for row in rows)


@pytest.mark.parametrize("method", ["random", "ifd", "superfilter", "mods", "rds"])
def test_a_method_keeps_its_share_of_each_source_and_language_alike_each_time(
    mixed: Run, save: Save, tmp_path: Path, tiny_model: ModelConfig, reward_model: Path, method: str
) -> None:
    general = mixture(save)
    domain = [*pairs(9), *pairs(9, language="zh")]
    chosen = dials(method, tiny_model, reward_model, keep=0.3)
    first = mixed(domain, *general, select=chosen, **IDLE)
    misaligned = Counter(
        (row.record["source"], row.record["language"]) for row in first.rejects if row.reason == "ifd_misaligned"
    )
    wanted = {("one", "en"): 6, ("one", "zh"): 6, ("two", "en"): 3, ("two", "zh"): 6}
    sizes = {("one", "en"): 20, ("one", "zh"): 20, ("two", "en"): 10, ("two", "zh"): 20}
    assert of_cells(first.general()) == {cell: min(n, sizes[cell] - misaligned[cell]) for cell, n in wanted.items()}
    assert {row.id for row in first.domain()} == {row.id for row in domain}
    assert len(first.rejects) == 70 - len(first.general())
    assert {row.reason for row in first.rejects} <= {"not_selected", "ifd_misaligned"}
    assert mixed(domain, *general, select=chosen, force=True, **IDLE).train == first.train
    batches = dict(chosen) if method == "random" else chosen | {"batch_size": 3}
    assert mixed(domain, *general, select=batches, force=True, **IDLE).train == first.train


@pytest.mark.parametrize("method", ["ifd", "superfilter", "mods", "rds"])
def test_another_share_asks_the_model_nothing(
    mixed: Run, save: Save, tiny_model: ModelConfig, reward_model: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[int] = []
    keep = Memo.put_all

    def counting(memo: Memo, items: Sequence[Any]) -> None:
        put.append(len(items))
        keep(memo, items)

    monkeypatch.setattr(Memo, "put_all", counting)
    general = mixture(save, 8)
    mixed(pairs(9), *general, select=dials(method, tiny_model, reward_model, keep=0.5), **IDLE)
    assert sum(put) >= 28
    put.clear()
    mixed(pairs(9), *general, select=dials(method, tiny_model, reward_model, keep=0.25), **IDLE)
    assert put == []


def test_too_few_general_rows_name_the_selection_that_left_them_out(mixed: Run, save: Save) -> None:
    given, general = pairs(30), save("g.jsonl", chats(100))
    select = {"method": "random", "keep": 0.01}
    short = mixed(given, general, select=select, retention_rows=0, validation_share=0)
    (note,) = short.manifest.notes
    assert note.startswith("there are 1 general rows where 70 are needed: ")
    assert note.endswith(
        "; raise mix.select.keep (mix.select left 99 rows out), name more sources, or set repeat_general"
    )
    again = mixed(given, general, select=select, retention_rows=0, validation_share=0, repeat_general=True)
    assert again.manifest.notes == []


def test_difficulty_keeps_the_highest_below_one(
    mixed: Run, save: Save, tmp_path: Path, tiny_model: ModelConfig
) -> None:
    general = mixture(save)
    memo = Memo(tmp_path / "memo")
    for method in ("ifd", "superfilter"):
        made = mixed(pairs(9), *general, select={"method": method, "model": tiny_model, "keep": 0.3}, **IDLE)
        told = about(tmp_path, "select.jsonl")
        assert len(told) == 70
        for cell in {(row["source"], row["language"]) for row in told}:
            rows = [row for row in told if (row["source"], row["language"]) == cell]
            kept = [row["score"] for row in rows if row["keep"]]
            assert max(kept) < 1
            assert min(kept) >= max([row["score"] for row in rows if row["reason"] == "not_selected"], default=0)
            assert all(row["score"] >= 1 for row in rows if row["reason"] == "ifd_misaligned")
        losses = Losses(causal_reader(memo, tiny_model, Sizes(1024, 8)))
        of_rows = losses.of_answers([row.messages for row in made.general()])
        for row, loss in zip(made.general(), of_rows, strict=True):
            wanted = loss.ratio if method == "ifd" else loss.perplexity_ratio
            assert next(line["score"] for line in told if line["id"] == row.id) == pytest.approx(wanted)


def test_the_two_ratios_share_a_bound_and_not_a_ranking() -> None:
    hard, easy = AnswerLoss(3.0, 4.0, 0), AnswerLoss(0.2, 0.3, 0)
    assert (hard.ratio or 0) > (easy.ratio or 0)
    assert (hard.perplexity_ratio or 0) < (easy.perplexity_ratio or 0)
    for dials in (IFD(method="ifd"), Superfilter(method="superfilter")):
        assert verdict_on(AnswerLoss(2.0, 2.1, 0), dials).keep
        assert verdict_on(AnswerLoss(2.0, 2.0, 0), dials).reason == "ifd_misaligned"
        assert verdict_on(AnswerLoss(2.1, 2.0, 0), dials).reason == "ifd_misaligned"
        assert verdict_on(AnswerLoss(None, None, 7), dials).reason == "not_scored"


def test_the_last_answer_of_a_conversation_is_weighed_given_all_before(
    mixed: Run, save: Save, tmp_path: Path, tiny_model: ModelConfig
) -> None:
    turns = [
        said("user", "水箱？"),
        said("assistant", "是的。"),
        said("user", "多少升？"),
        said("assistant", "十二升。"),
    ]
    general = save("turns.jsonl", [{"messages": turns}, *chats(3, language="zh")])
    made = mixed(pairs(9, language="zh"), general, select={"method": "ifd", "model": tiny_model, "keep": 1.0}, **IDLE)
    rejected = (Conversation.model_validate(each.record) for each in made.rejects)
    [long] = [row.id for row in (*made.general(), *rejected) if len(row.messages) == len(turns)]
    [row] = [line for line in about(tmp_path, "select.jsonl") if line["id"] == long]
    [loss] = Losses(causal_reader(Memo(tmp_path / "memo"), tiny_model, Sizes(1024, 1))).of_answers([turns])
    assert row["score"] == pytest.approx(loss.ratio)


def test_what_is_cut_is_told(mixed: Run, save: Save, tiny_model: ModelConfig) -> None:
    general = save("long.jsonl", [*chats(6), {"messages": [said("user", "Why? " * 40), said("assistant", "So.")]}])
    made = mixed(pairs(9), general, select={"method": "ifd", "model": tiny_model, "max_length": 60}, **IDLE)
    assert [row.record["messages"][1]["content"] for row in made.rejects if row.reason == "not_scored"] == ["So."]
    assert any("1 of 7 rows are longer than max_length (60 tokens)" in note for note in made.manifest.notes)


@pytest.mark.parametrize("method", ["random", "ifd", "mods", "rds"])
def test_domain_rows_are_flagged_and_stay(
    mixed: Run, save: Save, tmp_path: Path, tiny_model: ModelConfig, reward_model: Path, method: str
) -> None:
    domain = [*pairs(12), *pairs(12, language="zh")]
    chosen = dials(method, tiny_model, reward_model, keep=0.25, flag_domain=True)
    made = mixed(domain, *mixture(save, 6), select=chosen, **IDLE)
    assert {row.id for row in made.domain()} == {row.id for row in domain}
    flags = about(tmp_path, "flags.jsonl")
    assert made.manifest.counts["flagged_domain"] == len(flags) >= 18
    assert {flag["id"] for flag in flags} < {row.id for row in domain}
    assert all(flag["source"] == "domain" and flag["reason"] for flag in flags)
    assert not any(row.record["source"] == "domain" for row in made.rejects)


def test_coverage_takes_the_farthest_each_time_and_each_row_once() -> None:
    angles = torch.tensor([0.0, 0.0, 0.1, 1.0, 3.1, 3.1])
    coverage = Coverage(torch.stack([angles.cos(), angles.sin()], dim=1))
    assert coverage.choose(range(6), 3, first=0) == [0, 4, 3]
    assert sorted(coverage.choose(range(6), 9, first=0)) == [1, 2, 5]
    coverage = Coverage(torch.stack([angles.cos(), angles.sin()], dim=1))
    assert coverage.choose([2, 3, 4], 2, first=3) == [3, 4]


def test_mods_wants_quality_then_coverage_then_what_is_answered_badly(
    mixed: Run, save: Save, tmp_path: Path, tiny_model: ModelConfig, reward_model: Path
) -> None:
    general = save("one.jsonl", chats(20))
    every = dials("mods", tiny_model, reward_model, keep=1.0)
    mixed(pairs(9), general, select=every, **IDLE)
    qualities = {row["id"]: row["score"] for row in about(tmp_path, "select.jsonl")}
    bound = sorted(qualities.values())[8]
    first = mixed(pairs(9), general, select=every | {"keep": 0.2, "min_quality": bound}, **IDLE)
    kept = {row.id for row in first.general()}
    assert len(kept) == round(0.2 * 20)
    assert all(qualities[id_] >= bound for id_ in kept)
    low = [row for row in first.rejects if row.reason == "low_quality"]
    assert {row.record["id"] for row in low} == {id_ for id_, quality in qualities.items() if quality < bound}
    assert all(f"below min_quality {bound:g}" in row.detail for row in low)
    tuned = every | {"keep": 0.2, "min_quality": bound, "tuned": tiny_model.path}
    again = mixed(pairs(9), general, select=tuned, **IDLE)
    more = {row.id for row in again.general()}
    assert kept < more
    assert len(more) <= 2 * len(kept)
    answered_badly = mixed(pairs(9), general, select=tuned | {"keep": 1.0, "min_quality": bound}, **IDLE)
    assert {row.id for row in answered_badly.general()} == {
        id_ for id_, quality in qualities.items() if quality >= bound
    }


def test_rows_are_named_in_turn_by_each_domain_row() -> None:
    def unit(*degrees: float) -> torch.Tensor:
        angles = torch.deg2rad(torch.tensor(degrees))
        return torch.stack([angles.cos(), angles.sin()], dim=1)

    turns = Turns(unit(0, 5, 10, 80, 85, 90, 45), [""] * 7)
    turns.ask(unit(0, 90), ["a", "b"])
    assert turns.order() == [0, 5, 1, 4, 2, 3, 6]
    assert turns.round == [0, 1, 2, 2, 1, 0, 3]
    own = Turns(unit(0, 5, 90), ["a", "a", "b"])
    own.ask(unit(0, 90), ["a", "b"])
    assert own.order() == [2, 1, 0]  # a row does not speak for its own fact


def test_rds_prefers_what_is_like_the_domain(mixed: Run, save: Save) -> None:
    like = [{"messages": [said("user", f"Part {n}, wording 3?"), said("assistant", "Yes.")]} for n in range(40, 50)]
    other = [
        {"messages": [said("user", f"Write {n} poems on the sea."), said("assistant", "Waves! " * 9)]}
        for n in range(10)
    ]
    made: Mixed = mixed(pairs(9), save("g.jsonl", [*like, *other]), select={"method": "rds", "keep": 0.5}, **IDLE)
    assert all(row.messages[0]["content"].startswith("Part") for row in made.general())
    assert len(made.general()) == 10


@pytest.mark.parametrize(
    ("select", "told"),
    [
        ({"method": "ifd", "model": {"path": "/nowhere"}}, r"mix\.select\.model\.path: /nowhere"),
        ({"method": "rds", "model": {"path": "./tests"}}, r"mix\.select\.model\.path: .*config\.json"),
        ({"method": "mods", "reward": "/nowhere"}, r"mix\.select\.reward: /nowhere"),
        ({"method": "mods", "reward": "embedded"}, r"mix\.select\.reward: embedded"),
    ],
)
def test_a_model_that_is_not_there_is_told_before_the_run(save: Save, select: dict[str, Any], told: str) -> None:
    config = MixConfig.model_validate({"general": [{"path": save("g.jsonl", chats(3))}], "select": select})
    with pytest.raises(SettingError, match=told):
        config.outside()


def test_the_models_weights_are_in_the_key(save: Save, tiny_model: ModelConfig, reward_model: Path) -> None:
    mods = dials("mods", tiny_model, reward_model, tuned=tiny_model.path)
    outside = MixConfig.model_validate({"general": [{"path": save("g.jsonl", chats(3))}], "select": mods}).outside()
    assert outside["select.model"] == outside["select.tuned"] == tiny_model.identity()
    assert outside["select.reward"].startswith("sha256:")
