"""The whole pipeline on one page: a folder of documents in, a model out, a task a stage.

The same page runs with a Prefect server, as a flow that can be watched, scheduled and cancelled, and without one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from prefect import Task, flow
from prefect.context import FlowRunContext
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL

from artifacts.report import write_report
from artifacts.runs import Run
from artifacts.stage import StageError
from artifacts.store import Ref, Store, StoreError
from configs.mistakes import ConfigError
from configs.schema import Config, Stage, load
from flows.preflight import preflight
from tasks.align.task import align
from tasks.clean.task import clean
from tasks.evaluate.task import evaluate
from tasks.export.task import export
from tasks.generate.task import generate
from tasks.mix.task import mix
from tasks.parse.task import parse
from tasks.prefer.task import prefer
from tasks.sft.task import sft

log = logging.getLogger("graft")

Call = Callable[..., Ref]


def stages(run: Run, config: Config, call: Call) -> Iterator[Ref]:
    """Every stage in its order, each given the artifacts that it reads."""
    yield (parsed := call(parse, run, config.parse))
    yield (generated := call(generate, run, config.generate, parse=parsed))
    yield (cleaned := call(clean, run, config.clean, generate=generated))
    yield (mixed := call(mix, run, config.mix, parse=parsed, clean=cleaned, generate=generated))
    yield (tuned := call(sft, run, config.sft, mix=mixed, generate=generated, clean=cleaned))
    yield (preferred := call(prefer, run, config.prefer, clean=cleaned, mix=mixed, sft=tuned, generate=generated))
    yield (aligned := call(align, run, config.align, prefer=preferred, sft=tuned, generate=generated, clean=cleaned))
    yield call(evaluate, run, config.evaluate, generate=generated, mix=mixed, sft=tuned, align=aligned)
    yield call(export, run, config.export, align=aligned)


def as_task(stage: Task[..., Any], *args: Any, **inputs: Ref) -> Ref:
    """Run a stage as a Prefect task, in this thread, so that a cancelled run takes its trainer with it."""
    state: Any = stage(*args, **inputs, return_state=True)  # a `Cached` state is not unpacked by Prefect itself
    ref: Ref = state.result()
    return ref


def as_function(stage: Task[..., Any], *args: Any, **inputs: Ref) -> Ref:
    """Run a stage as the plain function that it is."""
    ref: Ref = stage.fn(*args, **inputs)
    return ref


def drive(run: Run, config: Config, call: Call, until: Stage | None = None) -> list[Path]:
    """Run the stages, up to and with `until`; the report is written also of a run that failed."""
    try:
        for ref in stages(run, config, call):
            if ref.stage == until:
                break
        paths = write_report(run)
    except BaseException as error:
        try:
            write_report(run)
        except Exception:
            log.exception("the report of the failed run could not be written")
        run.end("interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
        raise
    run.end("done")
    return paths


def begin(config: Config, force: Sequence[Stage] = (), until: Stage | None = None) -> Run:
    """Open a run of this configuration in its store, where all that it will read is there."""
    preflight(config, force, until)
    context = FlowRunContext.get()
    flow_run = str(context.flow_run.id) if context and context.flow_run else ""
    values = config.model_dump(mode="json")
    return Run(Store(config.store), name=config.name, config=values, force=frozenset(force), flow_run=flow_run)


@flow(name="pipeline", persist_result=False, log_prints=False)
def pipeline(
    config: str = "configs/quickstart.yaml",
    overrides: list[str] = [],
    force: list[Stage] = [],
    until: Stage | None = None,
) -> str:
    """Documents in, a fine-tuned, aligned and evaluated model out; stages with nothing to do are `Cached`.

    Args:
        config: a YAML file, relative to the working directory
        overrides: values laid over the file's, such as `sft.epochs=3`
        force: stages to make again though their artifacts are there
        until: the last stage to run; all where empty
    """
    log_to_server()
    read = load(config, overrides)
    run = begin(read, force, until)
    for path in drive(run, read, as_task, until):
        log.info("wrote %s", path)
    return run.record.id


def log_to_server() -> None:
    """The stages' own lines in the flow run's log, and errors that are meant for the user as what they say."""
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(without_traceback)
    log.setLevel(logging.INFO)
    if not any(isinstance(handler, APILogHandler) for handler in log.handlers):
        log.addHandler(APILogHandler())


def without_traceback(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], (StageError, StoreError, ConfigError)):
        record.exc_info = None
    return True


def server() -> str | None:
    """The Prefect server that this machine's environment or profile names, if any."""
    url: str | None = PREFECT_API_URL.value()
    return url
