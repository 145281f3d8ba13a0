"""conversations -> an adapter on the base model (or, for `method: full`, new weights)."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import Ref
from tasks.models.local import load_tokenizer, pinned
from tasks.sft.config import SftConfig
from tasks.sft.preflight import Preflight, epochs_for
from tasks.sft.template import Template
from tasks.sft.train import fine_tune, total_steps


@task(name="sft", persist_result=False, cache_policy=NO_CACHE)
def sft(run: Run, config: SftConfig, mix: Ref, generate: Ref, clean: Ref) -> Ref | State[Ref]:
    """Fine-tune the base model on the mixed conversations."""
    return run_stage(run, config, {"mix": mix}, make, generate=generate, clean=clean)


def make(work: Work[SftConfig]) -> None:
    config = work.config.model_copy(update={"model": pinned(work.config.model)})
    tokenizer = load_tokenizer(config.model)
    preflight = Preflight(work, Template(tokenizer))
    train, validation = preflight.rows("train.jsonl"), preflight.rows("validation.jsonl")
    preflight.finish()
    work.counts["kept"] = len(train)
    work.counts["validation"] = len(validation)
    if not train:
        raise StageError(
            f"sft: no row is left to train on ({dict(work.rejects)}); see sft.max_length and the mix stage"
        )
    epochs = config.epochs or epochs_for(len(train))
    work.facts |= {
        "epochs": epochs,
        "steps": total_steps(config, len(train), epochs),
    }
    work.models["base"] = f"{config.model.path} {config.model.identity()}"
    if config.model.revision != work.config.model.revision:
        work.notes.append(
            f"sft.model.revision {work.config.model.revision} stood for the commit {config.model.revision}; name that "
            "commit in the configuration, or a later run may reuse this model though the hub has another"
        )
    # The device is this stage's and this machine's: it can't change the digest, and later stages find their own.
    (work.out / "model.json").write_text(config.model.model_dump_json(indent=1, exclude={"device"}), encoding="utf-8")
    rows_of_curve = fine_tune(
        config,
        tokenizer,
        train,
        validation,
        epochs=epochs,
        out=work.out / "adapter",
        scratch=work.scratch,
        progress=work.progress,
        ordered=is_ordered(work),
    )
    work.write("about/curve.jsonl", rows_of_curve)
    losses = [entry["loss"] for entry in rows_of_curve if "loss" in entry]
    if losses:
        work.facts |= {"first_loss": losses[0], "last_loss": losses[-1]}


def is_ordered(work: Work[SftConfig]) -> bool:
    """Whether mix put the rows in an order that training keeps (mix.curriculum)."""
    mixed = work.manifests.get("mix")
    return mixed is not None and bool(mixed.facts.get("ordered"))
