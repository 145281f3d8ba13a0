"""A stage's work over input artifacts that a test makes by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from artifacts.progress import Progress, Task
from artifacts.records import Message, PreferencePair, Probe, write_jsonl
from artifacts.stage import C, Work
from artifacts.store import Manifest, Store
from tasks.models.config import ModelConfig
from tasks.models.local import load_model, load_tokenizer
from tasks.models.training import save


def work_for(
    config: C, folder: Path, progress: Progress | None = None, probes: Sequence[Probe] = (), **inputs: Path
) -> Work[C]:
    """Work in a folder that may have been worked in before: its memo and scratch are kept, its output is not."""
    for name in ("out", "scratch"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_jsonl(folder / "generate" / "probes.jsonl", probes)
    return Work(
        config=config,
        out=folder / "out",
        scratch=folder / "scratch",
        inputs=inputs,
        manifests={stage: manifest(stage, path) for stage, path in inputs.items()},
        memo=Store(folder / "store").memo,
        progress=progress or Progress(terminal=False),
        beside={"generate": folder / "generate"},
    )


def manifest(stage: str, folder: Path) -> Manifest:
    digest = f"{stage} in {folder.name}"
    return Manifest(
        stage=stage,
        version=1,
        key=digest,
        digest=digest,
        inputs={},
        config={},
        outside={},
        files=[],
        rows=0,
        bytes=0,
        counts={},
        rejects={},
    )


def tuned_model(model: ModelConfig, folder: Path, method: str = "lora") -> Path:
    """What sft leaves behind, with an adapter (or weights) that is not the base: drawn, not trained."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    loaded = load_model(model)
    if method == "lora":
        adapter = LoraConfig(
            task_type="CAUSAL_LM", r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False
        )
        loaded = get_peft_model(loaded, adapter)
    else:
        for parameter in loaded.parameters():
            parameter.data += 0.02 * torch.randn_like(parameter)
    save(loaded, load_tokenizer(model), model, folder / "adapter")
    (folder / "model.json").write_text(model.model_dump_json(), encoding="utf-8")
    return folder


def said(role: str, text: str) -> tuple[Message, ...]:
    return ({"role": role, "content": text},)


def preference(question: str, chosen: str, rejected: str) -> PreferencePair:
    return PreferencePair(
        id=question,
        prompt=said("user", question),
        chosen=said("assistant", chosen),
        rejected=said("assistant", rejected),
        chosen_source="reference",
        rejected_source="tuned",
        margin=1.0,
    )


class KilledError(Exception):
    """Stands for the end of a process."""


class KillingProgress(Progress):
    """Ends the work after it has advanced some times."""

    def __init__(self, after: int) -> None:
        super().__init__(terminal=False)
        self.left = after

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Task]:
        with super().task(title, total) as bar:
            advance = bar.advance

            def advance_or_die(amount: int = 1, note: str | None = None) -> None:
                self.left -= amount > 0
                if self.left < 0:
                    raise KilledError
                advance(amount, note)

            bar.advance = advance_or_die  # type: ignore[method-assign]
            yield bar


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file's content by its path."""
    paths: list[Any] = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
