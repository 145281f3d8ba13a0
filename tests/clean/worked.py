"""Work for engines, which their processes find by its name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence

from artifacts.records import QAPair
from artifacts.stage import StageError
from tasks.clean.config import CleanConfig


def numbered(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[tuple[str, int]]]:
    """Each row's id, and the process that had it; the first chunks take longest."""

    def work(pairs: Sequence[QAPair]) -> list[tuple[str, int]]:
        time.sleep(0.3 if pairs[0].id == "500" else 0)
        return [(pair.id, os.getpid()) for pair in pairs]

    return work


def unhappy(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[str]]:
    def work(pairs: Sequence[QAPair]) -> list[str]:
        if any(pair.id == "700" for pair in pairs):
            raise StageError("row 700 can't be read; 请删除它")
        return [pair.id for pair in pairs]

    return work


def wrong(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[str]]:
    return lambda pairs: [pair.id for pair in pairs if pair.id != "700"]


def killed(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[str]]:
    def work(pairs: Sequence[QAPair]) -> list[str]:
        if any(pair.id == "700" for pair in pairs):
            os.kill(os.getpid(), signal.SIGKILL)
        return [pair.id for pair in pairs]

    return work


def endless(config: CleanConfig) -> Callable[[Sequence[QAPair]], list[int]]:
    def work(pairs: Sequence[QAPair]) -> list[int]:
        if pairs[0].id != "0":
            time.sleep(600)
        return [0] * len(pairs)

    return work
