"""A run that went through, written by hand: every stage's artifact with what the report reads of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from artifacts.progress import Progress
from artifacts.records import digest
from artifacts.runs import Run
from artifacts.stage import StageConfig, Work, produce
from artifacts.store import Store
from tasks.evaluate.config import EvaluateConfig, Gates
from tasks.evaluate.marks import Marked
from tasks.evaluate.scores import Scores
from tasks.evaluate.tables import measure
from tasks.evaluate.verdict import judge
from tests.evaluate.made import marked, question

STAGES = ("parse", "generate", "clean", "mix", "sft", "prefer", "align", "evaluate", "export")
FILES = ("handbook.pdf", "notes/shifts.md", "手册/保修.docx", "slides.pptx", "faq.txt", "价格.md")
Fill = Callable[[Work[Any]], None]


def run_of(store: Store, *, until: str = "export", broken: Mapping[str, Fill] | None = None, name: str = "demo") -> Run:
    """A run of the stages up to `until`; `broken` gives a stage another filling, or one that raises."""
    run = Run(
        store, name=name, config={"name": name, "sft": {"rank": 16, "seed": 0}}, progress=Progress(terminal=False)
    )
    for stage in STAGES[: STAGES.index(until) + 1]:
        fill = (broken or {}).get(stage, FILLED.get(stage, lambda work: None))
        config = _config(stage)
        try:
            run.done(stage, produce(store, config, {}, fill, progress=run.progress, run=run.record.id))
        except Exception as error:
            run.failed(stage, f"{type(error).__name__}: {error}", 1.5)
            run.end("failed")
            return run
    run.end("done")
    return run


def _config(name: str) -> StageConfig:
    dials = {"sft": {"method": "lora", "seed": 0, "model": {"path": "embedded"}}}.get(name, {})
    space = {
        "__annotations__": {"stage": ClassVar[str], "version": ClassVar[int], **dict.fromkeys(dials, Any)},
        "stage": name,
        "version": 1,
        **dials,
    }
    kind: Any = type("Handmade", (StageConfig,), space)
    config: StageConfig = kind()
    return config


def document(file: str, name: str, sections: int, aliases: Sequence[str] = ()) -> dict[str, Any]:
    """A row of about/documents.jsonl."""
    figures = {"sections": sections, "pages": 3, "characters": 4000, "tables": 2, "language": "en"}
    nearly = {"document": digest("other"), "file": "other.pdf", "similarity": 0.97}
    return {"file": file, "document": name, **figures, "aliases": list(aliases), "nearly": nearly}


def parsed(work: Work[Any]) -> None:
    rows = [document(file, digest(file), 8) for file in FILES] + [document("secret.pdf", digest("secret"), 0)]
    work.write("about/documents.jsonl", rows)
    work.write("sections.jsonl", [{"id": str(number)} for number in range(48)])
    work.reject("encrypted", {"file": "secret.pdf"}, "give its password")
    work.counts.update({"in": 7, "kept": 48, "documents": 6})


def generated(work: Work[Any]) -> None:
    work.write("qa.jsonl", [{"id": str(number)} for number in range(600)])
    work.models["teacher"] = "offline"
    work.notes.append("The teacher was no language model: rules made the questions from the structure of the text.")
    work.counts.update({"in": 48, "kept": 600})


def cleaned(work: Work[Any]) -> None:
    work.write("qa.jsonl", [{"id": str(number)} for number in range(560)])
    for number in range(40):
        work.reject("near_duplicate" if number % 4 else "too_short", {"id": str(number)})
    work.counts.update({"in": 600, "kept": 560})


def mixed(work: Work[Any]) -> None:
    rows = [{"id": str(number), "source": "domain", "language": "zh" if number % 3 else "en"} for number in range(560)]
    rows += [{"id": f"g{number}", "source": "general", "language": "en"} for number in range(1300)]
    work.counts.update({"in": 560, "kept": work.write("train.jsonl", rows)})


def tuned(work: Work[Any]) -> None:
    curve: list[dict[str, Any]] = [{"step": step, "loss": 3.2 * 0.96**step + 0.05} for step in range(1, 101, 2)]
    curve += [{"step": step, "eval_loss": 3.3 * 0.965**step + 0.12} for step in range(10, 101, 10)]
    work.write("about/curve.jsonl", curve)
    work.models["base"] = "embedded sha256:0123456789abcdef"
    work.facts.update({"steps": 100, "epochs": 6.0})
    work.counts.update({"in": 1860, "kept": 1860})


def preferred(work: Work[Any]) -> None:
    work.counts.update({"in": 200, "kept": work.write("pairs.jsonl", [{"id": str(number)} for number in range(120)])})


def aligned(work: Work[Any]) -> None:
    rows = [{"step": step, "loss": 0.69 * 0.93**step + 0.1, "rewards/margins": 0.05 * step} for step in range(1, 31)]
    work.write("about/curve.jsonl", rows)
    work.counts.update({"in": 120, "kept": 120})


def answers() -> list[Marked]:
    """A good model with a few misses, in both languages."""
    rows = []
    for number in range(120):
        kind = ("wording", "noun_phrase", "frame")[number % 3]
        asked = question(number, kind=kind, language="zh" if number % 5 < 2 else "en", document=f"doc{number % 6}")
        asked = asked.model_copy(update={"file": FILES[number % 6]})
        rows.append(marked(asked, "www" if number % 11 == 10 else "wwr" if number % 11 == 9 else "wrr"))
    for number in range(80):
        asked = question(number, group="retention", kind="retention:general", language="zh" if number % 2 else "en")
        rows.append(marked(asked, "rrw" if number % 27 == 1 else "www" if number % 20 == 0 else "rrr"))
    rows += [marked(question(number, group="unanswerable"), "rwr" if number < 6 else "rrr") for number in range(19)]
    rows += [marked(question(19, group="unanswerable"), "rww")]
    rows += [marked(question(number, group="trained", kind="trained"), "wrr") for number in range(50)]
    return [*rows, *(marked(question(number, group="control"), "www") for number in range(6))]


def evaluated(work: Work[Any], rows: list[Marked] | None = None, gates: Gates | None = None) -> None:
    rows = answers() if rows is None else rows
    measures = measure(
        rows, {"base": "embedded", "sft": "sft 12", "aligned": "align 34"}, EvaluateConfig(resamples=200)
    )
    scores = Scores(**dict(measures), verdict=judge(measures, gates or Gates()))
    (work.out / "scores.json").write_text(scores.model_dump_json(), encoding="utf-8")
    work.write("answers.jsonl", rows)
    work.counts.update({"in": len(rows), "kept": len(rows)})


FILLED: dict[str, Fill] = {
    "parse": parsed,
    "generate": generated,
    "clean": cleaned,
    "mix": mixed,
    "sft": tuned,
    "prefer": preferred,
    "align": aligned,
    "evaluate": evaluated,
}
