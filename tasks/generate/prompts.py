"""What the teacher is told: a prompt in the section's language, and the material between marks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any

from artifacts.records import HEADING, Message, Section, digest
from artifacts.stage import StageError
from tasks.generate.config import GenerateConfig


class Prompts:
    """The prompts of a configuration; documents and replies only ever enter as values, never as templates."""

    def __init__(self, config: GenerateConfig) -> None:
        self._templates = {
            name.removesuffix(".md"): (path, Template(path.read_text(encoding="utf-8").strip()))
            for name, path in config.prompt_files().items()
        }

    def messages(
        self,
        prompt: str,
        language: str,
        *,
        text: str = "",
        rows: Sequence[Mapping[str, Any]] = (),
        values: Mapping[str, object],
    ) -> list[Message]:
        """The request of a prompt: its file as the system's message, the material as the user's.

        The marks around the material have a digest in them, so that a text can't close them by itself.
        """
        mark = digest([text, list(rows)])[:8]
        parts = [f"<context {mark}>\n{text}\n</context {mark}>"] if text else []
        if rows:
            listed = json.dumps(list(rows), ensure_ascii=False, indent=1)
            parts.append(f"<rows {mark}>\n{listed}\n</rows {mark}>")
        return [
            {"role": "system", "content": self.fill(prompt, language, values)},
            {"role": "user", "content": "\n\n".join(parts)},
        ]

    def again(self, messages: Sequence[Message], reply: str, error: str, language: str) -> list[Message]:
        """Ask once more after a reply that can't be read."""
        request = self.fill("again", language, {"error": error})
        return [*messages, {"role": "assistant", "content": reply}, {"role": "user", "content": request}]

    def fill(self, prompt: str, language: str, values: Mapping[str, object]) -> str:
        """A prompt's text in Chinese for Chinese, else in English, with its $values."""
        path, template = self._templates[f"{prompt}.{'zh' if language == 'zh' else 'en'}"]
        try:
            return template.substitute(values)
        except (KeyError, ValueError) as error:
            known = ", ".join(f"${name}" for name in values)
            raise StageError(f"{path}: {error}; known here: {known} (write $$ for a dollar sign)") from None


def with_headings(section: Section, text: str | None = None) -> str:
    """A section's text, or a part of it, below the headings that it stands under."""
    text = section.text if text is None else text
    own = HEADING.match(text)
    above = section.headings[: len(own[1]) - 1 if own else None]  # the text begins with the rest of them
    headings = "\n".join(f"{'#' * level} {heading}" for level, heading in enumerate(above, start=1))
    return f"{headings}\n\n{text}".strip()
