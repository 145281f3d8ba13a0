"""Starts a run from the command line: as a Prefect flow where a server is configured, as plain functions elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from artifacts.runs import RunRecord, read_run
from artifacts.stage import StageError
from artifacts.store import Store
from configs.schema import Config, Stage
from flows import pipeline as page

log = logging.getLogger("graft")


def start(
    path: Path, config: Config, *, overrides: Sequence[str], force: Sequence[Stage], until: Stage | None
) -> RunRecord:
    """Run the pipeline to its end; returns the run's record."""
    api = page.server()
    if api is None:
        log.info("No Prefect server is configured (PREFECT_API_URL): the stages run in this process, unwatched.")
        run = page.begin(config, force, until)
        page.drive(run, config, page.as_function, until)
        return run.record
    _check(api)
    log.info("The run can be watched at %s", api.removesuffix("/api"))
    done = page.pipeline(config=str(path), overrides=list(overrides), force=list(force), until=until)
    return read_run(Store(config.store), done)


def _check(api: str) -> None:
    """Fail at once, with advice, where Prefect would retry for minutes."""
    try:
        with urlopen(f"{api}/health", timeout=10):  # noqa: S310 (the user's own setting)
            return
    except (URLError, TimeoutError, ValueError) as error:
        raise StageError(
            f"{api}: no Prefect server answers ({error}); start one with `prefect server start`, or unset "
            "PREFECT_API_URL to run without one"
        ) from None
