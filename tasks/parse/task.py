"""The stage that reads documents."""

from __future__ import annotations

import os
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Section, digest, short_id
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import ABOUT, Ref
from tasks.parse.config import ParseConfig
from tasks.parse.find import LINK, UNREADABLE, Found, find
from tasks.parse.pool import read_all


@task(name="parse", persist_result=False, cache_policy=NO_CACHE)
def parse(run: Run, config: ParseConfig) -> Ref | State[Ref]:
    """Sections of Markdown from a folder of documents."""
    return run_stage(run, config, {}, make)


def make(work: Work[ParseConfig]) -> None:
    files = find(work.config.source)
    last: dict[str, str] | None = work.memo.get("parse.documents", folder_key(work.config))
    documents, aliases = distinct([file for file in files if may_be_read(work, file)], last or {})
    readings = read_documents(work, documents)
    sections: dict[str, Section] = {}
    rows = []
    for file in documents:
        kept = sections_of(work, file, readings[file.sha256], sections)
        rows.append({"file": file.name, "document": document_id(file), "sections": len(kept), "aliases": aliases[file]})
    if not sections:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in work.rejects.most_common())
        raise StageError(
            f"parse.source: nothing could be read of {len(files)} files in {work.config.source}: {reasons}"
        )
    work.write(f"{ABOUT}/documents.jsonl", rows)
    work.counts["in"] = len(files)
    work.counts["kept"] = work.write("sections.jsonl", sections.values())
    work.counts["documents"] = sum(1 for row in rows if row["sections"])
    note_documents(work, {document_id(file): file.name for file in documents}, last)


def may_be_read(work: Work[ParseConfig], file: Found) -> bool:
    """Whether a file is one that we open at all."""
    if file.sha256 == LINK:
        work.reject(
            "link",
            {"file": file.name},
            "a link out of the folder, to a folder or to nothing; copy the documents into the folder",
        )
    elif file.sha256 == UNREADABLE:
        advice = "give the user that runs graft the right to read it, or take it out of the folder"
        work.reject("unreadable", {"file": file.name}, f"{file.fault}; {advice}")
    elif file.size > work.config.max_megabytes * 1_000_000:
        detail = f"{file.size / 1e6:.0f} MB; split the document, or raise parse.max_megabytes"
        work.reject("too_large", {"file": file.name}, detail)
    else:
        return True
    return False


def distinct(files: list[Found], last: dict[str, str]) -> tuple[list[Found], dict[Found, list[str]]]:
    """Each content once, in the order of names; the other names beside it.

    A document that is there under several names keeps the one that it had when the folder was last parsed, so that a
    copy changes no row and retrains no model; else it has the first.
    """
    same: dict[str, list[Found]] = {}
    for file in files:
        same.setdefault(file.sha256, []).append(file)
    aliases: dict[Found, list[str]] = {}
    for copies in same.values():
        document = next((file for file in copies if file.name == last.get(document_id(file))), copies[0])
        aliases[document] = [file.name for file in copies if file is not document]
    return sorted(aliases, key=lambda file: file.name), aliases


def read_documents(work: Work[ParseConfig], documents: list[Found]) -> dict[str, Any]:
    """What each document holds, from the memo where it was read before; each is kept as soon as it is read."""
    config, readings = work.config, {}
    keys = {file.sha256: memo_key(config, file) for file in documents}
    for content, key in keys.items():
        if (known := work.memo.get("parse", key)) is not None:
            readings[content] = known
    work.counts["reused"] = len(readings)

    def unread(file: Found) -> bool:
        return "died" in readings.get(file.sha256, {"died": None})

    with work.progress.task("parse", len(documents)) as progress:
        progress.advance(len(readings))
        for workers in (config.workers or os.cpu_count() or 1, 1):  # what died beside others is read once more, alone
            todo = {file.sha256: file.path for file in documents if unread(file)}
            for content, reading in read_all(todo, config.cutting(), workers, config.seconds):
                progress.advance(content not in readings)
                readings[content] = reading
                if "sections" in reading or "unreadable" in reading:  # the rest hangs on the machine and the moment
                    work.memo.put("parse", keys[content], reading)
    return readings


def memo_key(config: ParseConfig, file: Found) -> str:
    """What a document's sections depend on; the name's ending tells Markdown from plain text."""
    return digest([config.version, config.cutting(), file.sha256, file.path.suffix.lower()])


def sections_of(
    work: Work[ParseConfig], file: Found, reading: dict[str, Any], sections: dict[str, Section]
) -> list[Section]:
    """Add a document's sections to those there are; what is lost, or there already, is recorded."""
    if "sections" not in reading:
        [(how, (reason, detail))] = reading.items()
        work.reject(reason, {"file": file.name}, detail)
        if how == "died":
            work.notes.append(f"{file.name} is missing: {detail}. It is tried again only by --force parse.")
        return []
    for loss in reading["losses"]:
        work.reject(loss["reason"], {"file": file.name, "page": loss["page"]}, loss["detail"])
    kept, own = [], {"document": document_id(file), "file": file.name}
    for piece in reading["sections"]:
        section = Section(id=short_id(piece["headings"], piece["text"]), **own, **piece)
        first = sections.setdefault(section.id, section)
        if first is section:
            kept.append(section)
        else:
            work.reject("duplicate_section", section, f"stands in {first.file} too")
    return kept


def document_id(file: Found) -> str:
    return file.sha256[:16]


def folder_key(config: ParseConfig) -> str:
    return digest(str(config.source.resolve()))


def note_documents(work: Work[ParseConfig], documents: dict[str, str], last: dict[str, str] | None) -> None:
    """Count what came and went since this folder was last parsed into this store, and keep each document's name."""
    if last is not None:
        work.counts["added"] = len(documents.keys() - last.keys())
        work.counts["removed"] = len(last.keys() - documents.keys())
    work.memo.put("parse.documents", folder_key(work.config), documents)
