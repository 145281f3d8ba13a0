"""One model out of base and adapter, and the proof that it is the same one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.models.config import ModelConfig
from tasks.models.local import Model, as_prompt, load_model, load_tokenizer

if TYPE_CHECKING:
    from torch import Tensor

PROMPTS = (
    "Hello!",
    "What is the warranty period of the pump, and who pays for the delivery of a spare part?",
    "你好！",
    "这台水泵的保修期是多久？更换备件的运费由谁承担？",
)


def merge(model: ModelConfig, tuned: Path, out: Path) -> list[Tensor]:
    """Save base and adapter as one, in the precision of the base; returns the logits of base and adapter.

    The base is loaded anew in its own precision: weights in 4 bits that QLoRA trained on would stay in 4 bits, and
    rounding them again after the merge costs what the adapter learned.
    """
    both, tokenizer = load_model(model, tuned), load_tokenizer(model)
    logits = logits_of(both, model)
    merged = both.merge_and_unload(safe_merge=True) if (tuned / "adapter_config.json").is_file() else both
    merged.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return logits


def logits_of(loaded: Model, names: ModelConfig, prompts: Sequence[str] = PROMPTS) -> list[Tensor]:
    """Logits at every token of each prompt, on the CPU; `names` says whose tokenizer reads the prompts."""
    import torch

    tokenizer = load_tokenizer(names)
    found = []
    for prompt in prompts:
        inputs = tokenizer.apply_chat_template(
            as_prompt(prompt), add_generation_prompt=True, return_dict=True, return_tensors="pt"
        )
        with torch.inference_mode():
            found.append(loaded.eval()(input_ids=inputs["input_ids"].to(loaded.device)).logits.float().cpu())
    return found


def differences(first: Sequence[Tensor], second: Sequence[Tensor]) -> dict[str, float]:
    """How far two models' logits lie apart.

    `relative_difference` is the root mean square of the difference over that of the logits. It is what a limit can be
    set on: the largest difference of one logit grows with the vocabulary, and at 32 one step of bfloat16 is 0.125.
    """
    import torch

    one, other = (torch.cat([logits.flatten(0, -2) for logits in logits_of_each]) for logits_of_each in (first, second))
    return {
        "relative_difference": ((one - other).norm() / one.norm()).item(),
        "max_difference": (one - other).abs().max().item(),
        "same_first_choice": (one.argmax(-1) == other.argmax(-1)).float().mean().item(),
    }
