"""The trl side of preference optimisation."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from artifacts.records import PreferencePair
from artifacts.stage import StageError
from tasks.align.config import AlignConfig
from tasks.models.config import ModelConfig
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

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, TrainerCallback
    from trl import DPOTrainer

    from artifacts.progress import Progress

TRL_LOSSES = {"dpo": "sigmoid", "ipo": "ipo"}
LOGGED_SHARE = 0.02  # of the steps between two points of the curve
POINTS = 5  # of the curve, whose mean tells whether the chosen answers lose probability
PROBED = 64  # pairs that are measured before and after
SAME = 0.01  # nats an answer that policy and reference may differ by before the first step


@dataclass(frozen=True)
class Outcome:
    curve: list[dict[str, float]]
    start: dict[str, float]
    end: dict[str, float]
    steps: int
    stopped: bool  # before its last step, because the chosen answers lost probability


def pair_length(tokenizer: PreTrainedTokenizerBase, pair: PreferencePair) -> int:
    """Tokens of the prompt with the longer of the two answers, as the trainer sees them."""
    sides = (
        tokenizer.apply_chat_template([*pair.prompt, *side], return_dict=True) for side in (pair.chosen, pair.rejected)
    )
    return max(len(side["input_ids"]) for side in sides)


def trainer_for(
    config: AlignConfig,
    model: ModelConfig,
    tuned: Path,
    tokenizer: PreTrainedTokenizerBase,
    pairs: list[PreferencePair],
    *,
    scratch: Path,
) -> DPOTrainer:
    """A trainer that starts from the tuned model and has the same, frozen, for its reference.

    Of a PeftModel that comes without a new `peft_config` trl makes that frozen copy itself; the base without its
    adapter would be the wrong reference.
    """
    from transformers import PrinterCallback
    from trl import DPOConfig, DPOTrainer

    is_adapter = (tuned / "adapter_config.json").is_file()
    loaded = model if is_adapter else master_weights(model)
    policy = load_model(loaded, tuned, quantize=config.quantize if is_adapter else None, trainable=True)
    arguments = DPOConfig(
        output_dir=str(scratch),
        loss_type=[TRL_LOSSES[config.loss], "sft"],
        loss_weights=[1.0, config.sft_weight],
        beta=config.beta,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        learning_rate=config.learning_rate or (1e-5 if is_adapter else 1e-6),
        lr_scheduler_type="cosine",
        warmup_steps=config.warmup_share,
        max_length=config.max_length,
        logging_steps=LOGGED_SHARE,
        save_strategy="steps",
        save_steps=config.checkpoint_steps,
        save_total_limit=2,
        seed=config.seed,
        **device_arguments(model, gradient_checkpointing=config.gradient_checkpointing),
    )
    trainer = DPOTrainer(
        model=policy,
        ref_model=None if is_adapter else load_model(loaded, tuned),
        args=arguments,
        train_dataset=_dataset(pairs),
        processing_class=tokenizer,
    )
    trainer.remove_callback(PrinterCallback)
    if config.quantize and is_adapter:
        _round_reference(policy)
    return trainer


def _round_reference(policy: Model) -> None:
    """On a base in 4 bits trl rounds the trained adapter to bfloat16 but not its frozen copy: do the same to that."""
    import torch

    for name, parameter in policy.named_parameters():
        if ".ref." in name:
            parameter.data = parameter.data.to(torch.bfloat16)


def _dataset(pairs: list[PreferencePair]) -> Any:
    from datasets import Dataset

    return Dataset.from_list([pair.model_dump(include={"prompt", "chosen", "rejected"}) for pair in pairs])


def optimise(
    config: AlignConfig,
    model: ModelConfig,
    tuned: Path,
    tokenizer: PreTrainedTokenizerBase,
    pairs: list[PreferencePair],
    *,
    out: Path,
    scratch: Path,
    progress: Progress,
) -> Outcome:
    """Train, from a checkpoint where there is one, and save the adapter (or the weights)."""
    trainer = trainer_for(config, model, tuned, tokenizer, pairs, scratch=scratch)
    probed = _dataset(pairs[:PROBED])
    start = measure(trainer, probed)
    check_reference(start, config.beta)
    steps = updates(
        len(pairs), batch_size=config.batch_size, accumulation=config.gradient_accumulation, epochs=config.epochs
    )
    with progress.task("align", steps) as bar:
        trainer.add_callback(progress_callback(bar))
        trainer.add_callback(_stop_when_chosen_drops(config))
        trainer.train(resume_from_checkpoint=last_checkpoint(scratch))
    points, done = list(curve(trainer.state.log_history)), trainer.state.global_step
    end = measure(trainer, probed)
    save(trainer.model, tokenizer, model, out)
    return Outcome(points, start, end, done, stopped=done < trainer.state.max_steps)


def measure(trainer: DPOTrainer, rows: Any) -> dict[str, float]:
    """Margin, rewards, accuracy and log probabilities of some pairs, as means."""
    metrics = trainer.evaluate(rows)
    names = {
        "margin": "rewards/margins",
        "chosen_reward": "rewards/chosen",
        "rejected_reward": "rewards/rejected",
        "accuracy": "rewards/accuracies",
        "chosen_logp": "logps/chosen",
        "rejected_logp": "logps/rejected",
    }
    return {name: round(metrics[f"eval_{key}"], 6) for name, key in names.items()}


def check_reference(start: dict[str, float], beta: float) -> None:
    """Before the first step policy and reference are one model, so no answer's reward is other than about 0."""
    furthest = max(abs(start[name]) for name in ("chosen_reward", "rejected_reward", "margin")) / beta
    if not furthest <= SAME:
        raise StageError(
            f"align: before the first step the reference differs from the tuned model by {furthest:.3g} nats an answer "
            f"(at most {SAME} may be); DPO would pull towards another model than sft's"
        )


def _stop_when_chosen_drops(config: AlignConfig) -> TrainerCallback:
    """`rewards/chosen` is beta times how far the chosen answers' log probability lies above its start.

    One point of the curve may be a single batch, so the mean of the newest few decides.
    """
    from transformers import TrainerCallback

    newest: deque[float] = deque(maxlen=POINTS)

    class StopWhenChosenDrops(TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **kwargs: Any) -> None:
            if "rewards/chosen" in logs:
                newest.append(logs["rewards/chosen"] / config.beta)
            if len(newest) == POINTS and sum(newest) / POINTS < -config.max_chosen_drop:
                control.should_training_stop = True

    return StopWhenChosenDrops()
