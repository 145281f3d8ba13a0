"""Local Hugging Face models: loading, adapters, answers. The same code for the bundled toy and for a 7B on a GPU."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from artifacts.records import Message
from artifacts.stage import StageError
from tasks.models.config import ModelConfig

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Model = Any  # PreTrainedModel or PeftModel: both generate, neither is the other's type
# What a model's generation_config.json may set otherwise (Qwen2.5 penalises repetition, even in greedy decoding).
PLAIN_DECODING = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0, "num_beams": 1, "top_k": 50, "top_p": 1.0}
COMMIT = re.compile(r"[0-9a-f]{40}")


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


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Say which model can't be loaded; what the libraries raise for it is of many kinds, and names no dial."""
    try:
        yield
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        raise StageError(
            f"the model {name} can't be loaded ({type(error).__name__}: {said}). See sft.model: its path is a folder "
            "with config.json, tokenizer and *.safetensors, or a hub id that can be reached or is in the hub's cache"
        ) from error


def pinned(config: ModelConfig) -> ModelConfig:
    """The model with the commit that its branch or tag stands for now; a folder's as it is."""
    if config.folder is not None or COMMIT.fullmatch(config.revision):
        return config
    quiet_libraries()
    from huggingface_hub import hf_hub_download

    with _explained(f"{config.path}@{config.revision}"):
        path = Path(hf_hub_download(config.path, "config.json", revision=config.revision))
    return config.model_copy(update={"revision": path.parent.name})  # the cache keeps a folder of each commit


def load_tokenizer(config: ModelConfig) -> PreTrainedTokenizerBase:
    """The model's tokenizer; one that names no token for padding pads with the end of a turn.

    That does no harm: trl masks padding by its place, not by its token, so the end of a turn is trained all the same.
    """
    quiet_libraries()
    from transformers import AutoTokenizer

    with _explained(config.path):
        tokenizer = AutoTokenizer.from_pretrained(**source(config), trust_remote_code=False)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


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
    with _explained(kwargs["pretrained_model_name_or_path"]):
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


def render(tokenizer: PreTrainedTokenizerBase, prompt: Sequence[Message]) -> str:
    """The text that a model goes on from.

    Of a hybrid model (Qwen3) `enable_thinking=False` ends it with an empty block of thoughts. That is what training
    puts before each answer too: trl's training template does it in every assistant turn, and the model's own template,
    which DPO uses, in the last. Other templates don't know the variable.
    """
    text: str = tokenizer.apply_chat_template(
        list(prompt), tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    return text


def without_thoughts(reply: str) -> str:
    """What a reply says after its thoughts; one that was cut off within them stays as it is (match.is_cut_thought)."""
    return reply.rpartition("</think>")[2].strip()


class Reply(NamedTuple):
    """What a model said, and whether it came to the end of its turn."""

    text: str
    ended: bool


def answer(
    model: Model, tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Sequence[Message]], **decoding: Any
) -> list[list[str]]:
    """The texts of `replies`."""
    found = replies(model, tokenizer, prompts, **decoding)
    return [[reply.text for reply in each] for each in found]


def replies(
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
) -> list[list[Reply]]:
    """Answer each prompt `samples` times (greedily where the temperature is 0); the order is that of the prompts.

    Prompts are batched by length, padded on the left, and rendered by the model's chat template, without thinking
    aloud where the model can do either.
    """
    import torch

    texts = [render(tokenizer, prompt) for prompt in prompts]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    found: list[list[Reply]] = [[] for _ in texts]
    decoding: dict[str, Any] = {**PLAIN_DECODING, "max_new_tokens": max_new_tokens, "do_sample": False}
    if temperature > 0:
        decoding |= {"do_sample": True, "temperature": temperature, "num_return_sequences": samples}
    torch.manual_seed(seed)
    with _speaking(model, tokenizer):
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            said = _said(model, tokenizer, [texts[index] for index in batch], decoding)
            each = len(said) // len(batch)
            for place, index in enumerate(batch):
                found[index] = said[place * each : (place + 1) * each]
            if advance is not None:
                advance(len(batch))
    return found


@contextmanager
def _speaking(model: Model, tokenizer: PreTrainedTokenizerBase) -> Iterator[None]:
    """Both as generation wants them, and after it as they were: evaluation comes amid training."""
    was_training, side = model.training, tokenizer.padding_side
    model.eval()
    tokenizer.padding_side = "left"
    try:
        yield
    finally:
        tokenizer.padding_side = side
        model.train(was_training)


def _said(model: Model, tokenizer: PreTrainedTokenizerBase, texts: list[str], decoding: dict[str, Any]) -> list[Reply]:
    """The replies to a batch, those to one prompt behind each other."""
    import torch

    inputs = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False).to(model.device)
    inputs.pop("token_type_ids", None)
    with torch.inference_mode():
        output = model.generate(
            **inputs, **decoding, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
        )
    generated = output[:, inputs["input_ids"].shape[1] :]
    return [
        Reply(without_thoughts(text), tokenizer.eos_token_id in tokens)
        for text, tokens in zip(
            tokenizer.batch_decode(generated, skip_special_tokens=True), generated.tolist(), strict=True
        )
    ]
