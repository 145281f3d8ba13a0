"""One document, whatever its format."""

from __future__ import annotations

from pathlib import Path

from tasks.parse import mail, markup, pdf, slides, text, word
from tasks.parse.blocks import Options, Reading, UnreadableError
from tasks.parse.kinds import kind_of


def read(path: Path, options: Options) -> Reading:
    """The document's blocks; raises UnreadableError with a reason where it has none."""
    kind = "a document"
    try:
        kind = kind_of(path)
        reading = _read(path, kind, options)
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # a reader fails on a damaged file in ways that no list of errors can foresee
        raise UnreadableError(
            "broken", f"cannot be read as {kind}: {type(error).__name__}: {str(error)[:200]}"
        ) from error
    if not any(block.text for block in reading.blocks):
        advice = "; a scan needs optical character recognition first" if kind == "pdf" else ""
        raise UnreadableError("no_text", f"the document holds no text{advice}")
    return reading


def _read(path: Path, kind: str, options: Options) -> Reading:
    match kind:
        case "pdf":
            return pdf.read(path, options)
        case "docx":
            return word.read(path, options)
        case "pptx":
            return slides.read(path, options)
        case "txt":
            return text.read(path)
        case "csv":
            return text.read_csv(path)
        case "markdown":
            return markup.read_markdown(path)
        case "html":
            return markup.read_html(path)
        case "xml":
            return markup.read_xml(path)
        case "mail":
            return mail.read(path)
        case "msg":
            return mail.read_msg(path)
    return markup.read_by_pandoc(path, kind)
