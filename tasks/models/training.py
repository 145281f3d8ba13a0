"""What every trl trainer here shares: arguments that suit the device, progress, the curve, checkpoints."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.models.config import ModelConfig
from tasks.models.local import Model, pick_device

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, TrainerCallback

    from artifacts.progress import Task

PASSING = ("_runtime", "_per_second", "num_tokens")  # ends of names in a log that tell of a process, not of training
SHOWN = ("loss", "rewards/margins", "eval_loss")


def device_arguments(config: ModelConfig, *, gradient_checkpointing: bool) -> dict[str, Any]:
    """Arguments of a `TrainingArguments` that follow from the device and the dtype, and that keep it quiet."""
    on_gpu = pick_device(config) == "cuda"
    return {
        "use_cpu": not on_gpu,
        "bf16": on_gpu and config.dtype == "bfloat16",
        "dataloader_pin_memory": on_gpu,
        "gradient_checkpointing": gradient_checkpointing,
        "report_to": "none",
        "disable_tqdm": True,
    }


def master_weights(config: ModelConfig) -> ModelConfig:
    """The model as it is loaded to train all of its weights: in float32, whatever its own dtype.

    A small step added to a weight in bfloat16 is rounded away. `device_arguments` computes in bfloat16 all the same.
    """
    return config.model_copy(update={"dtype": "float32"})


def updates(rows: int, *, batch_size: int, accumulation: int, epochs: float) -> int:
    """Optimizer updates over the whole training, on one device."""
    each = math.ceil(math.ceil(rows / batch_size) / accumulation)
    return max(1, math.ceil(each * epochs))


def last_checkpoint(folder: Path) -> str | None:
    """The newest checkpoint that was written whole, if a killed run left one; the trainer's state is written last."""
    found = [path for path in folder.glob("checkpoint-*") if _is_json(path / "trainer_state.json")]
    return str(max(found, key=lambda path: int(path.name.split("-")[1]))) if found else None


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return True


def curve(history: list[dict[str, float]]) -> Iterator[dict[str, float]]:
    """The trainer's log as rows of about/curve.jsonl: `step`, `epoch`, `loss` or `eval_loss`, `learning_rate` ...

    They are the same after a checkpoint was gone on from, which reads their names in another order and lets trl count
    tokens from nothing.
    """
    for entry in history:
        if "loss" in entry or "eval_loss" in entry:
            yield {name: entry[name] for name in sorted(entry) if not name.endswith(PASSING)}


def progress_callback(bar: Task) -> TrainerCallback:
    """Advances a progress task by the trainer's steps, with the newest loss beside it."""
    from transformers import TrainerCallback

    class Advance(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            bar.advance(state.global_step - bar.done)

        def on_log(
            self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
        ) -> None:
            shown = [f"{name} {float(logs[name]):.3f}" for name in SHOWN if logs and name in logs]
            if shown:
                bar.advance(0, note=", ".join(shown))

    return Advance()


def save(model: Model, tokenizer: PreTrainedTokenizerBase, config: ModelConfig, out: Path) -> None:
    """Save what was trained, adapter or weights, with the tokenizer and no word of where on this machine it was made.

    Of an adapter the trained one alone, not the frozen copy that DPO has for its reference. Whole weights are saved in
    the model's own dtype, in which they are loaded again.
    """
    import torch
    from peft import PeftModel

    if isinstance(model, PeftModel):
        adapter = model.peft_config["default"]
        adapter.base_model_name_or_path = config.path
        adapter.target_modules = sorted(adapter.target_modules)  # of a set, each process would write another order
        # The vocabulary is the base's own; left to itself PEFT would ask a hub for the base's configuration.
        model.save_pretrained(out, selected_adapters=["default"], save_embedding_layers=False)
        (out / "README.md").unlink()  # PEFT's card names the base's folder; the project writes a card of its own
    else:
        model.to(getattr(torch, config.dtype)).save_pretrained(out)
    tokenizer.save_pretrained(out)
