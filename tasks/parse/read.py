"""One document, whatever its format."""

from __future__ import annotations

from pathlib import Path

from tasks.parse import listing, mail, pdf, slides, text, word
from tasks.parse.blocks import Options, Reading, UnreadableError
from tasks.parse.kinds import kind_of
from tasks.parse.markup import formats
from tasks.parse.office import sheets
from tasks.parse.office.encrypted import decrypted
from tasks.parse.office.legacy import MODERN, modern
from tasks.parse.subheadings import with_subheadings

NESTED = "nested_too_deeply"
DAMAGE = ("repaired", "damaged_part", "broken_page", "broken_slide")


def read(path: Path, options: Options) -> Reading:
    """The document's blocks; raises UnreadableError with a reason where it has none."""
    kind = "a document"
    try:
        kind = kind_of(path)
        reading = _read(path, kind, options)
        reading.blocks = with_subheadings(reading.blocks)
    except (UnreadableError, MemoryError):
        raise
    except RecursionError:
        raise UnreadableError(NESTED, "lists, tables or boxes stand in one another hundreds deep; flatten it") from None
    except Exception as error:  # a reader fails on a damaged file in ways that no list of errors can foresee
        raise UnreadableError(
            "broken", f"cannot be read as {kind}: {type(error).__name__}: {str(error)[:200]}"
        ) from error
    if not any(block.text for block in reading.blocks):
        for loss in reading.losses:
            if loss.passing or loss.reason == NESTED:  # there may be text that could not be reached
                raise UnreadableError(loss.reason, loss.detail, passing=loss.passing)
            if loss.reason in DAMAGE:
                raise UnreadableError("broken", loss.detail)
        raise UnreadableError("no_text", "the document holds no text")
    return reading


def _read(path: Path, kind: str, options: Options) -> Reading:
    """A document of any kind: behind a password, in an old format, or as its reader takes it."""
    if kind == "encrypted":
        with decrypted(path, options.password) as plain:
            return _read(plain, kind_of(plain), options)
    if kind in MODERN:
        with decrypted(path, options.password) as plain, modern(plain, kind) as current:
            return _read(current, kind_of(current), options)
    return _by_reader(path, kind, options)


def _by_reader(path: Path, kind: str, options: Options) -> Reading:
    match kind:
        case "pdf":
            return pdf.read(path, options)
        case "docx":
            return word.read(path, options)
        case "pptx":
            return slides.read(path, options)
        case "xlsx":
            return sheets.read_workbook(path)
        case "txt":
            return text.read(path)
        case "code":
            return listing.read(path)
        case "csv":
            return sheets.read_csv(path)
        case "markdown":
            return formats.read_markdown(path)
        case "html":
            return formats.read_html(path)
        case "xml":
            return formats.read_xml(path)
        case "mail":
            return mail.read(path)
        case "msg":
            return mail.read_msg(path)
    return formats.read_by_pandoc(path, kind)
