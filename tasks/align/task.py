"""preference pairs + tuned adapter -> aligned adapter (or weights, where all were tuned)."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import PreferencePair, Probe
from artifacts.runs import Run
from artifacts.stage import Work
from artifacts.store import Ref
from tasks.align.config import AlignConfig
from tasks.align.train import optimise, pair_length
from tasks.models.config import ModelConfig
from tasks.models.language.contamination import Contamination
from tasks.models.language.leak import Guard
from tasks.models.local import load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FEW_PAIRS = 20  # from so few pairs a model learns their words, and no preference


@task(name="align", persist_result=False, cache_policy=NO_CACHE)
def align(run: Run, config: AlignConfig, *, prefer: Ref, sft: Ref, generate: Ref, clean: Ref) -> Ref | State[Ref]:
    """Align the tuned model with the preference pairs."""
    return run_stage(run, config, {"prefer": prefer, "sft": sft}, make, generate=generate, clean=clean)


def make(work: Work[AlignConfig]) -> None:
    tuned = work.inputs["sft"] / "adapter"
    shutil.copy(work.inputs["sft"] / "model.json", work.out / "model.json")
    model = ModelConfig.model_validate_json((work.out / "model.json").read_text(encoding="utf-8"))
    work.models["base"] = f"{model.path} {model.identity()}"
    work.models["tuned"] = f"sft {work.manifests['sft'].digest}"
    tokenizer = load_tokenizer(model)
    pairs = _pairs(work, tokenizer)
    if not pairs:
        shutil.copytree(tuned, work.out / "adapter")
        work.write("about/curve.jsonl", [])
        work.notes.append("there was no preference pair to learn from: this is the tuned model of sft, unchanged")
        return
    outcome = optimise(
        work.config,
        model,
        tuned,
        tokenizer,
        pairs,
        out=work.out / "adapter",
        scratch=work.scratch,
        progress=work.progress,
    )
    work.write("about/curve.jsonl", outcome.curve)
    work.facts |= {"start": outcome.start, "end": outcome.end, "steps": outcome.steps}
    if len(pairs) < FEW_PAIRS:
        work.notes.append(
            f"trained on {len(pairs)} preference pairs alone, too few to align a model; see prefer's notes"
        )
    if outcome.stopped:
        work.notes.append(
            f"stopped at step {outcome.steps}: the chosen answers had lost more than align.max_chosen_drop "
            f"({work.config.max_chosen_drop} nats an answer); try a lower learning rate or more sft_weight"
        )


def _pairs(work: Work[AlignConfig], tokenizer: PreTrainedTokenizerBase) -> list[PreferencePair]:
    """The pairs that fit; trl itself would cut the others short without a word."""
    kept, limit = [], work.config.max_length
    guard, sets = Guard(work.read("generate", "probes.jsonl", Probe)), Contamination.of(work.beside.get("clean"))
    for pair in work.read("prefer", "pairs.jsonl", PreferencePair):
        work.counts["in"] += 1
        guard.refuse("align", pair.id, pair.prompt, pair.fact)
        sets.refuse("align", pair.id, pair.prompt)
        if (length := pair_length(tokenizer, pair)) > limit:
            detail = f"{length} tokens, align.max_length is {limit}; raise it, or let prefer.max_new_tokens be less"
            work.reject("longer_than_max_length", pair, detail)
        else:
            kept.append(pair)
    work.counts["kept"] = len(kept)
    return kept
