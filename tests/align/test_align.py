"""DPO on a tiny model: the right reference, nothing cut short, taken up again, honest where there is nothing to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import PreferencePair, Probe, write_jsonl
from artifacts.stage import StageError, Work
from tasks.align.config import AlignConfig
from tasks.align.task import make
from tasks.align.train import check_reference, measure, pair_length, trainer_for
from tasks.models.config import ModelConfig
from tasks.models.embedded.architecture import make_model, make_tokenizer
from tasks.models.language.contamination import FILE, EvaluationQuestion, EvaluationSets
from tasks.models.local import load_model, load_tokenizer
from tests.conftest import TEXTS
from tests.handmade import KilledError, KillingProgress, files_of, preference, tuned_model, work_for

PAIRS = [preference(f"How many litres is {n}?", f"It is {n} litres.", f"Paris has {n + 1}.") for n in range(6)] + [
    preference(f"水箱{n}的容量是多少？", f"容量是{n}升。", f"首都是{n + 1}里。") for n in range(6)
]


@pytest.fixture(scope="module", params=["lora", "full"])
def tuned(request: pytest.FixtureRequest, tiny_model: ModelConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tuned_model(tiny_model, tmp_path_factory.mktemp("sft"), request.param)


@pytest.fixture(scope="module")
def adapter(tiny_model: ModelConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tuned_model(tiny_model, tmp_path_factory.mktemp("sft"), "lora")
    path = folder / "adapter" / "adapter_config.json"
    values = json.loads(path.read_text(encoding="utf-8"))  # the bundled base has a name that is no folder
    path.write_text(json.dumps(values | {"base_model_name_or_path": "embedded"}), encoding="utf-8")
    return folder


def config_for(**dials: Any) -> AlignConfig:
    values = {"learning_rate": 3e-3, "epochs": 4, "batch_size": 4, "max_chosen_drop": 1000}
    return AlignConfig(**(values | dials))


def aligned(config: AlignConfig, folder: Path, sft: Path, pairs: list[PreferencePair], **kwargs: Any) -> Work[Any]:
    write_jsonl(folder / "prefer" / "pairs.jsonl", pairs)
    work = work_for(config, folder, prefer=folder / "prefer", sft=sft, **kwargs)
    make(work)
    return work


@pytest.mark.parametrize("loss", ["dpo", "ipo"])
def test_margins_start_at_nothing_and_grow(tuned: Path, tmp_path: Path, loss: str) -> None:
    work = aligned(config_for(loss=loss, epochs=12), tmp_path, tuned, PAIRS)
    start, end = work.facts["start"], work.facts["end"]
    assert start["margin"] == pytest.approx(0, abs=1e-5)
    assert end["margin"] > 0.01
    assert end["accuracy"] > 0.9
    assert end["chosen_logp"] > start["chosen_logp"]  # the SFT term
    curve = [json.loads(line) for line in (work.out / "about" / "curve.jsonl").read_text().splitlines()]
    assert curve[0]["rewards/margins"] == pytest.approx(0, abs=1e-5)
    assert {"step", "loss", "rewards/accuracies", "logps/chosen"} <= curve[-1].keys()
    assert (work.counts["in"], work.counts["kept"]) == (len(PAIRS), len(PAIRS))


def test_what_is_saved_loads_like_what_sft_left(tiny_model: ModelConfig, tuned: Path, tmp_path: Path) -> None:
    import torch

    work = aligned(config_for(), tmp_path, tuned, PAIRS)
    assert files_of(work.out / "adapter").keys() == files_of(tuned / "adapter").keys()
    assert f"trained on {len(PAIRS)} preference pairs alone" in work.notes[0]
    assert (work.out / "model.json").read_bytes() == (tuned / "model.json").read_bytes()
    inputs = load_tokenizer(tiny_model)("容量是 12?", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        before, after = (load_model(tiny_model, path / "adapter")(inputs).logits for path in (tuned, work.out))
    assert (before - after).abs().max() > 1e-3


def test_a_wrong_reference_is_found_before_training(tiny_model: ModelConfig, tuned: Path, tmp_path: Path) -> None:
    config, tokenizer = config_for(), load_tokenizer(tiny_model)
    trainer = trainer_for(config, tiny_model, tuned / "adapter", tokenizer, PAIRS, scratch=tmp_path)
    if trainer.ref_model is not None:
        trainer.ref_model.load_state_dict(load_model(tiny_model).state_dict())
    for name, parameter in trainer.model.named_parameters():
        if ".ref." in name:
            parameter.data.zero_()  # so the reference is the base, as with a new adapter on it
    with pytest.raises(StageError, match="reference differs from the tuned model"):
        check_reference(measure(trainer, trainer.train_dataset), config.beta)


@pytest.mark.filterwarnings("error:Unable to fetch remote file")
def test_the_same_seed_gives_the_same_adapter_also_after_a_kill(adapter: Path, tmp_path: Path) -> None:
    config = config_for(checkpoint_steps=4)
    whole = aligned(config, tmp_path / "whole", adapter, PAIRS)
    with pytest.raises(KilledError):
        aligned(config, tmp_path / "killed", adapter, PAIRS, progress=KillingProgress(after=5))
    assert (tmp_path / "killed" / "scratch" / "checkpoint-4").is_dir()
    resumed = aligned(config, tmp_path / "killed", adapter, PAIRS)
    assert files_of(whole.out / "adapter") == files_of(resumed.out / "adapter")
    other = aligned(config.model_copy(update={"seed": 1}), tmp_path / "other", adapter, PAIRS)
    assert files_of(whole.out / "adapter") != files_of(other.out / "adapter")


def test_pairs_that_are_too_long_are_left_out_with_a_reason(
    tiny_model: ModelConfig, adapter: Path, tmp_path: Path
) -> None:
    long = preference("Why?", "word " * 60, "No.")
    tokenizer = load_tokenizer(tiny_model)
    limit = max(pair_length(tokenizer, pair) for pair in PAIRS)
    assert pair_length(tokenizer, long) > limit
    work = aligned(config_for(max_length=limit), tmp_path, adapter, [*PAIRS, long])
    assert dict(work.rejects) == {"longer_than_max_length": 1}
    assert (work.counts["in"], work.counts["kept"]) == (len(PAIRS) + 1, len(PAIRS))


PROBE = Probe(id="p", fact="f", kind="paraphrase", question="水箱有多大的容量？", answer="40升")
MEASURED = EvaluationQuestion(set="C-Eval", item="7", question="下列哪种气体是植物在白天吸收的？")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("请问水箱有多大的容量？", "row 请问水箱有多大的容量？ asks what the held-out probe p asks"),
        ("请问下列哪种气体是植物在白天吸收的？", "with 7 of the evaluation set C-Eval"),
    ],
)
def test_a_pair_that_asks_what_is_measured_stops_the_training(
    adapter: Path, tmp_path: Path, question: str, said: str
) -> None:
    sets = EvaluationSets(ngram=13, min_similarity=0.8, questions=(MEASURED,))
    (tmp_path / "clean").mkdir()
    (tmp_path / "clean" / FILE).write_text(sets.model_dump_json(), encoding="utf-8")
    write_jsonl(tmp_path / "prefer" / "pairs.jsonl", [*PAIRS, preference(question, "40升。", "不知道。")])
    work = work_for(config_for(), tmp_path, probes=(PROBE,), prefer=tmp_path / "prefer", sft=adapter)
    work.beside["clean"] = tmp_path / "clean"
    with pytest.raises(StageError, match=f"align: .*{said}"):
        make(work)
    assert not (work.out / "adapter").exists()


def test_a_pairs_length_is_what_the_trainer_sees(tiny_model: ModelConfig, adapter: Path, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_model)
    trainer = trainer_for(config_for(), tiny_model, adapter / "adapter", tokenizer, PAIRS, scratch=tmp_path)
    seen = [
        len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"])) for row in trainer.train_dataset
    ]
    assert seen == [pair_length(tokenizer, pair) for pair in PAIRS]


def test_without_pairs_the_tuned_model_is_passed_on_and_said_so(tuned: Path, tmp_path: Path) -> None:
    work = aligned(config_for(), tmp_path, tuned, [])
    assert files_of(work.out / "adapter") == files_of(tuned / "adapter")
    assert (work.out / "model.json").is_file()
    assert (work.counts["in"], work.counts["kept"]) == (0, 0)
    assert any("unchanged" in note for note in work.notes)


def test_training_stops_when_the_chosen_answers_lose_probability(adapter: Path, tmp_path: Path) -> None:
    # The rejected answer goes on where the chosen one ends: pushing it down takes the shared beginning along.
    alike = [preference(f"What is {n}?", f"litres {n}", f"litres {n} {n}") for n in range(24)]
    config = config_for(sft_weight=0, learning_rate=0.01, epochs=10, max_chosen_drop=0.4)
    work = aligned(config, tmp_path, adapter, alike)
    assert work.facts["steps"] < 10 * len(alike) // 4
    assert any("max_chosen_drop" in note for note in work.notes)


@pytest.mark.filterwarnings("error:.*autograd kernel was not registered")
def test_a_base_in_four_bits_has_the_right_reference_and_learns(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(TEXTS, vocabulary=400)  # NF4 packs 64 weights at a time: more than the tiny model has
    make_model(tokenizer, hidden=64, layers=1, heads=1, feed_forward=128).save_pretrained(tmp_path / "base")
    tokenizer.save_pretrained(tmp_path / "base")
    sft = tuned_model(ModelConfig(path=str(tmp_path / "base")), tmp_path / "sft")
    work = aligned(config_for(quantize="nf4"), tmp_path, sft, PAIRS)
    assert work.facts["start"]["margin"] == pytest.approx(0, abs=1e-6)
    assert work.facts["end"]["margin"] > 0.01


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
