"""What every teacher gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from artifacts.records import Probe, QAPair, Record

RejectRow = Callable[[str, Record | dict[str, Any], str], None]
"""Records what was left out: a reason that can be counted, the row, and what was seen (`Work.reject`)."""


@dataclass
class Taught:
    """Training rows, and the questions that were held out from them."""

    pairs: list[QAPair] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
