"""Which engine works on the rows."""

from __future__ import annotations

from tasks.clean.config import CleanConfig
from tasks.clean.engine.cluster import Cluster
from tasks.clean.engine.local import Local

Engine = Local | Cluster


def start(config: CleanConfig) -> Engine:
    return Cluster(config) if config.engine == "ray" else Local(config)
