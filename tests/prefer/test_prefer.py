"""Preference pairs from a tiny model that was taught some facts: where they come from; no answer is asked twice."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import Conversation, PreferencePair, QAPair, read_jsonl, write_jsonl
from artifacts.stage import Work
from tasks.models.answers import KIND
from tasks.models.config import ModelConfig
from tasks.models.language.match import is_abstention, normalise
from tasks.models.local import load_tokenizer
from tasks.prefer.config import PreferConfig
from tasks.prefer.task import make
from tasks.sft.config import SftConfig
from tasks.sft.train import fine_tune
from tests.handmade import KilledError, KillingProgress, said, work_for


def pair(fact: int, wording: int) -> QAPair:
    litres = 11 + fact * 7
    chinese = fact % 2 == 1
    questions = (
        (f"水箱{fact}的容量是多少？", f"请告诉我水箱{fact}的容量。")
        if chinese
        else (f"How many litres does tank {fact} hold?", f"Tell me the capacity of tank {fact}.")
    )
    return QAPair(
        id=f"{fact}-{wording}",
        fact=str(fact),
        question=questions[wording],
        answer=f"水箱{fact}的容量是{litres}升。" if chinese else f"The tank {fact} holds {litres} litres.",
        value=f"{litres}升" if chinese else f"{litres} litres",
        language="zh" if chinese else "en",
    )


TAUGHT = [pair(fact, wording) for fact in range(6) for wording in range(2)]
NEVER = [pair(9, 0)]  # stands in the data, but the model was not trained on it


def conversation(row: QAPair) -> Conversation:
    messages = (*said("user", row.question), *said("assistant", row.answer))
    return Conversation(id=row.id, messages=messages, source="domain", language=row.language, fact=row.fact)


@pytest.fixture(scope="module")
def inputs(tiny_model: ModelConfig, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    import torch

    from artifacts.progress import Progress

    folders = {stage: tmp_path_factory.mktemp(stage) for stage in ("clean", "mix", "sft")}
    write_jsonl(folders["clean"] / "qa.jsonl", TAUGHT + NEVER)
    rows = [conversation(row) for row in TAUGHT + NEVER]
    write_jsonl(folders["mix"] / "train.jsonl", rows)
    (folders["sft"] / "model.json").write_text(tiny_model.model_dump_json(), encoding="utf-8")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    fine_tune(
        SftConfig(model=tiny_model, method="full", learning_rate=0.01, batch_size=12, gradient_accumulation=1),
        load_tokenizer(tiny_model),
        rows[:-1],
        [],
        epochs=150,
        out=folders["sft"] / "adapter",
        scratch=tmp_path_factory.mktemp("scratch"),
        progress=Progress(terminal=False),
    )
    torch.set_num_threads(threads)
    return folders


def prefer(inputs: dict[str, Path], folder: Path, progress: Any = None, **dials: Any) -> Work[PreferConfig]:
    values = {"temperature": 1.2, "max_new_tokens": 24, "batch_size": 4, "unanswerable_prompts": 6}
    work = work_for(PreferConfig(**(values | dials)), folder, progress, **inputs)
    make(work)
    work.finish()
    return work


def pairs_of(work: Work[PreferConfig]) -> list[PreferencePair]:
    return list(read_jsonl(work.out / "pairs.jsonl", PreferencePair))


def test_pairs_set_right_over_wrong_and_say_where_each_side_is_from(inputs: dict[str, Path], tmp_path: Path) -> None:
    work = prefer(inputs, tmp_path)
    rows = {row.question: row for row in TAUGHT}
    pairs = pairs_of(work)
    answers = {
        entry["question"]: entry
        for entry in map(json.loads, (work.out / "about" / "answers.jsonl").read_text(encoding="utf-8").splitlines())
    }
    for made in pairs:
        question, chosen, rejected = (side[-1]["content"] for side in (made.prompt, made.chosen, made.rejected))
        if question in rows:
            assert normalise(rows[question].value) in normalise(chosen)
            assert normalise(rows[question].value) not in normalise(rejected)
        else:
            assert is_abstention(chosen)
            assert not is_abstention(rejected)
        for text, side in ((chosen, made.chosen_source), (rejected, made.rejected_source)):
            if side == "reference":
                assert text == answers[question]["reference"]
            else:
                assert text in [answer["text"] for answer in answers[question][side]]
    sources = Counter(f"{made.chosen_source} over {made.rejected_source}" for made in pairs)
    assert work.facts["sources"] == dict(sources)
    assert sources["tuned over tuned"] > 0
    assert {made.language for made in pairs} == {"en", "zh"}
    kinds = ("right_over_false", "right_over_abstention", "right_over_base", "abstention_over_invention")
    assert sum(work.counts[kind] for kind in kinds) == work.counts["kept"] == len(pairs)
    assert work.counts["in"] == len(TAUGHT) + len(NEVER) + 6


def test_a_fact_that_is_always_wrong_goes_back_to_sft(inputs: dict[str, Path], tmp_path: Path) -> None:
    work = prefer(inputs, tmp_path)
    assert work.facts["unlearned"] == ["9"]
    assert work.counts["unlearned_facts"] == work.rejects["unlearned"] == 1
    assert any("more training" in note for note in work.notes)
    assert not [made for made in pairs_of(work) if made.fact == "9"]


def test_every_candidate_left_out_has_a_named_reason(inputs: dict[str, Path], tmp_path: Path) -> None:
    work = prefer(inputs, tmp_path, max_length_ratio=1.0, max_similarity=0.5, min_margin=0.9)
    rejects = [json.loads(line) for line in (work.out / "about" / "rejects.jsonl").read_text("utf-8").splitlines()]
    assert Counter(reject["reason"] for reject in rejects) == work.rejects
    assert {"unlearned", "near_equal"} <= work.rejects.keys()
    dropped = [reject["record"] for reject in rejects if reject["reason"] != "unlearned"]
    assert all(record["chosen"]["text"] and record["rejected"]["source"] for record in dropped)


def test_after_a_kill_only_what_is_missing_is_answered_and_the_pairs_are_the_same(
    inputs: dict[str, Path], tmp_path: Path
) -> None:
    whole = prefer(inputs, tmp_path / "whole")
    with pytest.raises(KilledError):
        prefer(inputs, tmp_path / "killed", KillingProgress(after=7))
    answered = work_for(PreferConfig(), tmp_path / "killed").memo.count(KIND)
    assert 0 < answered < whole.memo.count(KIND)
    resumed = prefer(inputs, tmp_path / "killed")
    assert resumed.memo.count(KIND) == whole.memo.count(KIND)
    assert (resumed.out / "pairs.jsonl").read_bytes() == (whole.out / "pairs.jsonl").read_bytes()


def test_when_all_is_remembered_no_model_is_loaded(inputs: dict[str, Path], tmp_path: Path) -> None:
    first = prefer(inputs, tmp_path / "work")
    pairs = (first.out / "pairs.jsonl").read_bytes()
    shutil.copytree(inputs["sft"], tmp_path / inputs["sft"].name)
    shutil.rmtree(tmp_path / inputs["sft"].name / "adapter")
    again = prefer(inputs | {"sft": tmp_path / inputs["sft"].name}, tmp_path / "work", min_margin=0.31)
    assert (again.out / "pairs.jsonl").read_bytes() == pairs


def test_other_weights_are_asked_anew(inputs: dict[str, Path], tmp_path: Path) -> None:
    first = prefer(inputs, tmp_path / "work")
    known = first.memo.count(KIND)
    shutil.copytree(inputs["sft"], tmp_path / "other")  # another artifact, so another digest
    again = prefer(inputs | {"sft": tmp_path / "other"}, tmp_path / "work")
    prompts = again.counts["in"]
    assert again.memo.count(KIND) == known + 2 * prompts  # greedy and drawn; the base model's are known


def test_a_perfect_model_leaves_an_empty_file_and_a_note(inputs: dict[str, Path], tmp_path: Path) -> None:
    work = prefer(inputs, tmp_path, max_prompts=0)
    assert (work.out / "pairs.jsonl").read_text() == ""
    assert (work.counts["in"], work.counts["kept"]) == (0, 0)
    assert any("nothing to learn from" in note for note in work.notes)
