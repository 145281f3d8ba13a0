"""Rows worked on by a Ray cluster: data-juicer's dataset for Ray runs the work as one of its operators."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

from artifacts.stage import SettingError, StageError
from tasks.clean.config import CleanConfig
from tasks.clean.engine.made import CHUNK, Make, T, answer, chunks, opened
from tasks.clean.operators.offline import operator_classes
from tasks.clean.rows import Rows

PATIENCE = 5.0  # seconds in which a cluster answers
ATTEMPTS = 4  # at a batch: Ray begins again without end what killed its process
ROW, MADE = "row", "made"  # columns: a row as JSON, and what was made of a batch of them

KILLED = (
    f"clean: processes of the Ray cluster that worked on the same rows were killed {ATTEMPTS} times; where memory ran "
    "out, give clean.workers a smaller number or the nodes more memory"
)


class Cluster:
    """An engine: `map` gives what the work made of each row, in the order of the rows."""

    def __init__(self, config: CleanConfig) -> None:
        self._config, self._workers = config.model_dump_json(), config.workers or None
        self._stack = ExitStack()
        _connect(config, self._stack)

    def map(self, make: Make[T], rows: Rows) -> Iterator[T]:
        """What `make(config)` makes of each row; the rows lie in Ray's object store, which spills to disk."""
        import pyarrow  # type: ignore[import-untyped]
        import ray

        operator_classes()
        from data_juicer.core.data.ray_dataset import RayDataset

        blocks = [ray.put(pyarrow.table({ROW: lines})) for lines in chunks(rows)]
        if not blocks:
            return
        source = ray.data.from_arrow_refs(blocks)  # type: ignore[arg-type]
        dataset = RayDataset(source, auto_op_parallelism=False)
        del blocks
        begun = ray.remote(num_cpus=0)(Begun).remote()
        dataset.process(_mapper()(make, self._config, begun, num_proc=self._workers))
        try:
            for batch in dataset.data.iter_batches(batch_size=None, batch_format="pyarrow"):
                for made in batch.column(MADE):
                    yield from opened(made.as_py())
        except ray.exceptions.RayError as error:
            raise StageError(f"clean: the Ray cluster could not work on the rows: {error}") from error

    def close(self) -> None:
        self._stack.close()


def _connect(config: CleanConfig, stack: ExitStack) -> None:
    """Connect to the cluster, or start one; what was connected already stays so."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    if not ray.is_initialized():
        address = os.environ.get("RAY_ADDRESS", "auto") if config.ray_address == "auto" else config.ray_address
        own: dict[str, Any] = {}
        if address == "local":
            own = {"num_cpus": config.workers or None, "include_dashboard": False}
        else:
            _reach(address)
        try:
            ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **own)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise SettingError(_unreached(address, str(error))) from error
        stack.callback(ray.shutdown)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    settings = ray.data.DataContext.get_current()
    settings.enable_progress_bars = False
    settings.execution_options.preserve_order = True


def _reach(address: str) -> None:
    """Ray itself waits a minute for a cluster that is not there."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdecimal():
        return  # "auto"
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except OSError as error:
        raise SettingError(_unreached(address, str(error))) from error


def _unreached(address: str, why: str) -> str:
    return (
        f"clean.ray_address: no Ray cluster at {address!r} ({why}); start one with `ray start --head`, "
        "or set `local` to have one started on this machine"
    )


class Begun:
    """Counts how often each batch was begun; an actor of its own, because a process that is killed forgets."""

    def __init__(self) -> None:
        self._times = Counter[bytes]()

    def again(self, first: bytes) -> int:
        """One more time, for the batch with this first row."""
        name = hashlib.sha256(first).digest()
        self._times[name] += 1
        return self._times[name]


@cache
def _mapper() -> Any:
    """A class of data-juicer, made here because importing data-juicer takes seconds."""
    from data_juicer.ops.base_op import Mapper

    class Worked(Mapper):  # type: ignore[misc]
        _batched_op = True

        def __init__(self, make: Make[Any], config: str, begun: Any, **settings: Any) -> None:
            super().__init__(batch_size=CHUNK, auto_op_parallelism=False, **settings)
            self._make, self._config, self._begun = make, config, begun

        def process_batched(self, samples: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
            import ray

            if ray.get(self._begun.again.remote(samples[ROW][0])) > ATTEMPTS:
                return {MADE: [pickle.dumps(StageError(KILLED))]}
            return {MADE: [answer(self._make, self._config, samples[ROW])]}

    return Worked
