"""Make the toy base model from its general rows: `graft base-model`.

Next-token training on all tokens, the question's weighed less than the answer's. Matrices are updated by Muon
(https://kellerjordan.github.io/posts/muon/), embeddings and norms by AdamW: at this size it learns in half the steps.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.models.embedded.architecture import END, START, make_model, make_tokenizer
from tasks.models.embedded.general import Row, knowledge, sample

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

    from artifacts.progress import Progress

ROWS = 40_000
QUESTION_WEIGHT = 0.3  # of a question's token in the loss; an answer's is 1
BATCH_TOKENS = 4096
CHUNK = 2000  # rows sorted by length together, so that a batch holds rows of about one length
Example = tuple[list[int], list[float]]  # token ids and their weights in the loss


def make(folder: Path, *, progress: Progress, steps: int = 1000, seed: int = 0) -> dict[str, Any]:
    """Train the toy and save it as bfloat16 safetensors with its tokenizer; returns what was measured."""
    import torch
    from transformers import AutoModelForCausalLM

    rows = sample(ROWS, seed)
    tokenizer = make_tokenizer(f"{row.question}\n{row.answer}" for row in rows[:20_000])
    model = make_model(tokenizer, seed=seed)
    examples = encode(tokenizer, rows)
    train(model, examples, progress=progress, steps=steps, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    saved = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    measured = {
        "parameters": sum(p.numel() for p in saved.parameters()),
        "rows": ROWS,
        "steps": steps,
        "seed": seed,
        "vocabulary": len(tokenizer),
        "held_out": held_out_scores(saved, tokenizer, progress),
    }
    (folder / "training.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return measured


def encode(tokenizer: PreTrainedTokenizerBase, rows: list[Row]) -> list[Example]:
    """Rows as the chat template renders them, each token with its weight."""

    def ids(texts: list[str]) -> list[list[int]]:
        return [list(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]

    questions = ids([f"{START}user\n{row.question}{END}\n{START}assistant\n" for row in rows])
    answers = ids([f"{row.answer}{END}" for row in rows])
    return [
        (question + answer, [QUESTION_WEIGHT] * len(question) + [1.0] * len(answer))
        for question, answer in zip(questions, answers, strict=True)
    ]


def batches(examples: list[Example], seed: int) -> Iterator[list[Example]]:
    """Endless batches of rows of about one length, at most BATCH_TOKENS with padding."""
    draw = random.Random(seed)
    while True:
        draw.shuffle(examples)
        for start in range(0, len(examples), CHUNK):
            ready: list[list[Example]] = [[]]
            for example in sorted(examples[start : start + CHUNK], key=lambda one: len(one[0])):
                if (len(ready[-1]) + 1) * len(example[0]) > BATCH_TOKENS:
                    ready.append([])
                ready[-1].append(example)
            draw.shuffle(ready)
            yield from ready


def train(model: Any, examples: list[Example], *, progress: Progress, steps: int, seed: int) -> None:
    import torch

    named = list(model.named_parameters())
    matrices = [p for name, p in named if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in named if p.ndim != 2 or "embed" in name]
    optimizers = [
        torch.optim.Muon(matrices, lr=0.01, momentum=0.95, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=0.003, betas=(0.9, 0.98), weight_decay=0.0),
    ]
    peaks = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    model.train()
    average = 0.0
    with progress.task("training the toy base model", steps) as bar:
        for step, batch in zip(range(steps), batches(examples, seed), strict=False):
            scale = min(1.0, (step + 1) / 40) * min(1.0, (steps - step) / (steps * 0.5))
            for optimizer, peak in zip(optimizers, peaks, strict=True):
                optimizer.param_groups[0]["lr"] = peak * scale
            loss = _loss(model, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for optimizer in optimizers:
                optimizer.step()
                optimizer.zero_grad()
            average = loss.item() if step == 0 else 0.95 * average + 0.05 * loss.item()
            bar.advance(note=f"loss {average:.3f}")


def _loss(model: Any, batch: list[Example]) -> torch.Tensor:
    """Weighted cross entropy; logits are computed only where a token counts."""
    import torch

    width = max(len(ids) for ids, _ in batch)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in batch])
    weights = torch.tensor([weights + [0.0] * (width - len(weights)) for _, weights in batch])[:, 1:].reshape(-1)
    hidden = model.model(input_ids=ids[:, :-1]).last_hidden_state
    counted = weights > 0
    logits = model.lm_head(hidden.reshape(-1, hidden.shape[-1])[counted])
    losses = torch.nn.functional.cross_entropy(logits, ids[:, 1:].reshape(-1)[counted], reduction="none")
    return (losses * weights[counted]).sum() / weights[counted].sum()


def held_out_scores(model: Any, tokenizer: PreTrainedTokenizerBase, progress: Progress) -> dict[str, float]:
    """Share of held-out wordings answered with the very sentence, by language; 400 of each."""
    from tasks.models.local import answer, as_prompt

    scores = {}
    for language in ("en", "zh"):
        rows = [row for row in knowledge()[1] if row.language == language]
        rows = random.Random(0).sample(rows, 400)
        with progress.task(f"held-out wordings ({language})", len(rows)) as bar:
            replies = answer(
                model, tokenizer, [as_prompt(row.question) for row in rows], max_new_tokens=40, advance=bar.advance
            )
        right = sum(reply[0] == row.answer for reply, row in zip(replies, rows, strict=True))
        scores[language] = right / len(rows)
    return scores
