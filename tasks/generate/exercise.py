"""One thing that the teacher is asked: a prompt with its material, which can be cut in two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic

from tasks.generate.reply import I
from tasks.generate.split import halves


@dataclass(frozen=True)
class Exercise(Generic[I]):
    """A prompt (`prompts/NAME.*.md`), the form of the reply's items, and the material."""

    prompt: str
    kind: type[I]
    text: str = ""  # stands between context marks
    rows: tuple[Mapping[str, Any], ...] = ()  # a JSON list between row marks; each names its own number
    values: Mapping[str, object] = field(default_factory=dict)  # of the prompt's $names; `most` is shared by halves
    whole: bool = False  # half of the material would be of no use

    def halves(self) -> tuple[Exercise[I], Exercise[I]] | None:
        """Two smaller ones where the reply to this one was cut off: half of the rows each, else half of the text."""
        if self.whole:
            return None
        if len(self.rows) > 1:
            middle = (len(self.rows) + 1) // 2
            return replace(self, rows=self.rows[:middle]), replace(self, rows=self.rows[middle:])
        if self.rows or (parts := halves(self.text)) is None:
            return None
        values = dict(self.values)
        if isinstance(most := values.get("most"), int):
            values["most"] = (most + 1) // 2
        first, second = parts
        return replace(self, text=first, values=values), replace(self, text=second, values=values)
