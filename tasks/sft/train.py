"""The trl side of fine-tuning."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.records import Conversation
from tasks.models.local import Model, load_model
from tasks.models.training import (
    curve,
    device_arguments,
    last_checkpoint,
    master_weights,
    progress_callback,
    save,
    updates,
)
from tasks.sft.config import SftConfig

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import PreTrainedTokenizerBase
    from trl import SFTTrainer

    from artifacts.progress import Progress

LOGS = 100  # points on a loss curve, about


def total_steps(config: SftConfig, rows: int, epochs: float) -> int:
    return updates(rows, batch_size=config.batch_size, accumulation=config.gradient_accumulation, epochs=epochs)


def trainer_for(
    config: SftConfig,
    model: Model,
    tokenizer: PreTrainedTokenizerBase,
    train: list[Conversation],
    validation: list[Conversation],
    *,
    epochs: float,
    scratch: Path,
    ordered: bool = False,
) -> SFTTrainer:
    """A trainer with the loss on the assistant's tokens alone and checkpoints in `scratch`.

    Rows are shuffled in each epoch; where they are `ordered`, each epoch shows them as they stand.
    """
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    steps = total_steps(config, len(train), epochs)
    arguments = SFTConfig(
        output_dir=str(scratch),
        num_train_epochs=epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        learning_rate=config.peak_learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=math.ceil(steps * config.warmup_share),
        weight_decay=config.weight_decay,
        optim="adamw_8bit" if config.optimizer == "adamw_8bit" else "adamw_torch",
        assistant_only_loss=True,
        max_length=config.max_length,
        packing=False,
        train_sampling_strategy="sequential" if ordered else "random",
        logging_steps=max(1, steps // LOGS),
        eval_strategy="epoch" if validation else "no",
        save_strategy="steps",
        save_steps=config.checkpoint_steps,
        save_total_limit=2,
        seed=config.seed,
        **device_arguments(config.model, gradient_checkpointing=config.gradient_checkpointing),
    )
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=_dataset(train),
        eval_dataset=_dataset(validation) if validation else None,
        processing_class=tokenizer,
        peft_config=_adapter(config),
        **_optimizer(config),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _adapter(config: SftConfig) -> LoraConfig | None:
    """What is trained in place of the weights; None where those are."""
    from peft import LoraConfig, TaskType

    if config.method == "full":
        return None
    return LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        target_modules="all-linear",
    )


def _dataset(rows: list[Conversation]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([{"messages": list(row.messages)} for row in rows])


def _optimizer(config: SftConfig) -> dict[str, Any]:
    """Muon for the LoRA matrices, its rate scaled to act like AdamW's: https://kellerjordan.github.io/posts/muon/"""
    if config.optimizer != "muon":
        return {}
    import torch

    dials = {
        "lr": config.peak_learning_rate,
        "momentum": 0.95,
        "weight_decay": config.weight_decay,
        "adjust_lr_fn": "match_rms_adamw",
    }
    return {"optimizer_cls_and_kwargs": (torch.optim.Muon, dials)}


def fine_tune(
    config: SftConfig,
    tokenizer: PreTrainedTokenizerBase,
    train: list[Conversation],
    validation: list[Conversation],
    *,
    epochs: float,
    out: Path,
    scratch: Path,
    progress: Progress,
    ordered: bool = False,
) -> list[dict[str, float]]:
    """Train, from a checkpoint where there is one, and save the adapter (or the weights); returns the curve."""
    from transformers import set_seed

    set_seed(config.seed)
    loaded = master_weights(config.model) if config.method == "full" else config.model
    model = load_model(loaded, quantize="nf4" if config.method == "qlora" else None)
    trainer = trainer_for(config, model, tokenizer, train, validation, epochs=epochs, scratch=scratch, ordered=ordered)
    with progress.task("sft", total_steps(config, len(train), epochs)) as bar:
        trainer.add_callback(progress_callback(bar))
        trainer.train(resume_from_checkpoint=last_checkpoint(scratch))
    save(trainer.model, tokenizer, config.model, out)
    return list(curve(trainer.state.log_history))
