"""Local Hugging Face models: loading, adapters, answers. The same code for the bundled toy and for a 7B on a GPU."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from artifacts.records import Message
from tasks.models.config import ModelConfig

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Model = Any  # PreTrainedModel or PeftModel: both generate, neither is the other's type


def quiet_libraries() -> None:
    """Keep the training libraries from phoning home and from filling the terminal; before they are imported."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("WANDB_DISABLED", "true")
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    # bitsandbytes tells of a CPU kernel that it would fetch from a hub; it works without
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    from datasets import disable_progress_bars
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    disable_progress_bars()


def source(config: ModelConfig) -> dict[str, Any]:
    """The arguments that name the weights to `from_pretrained`: never remote code, never pickles."""
    if config.folder is not None:
        return {"pretrained_model_name_or_path": str(config.folder), "local_files_only": True}
    return {"pretrained_model_name_or_path": config.path, "revision": config.revision}


def load_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    quiet_libraries()
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(**source(config), trust_remote_code=False)


def load_model(
    config: ModelConfig, adapter: Path | None = None, *, quantize: Literal["nf4"] | None = None, trainable: bool = False
) -> Model:
    """Load a model, with a LoRA adapter on it or, where the folder holds whole weights, those weights instead.

    `quantize="nf4"` loads the linear layers in 4 bits by bitsandbytes (QLoRA, https://arxiv.org/abs/2305.14314).
    """
    quiet_libraries()
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    dtype = getattr(torch, config.dtype)
    kwargs: dict[str, Any] = source(config)
    if adapter is not None and not (adapter / "adapter_config.json").is_file():
        kwargs, adapter = {"pretrained_model_name_or_path": str(adapter), "local_files_only": True}, None
    if quantize is not None:
        kwargs["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=dtype,
        )
    device = pick_device(config)
    if device == "cuda":
        kwargs["device_map"] = {"": 0}
    model = AutoModelForCausalLM.from_pretrained(
        **kwargs, dtype=dtype, attn_implementation=config.attention, use_safetensors=True, trust_remote_code=False
    )
    if quantize is not None:
        _keep_gradients(model)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter), is_trainable=trainable)
        # Where a checkpoint is saved PEFT looks the base's configuration up by this name, and on a hub if it must.
        model.peft_config["default"].base_model_name_or_path = kwargs["pretrained_model_name_or_path"]
    return model


def _keep_gradients(model: Model) -> None:
    """Stop bitsandbytes from packing weights for fast inference on a CPU, which it does at the first evaluation.

    The packed product has no backward pass, so training that went on after would leave out most of the gradient.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def pick_device(config: ModelConfig) -> str:
    import torch

    if config.device != "auto":
        return config.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def as_prompt(question: str) -> list[Message]:
    return [{"role": "user", "content": question}]


def answer(
    model: Model,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Sequence[Message]],
    *,
    max_new_tokens: int = 64,
    batch_size: int = 64,
    samples: int = 1,
    temperature: float = 0.0,
    seed: int = 0,
    advance: Callable[[int], Any] | None = None,
) -> list[list[str]]:
    """Answer each prompt `samples` times (greedily where the temperature is 0); the order is that of the prompts.

    Prompts are batched by length, padded on the left, and rendered by the model's chat template.
    """
    import torch

    texts = [tokenizer.apply_chat_template(list(p), tokenize=False, add_generation_prompt=True) for p in prompts]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    replies: list[list[str]] = [[] for _ in texts]
    sampling: dict[str, Any] = {"do_sample": False}
    if temperature > 0:
        sampling = {"do_sample": True, "temperature": temperature, "num_return_sequences": samples}
    was_training, side = model.training, tokenizer.padding_side
    model.eval()
    tokenizer.padding_side = "left"
    torch.manual_seed(seed)
    try:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            inputs = tokenizer(
                [texts[index] for index in batch], return_tensors="pt", padding=True, add_special_tokens=False
            ).to(model.device)
            inputs.pop("token_type_ids", None)
            with torch.inference_mode():
                output = model.generate(
                    **inputs,
                    **sampling,
                    max_new_tokens=max_new_tokens,
                    eos_token_id=tokenizer.eos_token_id,
                    pad_token_id=tokenizer.pad_token_id,
                )
            decoded = tokenizer.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
            each = len(decoded) // len(batch)
            for place, index in enumerate(batch):
                replies[index] = [text.strip() for text in decoded[place * each : (place + 1) * each]]
            if advance is not None:
                advance(len(batch))
    finally:
        tokenizer.padding_side = side
        model.train(was_training)
    return replies
