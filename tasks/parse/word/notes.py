"""Foot- and endnotes of Word documents."""

from __future__ import annotations

from typing import Any

from tasks.parse.word.names import W


class Notes:
    """Foot- and endnotes, counted together in the order in which the text refers to them."""

    def __init__(self, roots: dict[str, Any]) -> None:
        self._found = {
            (kind, note.get(f"{W}id")): note
            for kind, root in roots.items()
            if root is not None
            for note in root.iter(f"{W}{kind}")
            if note.get(f"{W}type", "normal") == "normal"
        }
        self._labels: dict[tuple[str, str], str] = {}
        self.labelled: dict[str, Any] = {}

    def label(self, kind: str, name: str) -> str:
        """The label of a note that the text comes to; nothing where there is no such note."""
        note = self._found.get((kind, name))
        if note is None:
            return ""
        label = self._labels.setdefault((kind, name), str(len(self._labels) + 1))
        self.labelled[label] = note
        return label
