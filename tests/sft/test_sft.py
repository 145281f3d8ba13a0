"""Fine-tuning on a tiny model: what is trained, what is left out, and that it can be taken up again."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from artifacts.progress import Progress, Task
from artifacts.records import Conversation, Probe, write_jsonl
from artifacts.stage import StageError, Work
from artifacts.store import Store
from tasks.models.config import ModelConfig
from tasks.models.local import load_model, load_tokenizer
from tasks.sft.config import SftConfig
from tasks.sft.preflight import epochs_for, percentiles
from tasks.sft.task import make
from tasks.sft.template import Template, training_template
from tasks.sft.train import total_steps, trainer_for
from tests.handmade import files_of


def conversation(question: str, answer: str) -> Conversation:
    return Conversation(
        id=question,
        messages=({"role": "user", "content": question}, {"role": "assistant", "content": answer}),
        source="domain",
    )


ROWS = [conversation(f"What is {n} and {n}?", f"It is {n} {n}.") for n in range(6)] + [
    conversation(f"{n}和{n}是什么？", f"是{n}{n}。") for n in range(6)
]


def work_on(
    config: SftConfig,
    folder: Path,
    train: list[Conversation],
    validation: list[Conversation],
    probes: Sequence[Probe] = (),
) -> Work[SftConfig]:
    for name in ("out", "scratch", "mix"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    work = Work(
        config=config,
        out=folder / "out",
        scratch=folder / "scratch",
        inputs={"mix": folder / "mix"},
        manifests={},
        memo=Store(folder / "store").memo,
        progress=Progress(terminal=False),
        beside={"generate": folder / "generate"},
    )
    write_jsonl(folder / "generate" / "probes.jsonl", probes)
    for name, rows in (("train.jsonl", train), ("validation.jsonl", validation)):
        (folder / "mix" / name).write_text("".join(row.model_dump_json() + "\n" for row in rows), encoding="utf-8")
    return work


def test_a_row_that_asks_a_probe_stops_the_training(tiny_model: ModelConfig, tmp_path: Path) -> None:
    probe = Probe(id="p", fact="f", kind="paraphrase", question="What is the sum of 3 and 3?", answer="6")
    leaked = conversation("what is a sum of 3 and 3", "It is 6.")
    with pytest.raises(
        StageError,
        match=r"1 \(7.7%\): .*probe_leak\), such as\n +row what is a sum of 3 and 3 asks .* held-out probe p",
    ):
        make(work_on(config_for(tiny_model), tmp_path, [*ROWS, leaked], [], [probe]))


def config_for(model: ModelConfig, **dials: Any) -> SftConfig:
    values = {"model": model, "rank": 4, "alpha": 8, "epochs": 2, "batch_size": 4, "gradient_accumulation": 1} | dials
    return SftConfig(**values)


@pytest.mark.parametrize("dials", [{}, {"optimizer": "muon"}, {"method": "full"}], ids=["lora", "muon", "full"])
def test_training_changes_the_model_and_lowers_the_loss(
    tiny_model: ModelConfig, tmp_path: Path, dials: dict[str, Any]
) -> None:
    import torch

    config = config_for(tiny_model, epochs=12, learning_rate=0.01, **dials)
    work = work_on(config, tmp_path, ROWS, ROWS[:2])
    make(work)
    curve = [json.loads(line) for line in (work.out / "about" / "curve.jsonl").read_text().splitlines()]
    losses = [entry["loss"] for entry in curve if "loss" in entry]
    assert losses[-1] < losses[0]
    assert any("eval_loss" in entry for entry in curve)
    saved = ModelConfig.model_validate_json((work.out / "model.json").read_text())
    assert saved == tiny_model
    inputs = load_tokenizer(saved)("What is 3 and 3?", return_tensors="pt")
    base, tuned = load_model(saved), load_model(saved, work.out / "adapter")
    with torch.no_grad():
        assert not torch.allclose(base(inputs["input_ids"]).logits, tuned(inputs["input_ids"]).logits)
    assert work.counts["kept"] == len(ROWS)
    assert not list((work.out / "adapter").glob("*.bin"))


def test_only_the_assistants_tokens_and_the_end_of_turn_are_trained(tiny_model: ModelConfig, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_model)
    trainer = trainer_for(
        config_for(tiny_model), load_model(tiny_model), tokenizer, ROWS[:1], [], epochs=1, scratch=tmp_path
    )
    batch = next(iter(trainer.get_train_dataloader()))
    labels = [label for label in batch["labels"][0].tolist() if label != -100]
    assert tokenizer.decode(labels) == ROWS[0].messages[1]["content"] + "<|im_end|>"


def test_long_and_empty_rows_are_left_out_with_a_reason(tiny_model: ModelConfig, tmp_path: Path) -> None:
    long, empty = conversation("Why?", "word " * 200), conversation("What?", "  ")
    work = work_on(config_for(tiny_model, epochs=1, max_length=64, left_out=0.1), tmp_path, [*ROWS, long, empty], [])
    make(work)
    assert dict(work.rejects) == {"longer_than_max_length": 1, "empty_turn": 1}
    assert work.counts["in"] == len(ROWS) + 2
    assert work.counts["kept"] == len(ROWS)


def test_nothing_to_train_on_is_an_error(tiny_model: ModelConfig, tmp_path: Path) -> None:
    work = work_on(config_for(tiny_model, left_out=1), tmp_path, [conversation("Why?", "")], [])
    with pytest.raises(StageError, match="no row is left"):
        make(work)


class DeadlyProgress(Progress):
    """Kills the process in its fifth step, after the checkpoint of the fourth."""

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        with super().task(title, total) as bar:
            advance = bar.advance

            def advance_or_die(amount: int = 1, note: str | None = None) -> None:
                advance(amount, note)
                if bar.done == 5:
                    os.kill(os.getpid(), signal.SIGKILL)

            bar.advance = advance_or_die  # type: ignore[method-assign]
            yield bar


def train_and_die(config: SftConfig, folder: Path) -> None:
    work = work_on(config, folder, ROWS, [])
    work.progress = DeadlyProgress(terminal=False)
    make(work)


def test_a_run_killed_after_a_checkpoint_ends_as_if_it_had_not_been(tiny_model: ModelConfig, tmp_path: Path) -> None:
    config = config_for(tiny_model, epochs=4, checkpoint_steps=2)
    whole = work_on(config, tmp_path / "whole", ROWS, [])
    make(whole)
    process = multiprocessing.get_context("spawn").Process(target=train_and_die, args=(config, tmp_path / "broken"))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    resumed = work_on(config, tmp_path / "broken", ROWS, [])
    assert sorted(path.name for path in resumed.scratch.glob("checkpoint-*")) == ["checkpoint-2", "checkpoint-4"]
    assert not (resumed.out / "adapter").exists()
    make(resumed)
    assert files_of(whole.out) == files_of(resumed.out)


def test_what_is_saved_does_not_hang_on_the_process(tiny_model: ModelConfig, tmp_path: Path) -> None:
    work = work_on(config_for(tiny_model, epochs=1), tmp_path, ROWS, [])
    make(work)
    modules = json.loads((work.out / "adapter" / "adapter_config.json").read_bytes())["target_modules"]
    assert len(modules) > 5
    assert modules == sorted(modules)  # as a set they come in the order of the process's hashes


def test_all_weights_are_trained_in_float32_and_saved_in_the_models_own_dtype(
    tiny_model: ModelConfig, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import load_file

    weights = {}
    for dtype in ("float32", "bfloat16"):
        model = tiny_model.model_copy(update={"dtype": dtype})
        work = work_on(config_for(model, method="full", learning_rate=1e-4), tmp_path / dtype, ROWS, [])
        make(work)
        weights[dtype] = load_file(work.out / "adapter" / "model.safetensors")
    for name, tensor in weights["bfloat16"].items():
        assert tensor.dtype == torch.bfloat16
        assert torch.equal(tensor, weights["float32"][name].bfloat16())


def test_the_device_changes_nothing_that_is_written(tiny_model: ModelConfig, tmp_path: Path) -> None:
    written = []
    for device in ("auto", "cpu"):
        work = work_on(config_for(tiny_model.model_copy(update={"device": device})), tmp_path / device, ROWS, [])
        make(work)
        written.append((work.out / "model.json").read_bytes())
    assert written[0] == written[1]


def test_where_padding_is_the_end_of_a_turn_that_is_trained_all_the_same(
    tiny_model: ModelConfig, tmp_path: Path
) -> None:
    tokenizer = load_tokenizer(tiny_model)
    tokenizer.pad_token = tokenizer.eos_token
    trainer = trainer_for(
        config_for(tiny_model), load_model(tiny_model), tokenizer, ROWS[:4], [], epochs=1, scratch=tmp_path
    )
    for labels in next(iter(trainer.get_train_dataloader()))["labels"].tolist():
        assert [label for label in labels if label != -100].count(tokenizer.eos_token_id) == 1


def test_a_template_that_does_not_mark_the_answer_is_refused(tiny_model: ModelConfig) -> None:
    tokenizer = load_tokenizer(tiny_model)
    assert training_template(tokenizer) is None
    good = tokenizer.chat_template
    tokenizer.chat_template = good.replace("{%- generation %}", "").replace("{%- endgeneration %}", "")
    with pytest.raises(StageError, match="generation"):
        training_template(tokenizer)
    marked, bare = " + '<|im_end|>' }}{%- endgeneration %}", " }}{%- endgeneration %}{{- '<|im_end|>' }}"
    tokenizer.chat_template = good.replace(marked, bare)
    with pytest.raises(StageError, match="would not stop"):
        Template(tokenizer)
    tokenizer.chat_template = None
    with pytest.raises(StageError, match="chat template"):
        training_template(tokenizer)


def test_tokens_counts_what_is_trained(tiny_model: ModelConfig) -> None:
    tokenizer = load_tokenizer(tiny_model)
    rendered = Template(tokenizer).render(ROWS[0].messages)
    assert rendered.trained == len(tokenizer(ROWS[0].messages[1]["content"] + "<|im_end|>")["input_ids"])
    assert len(rendered.ids) > rendered.trained


@pytest.mark.parametrize(("rows", "epochs"), [(1, 15), (100, 15), (1000, 10), (10_000, 2), (1_000_000, 2)])
def test_epochs_by_size(rows: int, epochs: float) -> None:
    assert epochs_for(rows) == epochs


def test_epochs_fall_with_size() -> None:
    sizes = [100, 300, 1000, 3000, 10_000]
    assert [epochs_for(size) for size in sizes] == sorted({epochs_for(size) for size in sizes}, reverse=True)


def test_steps_and_lengths() -> None:
    assert total_steps(SftConfig(batch_size=4, gradient_accumulation=2), rows=17, epochs=2) == 6
    assert percentiles([]) == {}
    assert percentiles(range(1, 101)) == {"p50": 51, "p95": 96, "p99": 100, "max": 100}


def test_muon_is_refused_for_full() -> None:
    with pytest.raises(ValueError, match="muon"):
        SftConfig(method="full", optimizer="muon")


@pytest.mark.slow
def test_qlora_trains_on_four_bit_weights(tiny_model: ModelConfig, tmp_path: Path) -> None:
    work = work_on(config_for(tiny_model, method="qlora", epochs=1), tmp_path, ROWS[:4], [])
    make(work)
    assert (work.out / "adapter" / "adapter_model.safetensors").is_file()
