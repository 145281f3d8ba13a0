"""What a row asks for where that is the same for all texts of a kind: one of several wordings."""

from __future__ import annotations

from artifacts.records import HEADING, digest
from artifacts.stage import StageError
from tasks.generate.lesson import Lesson


def instruction(lesson: Lesson, kind: str, text: str, **values: str) -> str:
    """A wording of `prompts/instructions.*.md` for a kind of row; the text that it is about decides which."""
    known = {"title": "", "file": lesson.section.file, "language": "", "target": "", **values}
    one_line = {name: " ".join(value.split()) for name, value in known.items()}
    wordings, below = list[str](), ""
    for line in lesson.school.prompts.fill("instructions", lesson.section.language, one_line).splitlines():
        if heading := HEADING.match(line):
            below = heading[2]
        elif below == kind and line.startswith("- "):
            wordings.append(line.removeprefix("- "))
    if not wordings:
        raise StageError(f"prompts/instructions: no wording stands under '# {kind}'; add a line that begins with '- '")
    return wordings[int(digest([lesson.config.seed, kind, text]), 16) % len(wordings)]
