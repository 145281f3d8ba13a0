"""What kind of text a section is: as the configuration says, else as its file's name and its lines show.

A wrong guess is paid for twice, by rows that are no use and facts that are not asked for, so what is not clear is a
document.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from artifacts.records import Section
from tasks.generate.config import GenerateConfig, SourceKind
from tasks.generate.sources.code import FENCED, LANGUAGES, language_of

CLEAR = 0.8  # share of a section that must look like a kind
FEWEST_LINES = 8  # of a log that is told by its lines alone
AGAIN = 2  # times that a log without times has a level, on average, at least
COMMANDS = "bash"  # in a document these are steps of an instruction, and no program
LEVEL = r"\b(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b|错误|警告|信息|调试|严重"
CLOCK = r"\d\d?:\d\d:\d\d"
STAMPED = re.compile(  # a date with the second, or no more than a time of day, but a level beside it
    rf"\W{{0,2}}(?:(?:\d{{4}}[-/.]\d\d?[-/.]\d\d?[T ]+|[A-Z][a-z]{{2}} +\d{{1,2}} ){CLOCK}"
    rf"|(?:\d{{4}}[-/.]\d\d?[-/.]\d\d?[T ]+)?\d\d?:\d\d\b.{{0,40}}?(?:{LEVEL})"
    rf"|[IWEF]\d{{4}} {CLOCK}\.\d|\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{{2}}/\d{{4}}:{CLOCK})"  # klog; access logs
)
LEVELLED = re.compile(rf"\W{{0,2}}(?P<level>{LEVEL})")
TRACED = re.compile(r"\s+at |Caused by: |Traceback |\s+File \"|\s*\.{3} \d+ more")  # lines below an error
NOT_PROSE = re.compile(r"\s*(?:\||[-*+] (?!\s*[-*+])|\d+[.)] |```|~~~|<)")


def source_kind(section: Section, config: GenerateConfig) -> SourceKind:
    """The kind of the first pattern that fits the section's file, else the kind that is found.

    Patterns are those of `fnmatch` on the path from the source folder, case and forward slashes as they are: `*`
    goes over folders too, so `*.log` is any log. `**/` also stands for no folder: `**/notes/*` fits `notes/a.md`.
    """
    for pattern, kind in config.sources.items():
        if fits(section.file, pattern):
            return kind
    ending = PurePosixPath(section.file).suffix.lower()
    if ending == ".log" or _is_logged(section.text):
        return "log"
    if language_of(section.file) is not None or _is_programmed(section.text):
        return "code"
    if ending == ".epub" and _is_prose(section.text):
        return "book"
    return "document"


def fits(file: str, pattern: str) -> bool:
    """Whether a file is one of a pattern."""
    return fnmatchcase(file, pattern) or fnmatchcase(file, pattern.replace("**/", ""))


def _is_logged(text: str) -> bool:
    """Whether nearly each line has a stamp or begins with a level, traces of errors aside.

    What names each level about once is a list of levels.
    """
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("```")]
    levels = [found["level"] for line in lines if (found := LEVELLED.match(line))]
    stamped = sum(bool(STAMPED.match(line)) for line in lines)
    if len(levels) >= AGAIN * len(set(levels)):
        stamped += len(levels)
    traced = sum(bool(TRACED.match(line)) for line in lines)
    return stamped >= FEWEST_LINES and stamped >= CLEAR * (len(lines) - traced)


def _is_programmed(text: str) -> bool:
    """Whether nearly all of a text is code whose fences name a programming language."""
    programs = (
        found["code"]
        for found in FENCED.finditer(text)
        if found["language"] in LANGUAGES and found["language"] != COMMANDS
    )
    return sum(map(len, programs)) >= CLEAR * max(1, len(text))


def _is_prose(text: str) -> bool:
    """Whether a text is told in paragraphs alone: a manual as an e-book has lists, tables and listings."""
    return not any(NOT_PROSE.match(line) for line in text.split("\n"))
