"""data-juicer without its downloads: it never installs a package, and an operator never reaches the network."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class NetworkRefusedError(Exception):
    """An operator tried to reach a host. Not an OSError, which libraries take for a bad line and try again."""


class _Watch(threading.local):
    wanted: list[str] | None = None  # hosts that this thread tried to reach; None while it is free to


_watch = _Watch()


@contextmanager
def offline() -> Iterator[list[str]]:
    """This thread reaches no host; yields the hosts that it tried, for libraries that swallow the exception."""
    _install_hook()
    wanted: list[str] = []
    _watch.wanted = wanted
    try:
        yield wanted
    finally:
        _watch.wanted = None


@cache
def _install_hook() -> None:
    sys.addaudithook(_refuse)  # sees every library's way out, and leaves other threads (Prefect's client) alone


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if _watch.wanted is None or event not in ("socket.getaddrinfo", "socket.connect"):
        return
    host = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
    if event == "socket.connect" and not isinstance(host, tuple):
        return  # a socket of this machine
    name = str(host[0] if isinstance(host, tuple) else host)
    _watch.wanted.append(name)
    raise NetworkRefusedError(f"no operator may reach {name}")


@cache
def operator_classes() -> dict[str, Any]:
    """data-juicer's operators by name; imported with the installer of its lazy imports switched off."""
    from data_juicer.utils.lazy_loader import LazyLoader

    def refuse(_: Any, package: str, __: Any = None) -> None:
        raise ImportError(f"the package {package} must be installed first")

    LazyLoader._install_package = classmethod(refuse)
    from data_juicer.ops import OPERATORS
    from loguru import logger

    logger.disable("data_juicer")  # what goes wrong is said once, by the stage
    modules: dict[str, Any] = OPERATORS.modules
    return modules
