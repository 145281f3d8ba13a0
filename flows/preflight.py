"""All that a run needs from outside (files, models, keys, operators), looked at before its first stage is paid for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from artifacts.stage import StageError
from artifacts.store import Store
from configs.schema import Config, Stage
from flows.plan import make_plan
from flows.ready import lacking
from tasks.clean.operators.loaded import load as load_operators
from tasks.generate import own
from tasks.mix.sources import look_into


def preflight(config: Config, force: Sequence[Stage] = (), until: Stage | None = None) -> None:
    """Raise the first thing that would stop a stage of a run."""
    for error in hindrances(config, force, until):
        raise error
    if Stage.clean in ahead(config, force, until):  # it takes seconds: data-juicer is imported
        load_operators(config.clean.operators)


def hindrances(config: Config, force: Sequence[Stage] = (), until: Stage | None = None) -> Iterator[StageError]:
    """What would stop a run, but for operators that fail; heavy libraries are not imported for it."""
    missing = list(_missing(config, until))
    yield from missing
    if missing:
        return  # what is read can't be told, and so not what is there already
    awaited = ahead(config, force, until)
    for asks in (config.generate, config.clean):
        if asks.stage in awaited:
            yield from lacking(asks)
    if Stage.generate in awaited:
        for path in config.generate.own:
            yield from _raised(own.look_into, path)
    if Stage.mix in awaited:
        for source in (*config.mix.general, *((config.mix.retention,) if config.mix.retention else ())):
            yield from _raised(look_into, source)


def ahead(config: Config, force: Sequence[Stage], until: Stage | None) -> set[str]:
    """The stages that have something to do, or may have."""
    planned = make_plan(config, Store(config.store), frozenset(force), until)
    return {entry.stage for entry in planned if entry.state != "cached"}


def _missing(config: Config, until: Stage | None) -> Iterator[StageError]:
    """The files and models that are not there."""
    if config.parse.tokenizer == config.sft.model.name():
        yield from _raised(config.sft.model.check)  # before parse says what its tokenizer lacks
    for section in config.sections():
        yield from _raised(section.outside)
        if section.stage == until:
            return


def _raised(look: Callable[..., Any], *args: Any) -> Iterator[StageError]:
    try:
        look(*args)
    except StageError as error:
        yield error
