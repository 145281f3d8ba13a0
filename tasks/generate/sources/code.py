"""Code: what it does, what it is in another language, and how it goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from artifacts.records import Section, short_id
from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.reply import Item
from tasks.generate.sources.instructions import instruction
from tasks.generate.taught import Candidate
from tasks.models.endpoint.rounds import together

FENCED = re.compile(
    r"^(?P<fence>`{3,})(?P<language>[\w+#-]*)\n(?P<code>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL
)
PSEUDO_CODE = {"en": "pseudo-code", "zh": "伪代码"}
FEWEST_LINES, MOST_LINES = 6, 60  # of a definition that is completed
CLOSES = re.compile(r"\s*(?:[)\]}]|end\b|else\b|elif\b|except\b|finally\b|catch\b)")
LEADS = re.compile(r"\s*(?:[@#*]|//|/\*|--)")  # decorators and comments above a definition


class Language(NamedTuple):
    """A programming language: its name, the endings of its files, and what it is translated to (else pseudo-code)."""

    name: str
    endings: tuple[str, ...]
    target: str = ""


LANGUAGES = {  # by the name that fences give
    "bash": Language("Bash", (".bash", ".sh", ".zsh"), "Python"),
    "c": Language("C", (".c", ".h"), "Rust"),
    "cpp": Language("C++", (".cc", ".cpp", ".hpp"), "Rust"),
    "csharp": Language("C#", (".cs",), "Java"),
    "dockerfile": Language("Dockerfile", ("dockerfile",)),
    "go": Language("Go", (".go",), "Python"),
    "java": Language("Java", (".java",), "Python"),
    "javascript": Language("JavaScript", (".cjs", ".js", ".jsx", ".mjs"), "TypeScript"),
    "kotlin": Language("Kotlin", (".kt",), "Java"),
    "lua": Language("Lua", (".lua",), "Python"),
    "makefile": Language("Makefile", ("makefile",)),
    "php": Language("PHP", (".php",), "Python"),
    "powershell": Language("PowerShell", (".ps1",), "Python"),
    "python": Language("Python", (".py",), "Java"),
    "r": Language("R", (".r",), "Python"),
    "ruby": Language("Ruby", (".rb",), "Python"),
    "rust": Language("Rust", (".rs",), "C++"),
    "scala": Language("Scala", (".scala",), "Java"),
    "sql": Language("SQL", (".sql",)),
    "swift": Language("Swift", (".swift",), "Kotlin"),
    "typescript": Language("TypeScript", (".ts", ".tsx"), "Python"),
    "vue": Language("Vue", (".vue",), "JavaScript"),
}
BY_ENDING = {ending: name for name, language in LANGUAGES.items() for ending in language.endings}


class Explained(Item):
    """What a piece of code does."""

    piece: int
    explanation: str


class Translated(Item):
    """A piece of code in another language."""

    piece: int
    code: str


class Piece(NamedTuple):
    """A listing and its language's name in `LANGUAGES`, which may be none of them."""

    language: str
    code: str

    @property
    def spoken(self) -> str:
        """The language's name as people write it."""
        return LANGUAGES[self.language].name if self.language in LANGUAGES else self.language

    def fenced(self) -> str:
        return fenced(self.code, self.language)


def language_of(file: str) -> str | None:
    """The name in `LANGUAGES` of what a file is written in, by its name's ending, or its whole name without one."""
    path = PurePosixPath(file)
    return BY_ENDING.get(path.suffix.lower() or path.name.lower())


def fenced(code: str, language: str) -> str:
    """Code as Markdown, in a fence longer than any in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code)), 3)
    return f"{fence}{language}\n{code}\n{fence}"


async def from_code(lesson: Lesson) -> list[Candidate]:
    """Rows with a listing in their prompts: explained and translated by the teacher, completed as it stands."""
    pieces = list(_pieces(lesson.section))
    if not pieces:
        lesson.reject("no_code", lesson.section, f"no listing of {FEWEST_LINES} lines")
    completed = [row for piece in pieces for row in _completed(lesson, piece)]
    explained, translated = await together([_explained(lesson, pieces), _translated(lesson, pieces)])
    return [*completed, *explained, *translated]


def _pieces(section: Section) -> Iterator[Piece]:
    """The listings of a section that are long enough to ask about; all of a text that has no fences."""
    ending = language_of(section.file) or ""
    found = [(match["language"] or ending, match["code"].strip("\n")) for match in FENCED.finditer(section.text)]
    for language, code in found or [(ending, section.text.strip("\n"))]:
        if sum(bool(line.strip()) for line in code.split("\n")) >= FEWEST_LINES:
            yield Piece(language, code)


async def _explained(lesson: Lesson, pieces: Sequence[Piece]) -> list[Candidate]:
    rows = [{"language": piece.spoken, "file": lesson.section.file, "code": piece.code} for piece in pieces]
    asked = await ask_each(lesson, Exercise("code_explain", Explained), rows, "piece")
    return [_row(lesson, "code_explain", pieces[place], item.explanation) for place, item in asked]


async def _translated(lesson: Lesson, pieces: Sequence[Piece]) -> list[Candidate]:
    """The figures of a translation need not stand in the original: each language has its own widths of types,
    bounds of loops and versions."""
    targets = [_target(piece, lesson.section.language) for piece in pieces]
    rows = [
        {"language": piece.spoken, "target": target, "code": piece.code}
        for piece, target in zip(pieces, targets, strict=True)
    ]
    found = []
    for place, item in await ask_each(lesson, Exercise("code_translate", Translated), rows, "piece"):
        match = FENCED.search(item.code)
        code = (match["code"] if match else item.code).strip("\n")
        if code:
            answer = fenced(code, _fence_name(targets[place]))
            found.append(_row(lesson, "code_translate", pieces[place], answer, target=targets[place], figures=False))
        else:
            where = {"section": lesson.section.id, **item.model_dump()}
            lesson.reject("not_translatable", where, f"the teacher gave no {targets[place]}")
    return found


def _target(piece: Piece, language: str) -> str:
    """What a piece is translated to, by the name that people write."""
    known = LANGUAGES.get(piece.language)
    return (known.target if known else "") or PSEUDO_CODE["zh" if language == "zh" else "en"]


def _fence_name(spoken: str) -> str:
    return next((name for name, language in LANGUAGES.items() if language.name == spoken), "")


def _completed(lesson: Lesson, piece: Piece) -> Iterator[Candidate]:
    """Each definition of a piece, given to the middle of its body; the rest is the answer, as it stands."""
    for begun, rest in definitions(piece.code.split("\n")):
        answer = fenced(rest, piece.language)
        yield _row(lesson, "code_complete", Piece(piece.language, begun), answer, evidence=rest)


def definitions(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The outermost blocks in two: the first half, with the comments above it, and the second.

    A block is a line, what is indented below it, and what closes it: indents tell it in any language that people lay
    out. One of more than `MOST_LINES` gives those that stand in it, so that a class gives its methods.
    """
    start = 0
    while start < len(lines):
        end = _end(lines, start)
        block = list(lines[start:end])
        while block and not block[-1].strip():
            block.pop()
        if len(block) > MOST_LINES:
            yield from definitions(lines[start + 1 : end])
        elif len(block) >= FEWEST_LINES:
            middle = (len(block) + 1) // 2
            begun = [*_leading(lines, start), *block[:middle]]
            yield "\n".join(begun).rstrip(), "\n".join(block[middle:]).strip("\n")
        start = end


def _end(lines: Sequence[str], start: int) -> int:
    """Where the block that begins at a line ends: at the next one that is indented no deeper and closes nothing."""
    depth = _indent(lines[start])
    for place in range(start + 1, len(lines)):
        line = lines[place]
        if line.strip() and _indent(line) <= depth and (_indent(line) < depth or not CLOSES.match(line)):
            return place
    return len(lines)


def _leading(lines: Sequence[str], start: int) -> list[str]:
    """The comments and decorators that stand right above a line."""
    first = start
    while first and lines[first - 1].strip() and LEADS.match(lines[first - 1]):
        first -= 1
    return list(lines[first:start])


def _indent(line: str) -> int:
    """Columns before a line's first character; an empty line counts as deeper than any."""
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip()) if line.strip() else 10_000


def _row(
    lesson: Lesson, kind: str, piece: Piece, answer: str, *, target: str = "", evidence: str = "", figures: bool = True
) -> Candidate:
    """The evidence is the listing that the prompt shows, or for a completion what follows it."""
    asked = instruction(lesson, kind, piece.code, language=piece.spoken, target=target)
    return Candidate(
        kind=kind,
        question=" ".join(asked.split()),
        answer=answer,
        quotes=(evidence or piece.code,),
        fact=short_id(lesson.section.id, kind, piece.code),
        context=piece.fenced(),
        figures=figures,
    )
