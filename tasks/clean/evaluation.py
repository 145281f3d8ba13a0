"""The questions of evaluation sets, read from the files that they come in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from artifacts.stage import StageError
from tasks.clean.config import Decontamination, EvaluationSet
from tasks.models.files import SUFFIXES, rows_of
from tasks.models.language.contamination import LETTERS, EvaluationQuestion, EvaluationSets

FIELDS = ("question", "prompt", "query", "problem", "text", "问题", "题目")
TURNS = ("messages", "conversations", "prompt", "turns")
USERS = ("user", "human")
OPTIONS = ("choices", "options", "endings")
OF_A_LIST = re.compile(r"\n\s*[(（]?A[.)、．:：）](?=.*\n\s*[(（]?B[.)、．:：）]).*", re.DOTALL)  # options in the text
LETTER = re.compile(r"\s*[(（]?[A-J][.)、．:：）]\s*")


def read_sets(dials: Decontamination) -> EvaluationSets:
    questions = (question for each in dials.sets for question in _questions(each))
    return EvaluationSets(ngram=dials.ngram, min_similarity=dials.min_similarity, questions=tuple(questions))


def _questions(dials: EvaluationSet) -> Iterator[EvaluationQuestion]:
    path, found, seen = Path(dials.path), False, set[tuple[str, tuple[str, ...]]]()
    files = [path] if path.is_file() else [each for each in sorted(path.rglob("*")) if each.suffix in SUFFIXES]
    for file in files:
        for place, row in rows_of(file, "clean"):
            if not isinstance(row, Mapping):
                raise StageError(f"clean: {place}: is not a JSON object: {str(row)[:80]!r}; correct the file")
            for text, options in asked(row):
                found = True
                if (text, options) not in seen:
                    seen.add((text, options))
                    item = str(row.get("id") or f"{file.name}, {place.rpartition(', ')[2]}")
                    yield EvaluationQuestion(set=dials.title, item=item, question=text, options=options)
    if not found:
        raise StageError(
            f"clean: {path}: holds no question; its rows need one of the columns {', '.join(FIELDS)}, instruction, "
            "input, or messages"
        )


def asked(row: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The questions of a row, each with the row's options; those that stand in its text are taken from there."""
    row = {str(name).lower() if len(str(name)) > 1 else name: value for name, value in row.items()}
    options = _options(row)
    instruction = "\n".join(row[name] for name in ("instruction", "input") if _is_text(row.get(name)))
    texts = [row[name] for name in FIELDS if _is_text(row.get(name))]
    texts += [text for name in TURNS for text in _user_turns(row.get(name))]
    for text in dict.fromkeys(filter(None, (*texts, instruction))):
        question = OF_A_LIST.sub("", text)
        yield (
            question,
            options or tuple(LETTER.sub("", line, count=1) for line in text[len(question) :].split("\n")[1:]),
        )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _options(row: Mapping[str, Any]) -> tuple[str, ...]:
    given = next((row[name] for name in OPTIONS if row.get(name)), None)
    if isinstance(given, Mapping):  # {"text": [...], "label": [...]} or {"A": ..., "B": ...}
        given = given.get("text", list(given.values()))
    if isinstance(given, Sequence) and not isinstance(given, str):
        return tuple(map(str, given))
    return tuple(str(row[letter]) for letter in LETTERS if row.get(letter) is not None) if "B" in row else ()


def _user_turns(turns: Any) -> Iterator[str]:
    if isinstance(turns, Sequence) and not isinstance(turns, str):
        for turn in turns:
            if isinstance(turn, Mapping) and turn.get("role", turn.get("from")) in USERS:
                if _is_text(text := turn.get("content", turn.get("value"))):
                    yield text
            elif _is_text(turn):  # as in sets of questions that follow one another
                yield turn
