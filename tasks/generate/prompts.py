"""What the teacher is told: prompts filled with a section's text, or with facts, in the section's language."""

from __future__ import annotations

import json
from collections.abc import Sequence
from string import Template

from artifacts.records import HEADING, Message, Section, digest
from artifacts.stage import StageError
from tasks.generate.config import GenerateConfig, OpenAITeacher


class Prompts:
    """The prompts of a configuration; documents and replies only ever enter as values, never as templates."""

    def __init__(self, config: GenerateConfig) -> None:
        assert isinstance(config.teacher, OpenAITeacher)
        self._wordings, self._count = config.teacher.wordings, config.probes.paraphrases
        self._templates = {
            name.removesuffix(".md"): (path, Template(path.read_text(encoding="utf-8").strip()))
            for name, path in config.prompt_files().items()
        }

    def teach(self, section: Section, text: str, most: int) -> list[Message]:
        """Ask for facts and questions about a section's text or a part of it."""
        own = HEADING.match(text)
        above = section.headings[: len(own[1]) - 1 if own else None]  # the text begins with the rest of them
        headings = "\n".join(f"{'#' * level} {heading}" for level, heading in enumerate(above, start=1))
        values = {
            "wordings": self._wordings,
            "max_questions": most,
            "text": f"{headings}\n\n{text}".strip(),
            "mark": digest(section.id)[:8],  # a text that closes the context by itself would have to know this
        }
        return [
            {"role": "system", "content": self._fill("system", section.language, values)},
            {"role": "user", "content": self._fill("user", section.language, values)},
        ]

    def again(self, messages: Sequence[Message], reply: str, error: str, language: str) -> list[Message]:
        """Ask once more after a reply that can't be read."""
        request = self._fill("again", language, {"error": error})
        return [*messages, {"role": "assistant", "content": reply}, {"role": "user", "content": request}]

    def paraphrase(self, facts: Sequence[tuple[Sequence[str], str]], language: str) -> list[Message]:
        """Ask for other questions with the same answers; `facts` are (questions, answer)."""
        rows = [
            {"fact": number, "questions": list(questions), "answer": answer}
            for number, (questions, answer) in enumerate(facts, start=1)
        ]
        listed = json.dumps(rows, ensure_ascii=False, indent=1)
        return [
            {"role": "system", "content": self._fill("paraphrase", language, {"count": self._count})},
            {"role": "user", "content": f"<facts>\n{listed}\n</facts>"},
        ]

    def _fill(self, part: str, language: str, values: dict[str, object]) -> str:
        path, template = self._templates[f"{part}.{'zh' if language == 'zh' else 'en'}"]
        try:
            return template.substitute(values)
        except (KeyError, ValueError) as error:
            known = ", ".join(f"${name}" for name in values)
            raise StageError(f"{path}: {error}; known here: {known} (write $$ for a dollar sign)") from None
