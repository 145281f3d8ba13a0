"""The stage that proves, or disproves, that the model learned."""

from __future__ import annotations

import time
from functools import cache, partial
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Conversation, Probe, probes_digest
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import Ref
from tasks.evaluate.config import EvaluateConfig
from tasks.evaluate.marks import Marked, mark
from tasks.evaluate.questions import Question, from_general, from_probes, from_training
from tasks.evaluate.scores import ALL, Scores
from tasks.evaluate.tables import ALIGNED, BASE, MODELS, SFT, measure
from tasks.evaluate.verdict import judge
from tasks.models.answers import Decoding, remembered_answers
from tasks.models.config import ModelConfig
from tasks.models.language.match import is_cut_thought
from tasks.models.local import load_model, load_tokenizer


@task(name="evaluate", persist_result=False, cache_policy=NO_CACHE)
def evaluate(run: Run, config: EvaluateConfig, *, generate: Ref, mix: Ref, sft: Ref, align: Ref) -> Ref | State[Ref]:
    """Ask base, SFT and aligned model what was held out, and score their answers."""
    outcome = run_stage(run, config, {"generate": generate, "mix": mix, "sft": sft, "align": align}, make)
    if config.fail_on_gate:
        hold_the_gates(run)
    return outcome


def hold_the_gates(run: Run) -> None:
    """Fail the run of a model that does not pass; its scores are published, so that they can be looked at."""
    ref = run.record.ref("evaluate")
    assert ref is not None
    scores = Scores.model_validate_json((run.store.path(ref) / "scores.json").read_text(encoding="utf-8"))
    if not scores.verdict.passed:
        reasons = "; ".join(gate.reason for gate in scores.verdict.gates if not gate.passed)
        error = StageError(f"evaluate: the model does not pass (evaluate.gates): {reasons}")
        run.failed("evaluate", f"StageError: {error}", 0.0)
        raise error


def make(work: Work[EvaluateConfig]) -> None:
    questions = gather(work)
    base = ModelConfig.model_validate_json((work.inputs["sft"] / "model.json").read_text(encoding="utf-8"))
    work.models |= {
        BASE: f"{base.path} {base.identity()}",
        SFT: f"sft {work.manifests['sft'].digest}",
        ALIGNED: f"align {work.manifests['align'].digest}",
    }
    adapters = {BASE: None, SFT: work.inputs["sft"] / "adapter", ALIGNED: work.inputs["align"] / "adapter"}
    answers = {name: ask(work, base, name, adapters[name], questions) for name in MODELS}
    rows = [
        Marked(question=question, marks={name: mark(question, answers[name][place]) for name in MODELS})
        for place, question in enumerate(questions)
    ]
    measures = measure(rows, work.models, work.config)
    probes = probes_digest(work.read("generate", "probes.jsonl", Probe))
    scores = Scores(**dict(measures), verdict=judge(measures, work.config.gates), probes=probes)
    work.write("answers.jsonl", rows)
    (work.out / "scores.json").write_text(scores.model_dump_json(indent=1), encoding="utf-8")
    account(work, scores)


def gather(work: Work[EvaluateConfig]) -> list[Question]:
    """Everything that is asked, each question once."""
    train = list(work.read("mix", "train.jsonl", Conversation))
    probes = list(work.read("generate", "probes.jsonl", Probe))
    general = list(work.read("mix", "retention.jsonl", Conversation))
    asked = from_probes(probes, train, work.reject)
    asked += from_training(asked, train, work.config.trained_questions, work.config.seed)
    asked += from_general(general, work.reject)
    work.counts["in"] = len(probes) + len(general)
    work.counts["kept"] = len(asked)
    work.counts.update(question.group for question in asked)
    if not asked:
        raise StageError("evaluate: there is nothing to ask; see generate.probes and mix.retention")
    if work.counts["control"]:
        work.notes.append(
            f"{work.counts['control']} held-out questions are about facts that no training row has (held back on "
            "purpose, left out by clean, or in mix's validation split); they are the control, not part of recall."
        )
    return asked


def ask(
    work: Work[EvaluateConfig], base: ModelConfig, name: str, adapter: Path | None, questions: list[Question]
) -> list[str]:
    """A model's greedy answer to each question, closed book: no document is in the prompt."""
    started = time.monotonic()
    with work.progress.task(f"evaluate: {name}", len(questions)) as bar:
        answers = remembered_answers(
            work.memo,
            work.models[name],
            base,
            cache(partial(load_model, base, adapter)),
            load_tokenizer(base),
            prompts=[question.prompt for question in questions],
            decoding=Decoding(max_new_tokens=work.config.max_new_tokens),
            batch_size=work.config.batch_size,
            afresh=work.force,
            advance=bar.advance,
        )
    work.facts.setdefault("seconds", {})[name] = round(time.monotonic() - started, 1)
    replies = [texts[0] for texts in answers]
    if cut := sum(map(is_cut_thought, replies)):
        work.notes.append(
            f"{cut} answers of {name} were cut off while it still thought aloud, and count as none; raise "
            "evaluate.max_new_tokens, or use a model that does not think aloud"
        )
    return replies


def account(work: Work[EvaluateConfig], scores: Scores) -> None:
    """The headline figures, for the manifest."""
    work.facts |= {
        "headline": scores.verdict.headline,
        "passed": scores.verdict.passed,
        "probes_digest": scores.probes,
        "recall": {name: round(scores.recall[name][ALL][ALL].share, 4) for name in MODELS},
        "kept": {name: by_language[ALL] for name, by_language in scores.kept.items()},
        "hallucination": {name: round(scores.hallucination[name][ALL].share, 4) for name in MODELS},
    }
