"""The stage that reads documents."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import nsmallest
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Section, digest, read_jsonl
from artifacts.report.pages import render
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import ABOUT, Ref
from tasks.models.config import EMBEDDED
from tasks.models.tokens import tokenizer_identity
from tasks.parse.config import ParseConfig
from tasks.parse.find import Found, find, refusal
from tasks.parse.pool import read_all
from tasks.parse.told import Told, document_id, find_near, sections_in

SAMPLE = 5  # sections shown on the stage's page
PASSING = {"passing": True}  # an answer that does not hold: the document is read again


@task(name="parse", persist_result=False, cache_policy=NO_CACHE)
def parse(run: Run, config: ParseConfig) -> Ref | State[Ref]:
    """Sections of Markdown from a folder of documents."""
    return run_stage(run, config, {}, make)


def make(work: Work[ParseConfig]) -> None:
    files = find(work.config.source)
    last: dict[str, str] | None = work.memo.get("parse.documents", folder_key(work.config))
    documents, aliases = distinct([file for file in files if may_be_read(work, file)], last or {})
    keys = read_documents(work, documents)
    told = {document_id(file): Told(file, keys[file.sha256], aliases[file]) for file in documents}
    work.counts["in"] = len(files)
    work.counts["kept"] = work.write("sections.jsonl", sections_of(work, told.values()))
    if not work.counts["kept"]:
        reasons = ", ".join(f"{reason} ({count})" for reason, count in work.rejects.most_common())
        raise StageError(
            f"parse.source: nothing could be read of {len(files)} files in {work.config.source}: {reasons}"
        )
    tell(work, told)
    note_documents(work, {document_id(file): file.name for file in documents}, last)


def may_be_read(work: Work[ParseConfig], file: Found) -> bool:
    """Whether a file is one that we open at all."""
    if refused := refusal(file, work.config.max_megabytes):
        reason, detail = refused
        work.reject(reason, {"file": file.name}, detail)
    return refused is None


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


def read_documents(work: Work[ParseConfig], documents: list[Found]) -> dict[str, str]:
    """Read each document that was not read before, and put what it holds into the memo; returns the memo's keys."""
    config = work.config
    keys = {file.sha256: memo_key(config, file) for file in documents}
    unread = [file for file in documents if must_read(work, keys[file.sha256])]
    work.counts["documents_reused"] = len(documents) - len(unread)
    with work.progress.task("parse", len(unread)) as progress:
        for workers in (config.workers or os.cpu_count() or 1, 1):  # what died beside others is read once more, alone
            died = set()
            for content, answer in read_all(unread, config, workers):
                work.memo.put("parse", keys[content], answer)
                if answer.get("died"):
                    died.add(content)
                else:
                    progress.advance()
            unread = [file for file in unread if file.sha256 in died]
    return keys


def must_read(work: Work[ParseConfig], key: str) -> bool:
    """Whether nothing is known of a document that would be so again; by --force, what gave no text is tried again."""
    answer = work.memo.get("parse", key) or PASSING
    return bool(answer["passing"] or (work.force and "text" not in answer))


def answer_of(work: Work[ParseConfig], key: str) -> dict[str, Any]:
    """What the child answered of a document that was read."""
    answer: dict[str, Any] | None = work.memo.get("parse", key)
    assert answer is not None
    return answer


def memo_key(config: ParseConfig, file: Found) -> str:
    """What a document's sections depend on; the name's ending tells Markdown from plain text."""
    dials = {**config.options(file.name), "password": None}  # a document that was opened stays so
    tokenizer = tokenizer_identity(config.tokenizer or EMBEDDED)
    return digest([config.version, config.cutting(), tokenizer, dials, file.sha256, file.path.suffix.lower()])


def sections_of(work: Work[ParseConfig], documents: Iterable[Told]) -> Iterator[Section]:
    """Every document's sections, one document in memory at a time; what is lost, or there already, is recorded."""
    first_in: dict[int, str] = {}  # by the section's id as a number: there may be millions
    for document in documents:
        answer = answer_of(work, document.key)
        name = document.file.name
        if "text" not in answer:
            work.reject(answer["reason"], {"file": name}, answer["detail"])
            if answer.get("died"):
                work.notes.append(f"{name} is missing: {answer['detail']}. It is tried again only by --force parse.")
            continue
        for loss in answer["losses"]:
            work.reject(loss["reason"], {"file": name, "page": loss["page"]}, loss["detail"])
        document.fill(answer)
        for section in sections_in(answer, document.file):
            number = int(section.id, 16)
            if (other := first_in.get(number)) is not None:
                work.reject("duplicate_section", section, f"stands in {other} too")
                continue
            first_in[number] = name
            document.sections += 1
            yield section


def tell(work: Work[ParseConfig], documents: dict[str, Told]) -> None:
    """Write the documents' figures and texts, and the page that shows what was read."""

    def text_of(document: str) -> str:
        return str(answer_of(work, documents[document].key).get("text", ""))

    if note := find_near(documents, text_of):
        work.notes.append(note)
    work.write(f"{ABOUT}/documents.jsonl", (document.row() for document in documents.values()))
    texts = ({"document": name, "text": text_of(name)} for name in documents if documents[name].characters)
    work.write(f"{ABOUT}/texts.jsonl", texts)
    read = [document for document in documents.values() if document.was_read]
    work.counts["documents"] = len(read)
    for figure in ("pages", "characters", "tables"):
        work.counts[figure] = sum(getattr(document, figure) for document in read)
    languages: Counter[str] = Counter()

    def counted() -> Iterator[Section]:
        for section in read_jsonl(work.out / "sections.jsonl", Section):
            languages[section.language] += 1
            yield section

    sample = nsmallest(SAMPLE, counted(), key=lambda section: section.id)  # ids are hashes, so it is a random one
    work.facts["languages"] = dict(languages.most_common())
    aliases = sum(len(document.aliases) for document in documents.values())
    work.facts["headline"] = (
        f"{work.counts['kept']:,} sections of {len(read):,} documents; {work.counts['in']:,} files, of which "
        f"{aliases:,} are copies and {work.counts['in'] - aliases - len(read):,} could not be read"
    )
    work.write_page(render("parse.md.jinja", sample=sample, languages=languages))


def folder_key(config: ParseConfig) -> str:
    return digest(str(config.source.resolve()))


def note_documents(work: Work[ParseConfig], documents: dict[str, str], last: dict[str, str] | None) -> None:
    """Count what came and went since this folder was last parsed into this store, and keep each document's name."""
    if last is not None:
        work.counts["documents_added"] = len(documents.keys() - last.keys())
        work.counts["documents_removed"] = len(last.keys() - documents.keys())
    work.memo.put("parse.documents", folder_key(work.config), documents)
