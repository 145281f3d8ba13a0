"""What `graft parse` prints: documents as the pipeline's first stage reads them, without a store."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from artifacts.progress import Progress
from artifacts.records import Section
from artifacts.stage import SettingError, StageError
from tasks.parse.config import ParseConfig
from tasks.parse.find import Found, describe, find, refusal
from tasks.parse.pool import read_all
from tasks.parse.told import sections_in


class Format(StrEnum):
    markdown = "markdown"
    jsonl = "jsonl"


def print_sections(config: ParseConfig, paths: list[Path], form: Format) -> None:
    """Sections to stdout in the order of the files, what could not be read to stderr."""
    files = [file for path in paths or [config.source] for file in _files(path)]
    config.check_passwords()
    shown, read = 0, 0
    for file, answer in _answers(files, config):
        read += "text" in answer
        for reason, page, detail in _losses(answer):
            where = f"{file.name}, page {page}" if page else file.name
            typer.secho(f"{where}: {reason}: {detail}", fg="yellow", err=True)
        for section in sections_in(answer, file) if "text" in answer else ():
            sys.stdout.write(section.model_dump_json() + "\n" if form is Format.jsonl else _markdown(section))
            shown += 1
    typer.secho(f"{read} of {len(files)} files read, {shown} sections", fg="green" if shown else "red", err=True)
    if not shown:
        raise StageError(f"nothing could be read of {len(files)} files")


def _files(path: Path) -> list[Found]:
    if path.is_dir():
        return find(path)
    if not path.exists():
        raise SettingError(f"{path}: there is no such file or folder")
    named = path.resolve()  # a link that the user names is followed
    within = not path.is_absolute() and ".." not in path.parts  # then its folders tell files of one name apart
    return [replace(describe(named, named.parent), name=path.as_posix() if within else path.name)]


def _answers(files: list[Found], config: ParseConfig) -> Iterator[tuple[Found, dict[str, Any]]]:
    """What is answered about each file, in the order of the files, as soon as those before it are told."""
    refused = {file: found for file in files if (found := refusal(file, config.max_megabytes))}
    unread = {file.sha256: file for file in files if file not in refused}
    early: dict[str, Any] = {}
    left = Counter(file.sha256 for file in files)  # names of one content that are still to be told
    answers = read_all(list(unread.values()), config, config.workers or os.cpu_count() or 1)
    with Progress().task("parse", len(unread)) as progress:
        for file in files:
            if file in refused:
                reason, detail = refused[file]
                yield file, {"reason": reason, "detail": detail}
                continue
            while file.sha256 not in early:
                content, answer = next(answers)
                early[content] = answer
                progress.advance()
            left[file.sha256] -= 1
            yield file, early[file.sha256] if left[file.sha256] else early.pop(file.sha256)


def _losses(answer: dict[str, Any]) -> Iterable[tuple[str, int | None, str]]:
    if "reason" in answer:
        return [(answer["reason"], None, answer["detail"])]
    return [(loss["reason"], loss["page"], loss["detail"]) for loss in answer["losses"]]


def _markdown(section: Section) -> str:
    place = f"{section.file}, page {section.page}" if section.page else section.file
    path = " › ".join(section.headings) or "(no heading)"
    return f"<!-- {section.id} | {place} | {path} -->\n\n{section.text}\n\n"
