"""What a file really is, by its content first and its name second, and whether it is safe to open."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from tasks.parse.blocks import UnreadableError
from tasks.parse.decode import decode

BY_SUFFIX = {
    **dict.fromkeys(("", ".txt", ".text", ".log"), "txt"),
    **dict.fromkeys((".md", ".markdown", ".mdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    ".eml": "mail",
    ".org": "org",
    ".rst": "rst",
    ".xml": "xml",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_OFFICE = {".doc": ".docx", ".dot": ".docx", ".wps": ".docx", ".ppt": ".pptx", ".pps": ".pptx", ".xls": ".csv"}
MAIL = re.compile(
    r"(?:(?:Return-Path|Delivered-To|Received|MIME-Version|Message-ID): |From [^\n]+\n[\w-]+: )", re.IGNORECASE
)
HTML = re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)
MOST_UNPACKED = 1 << 30
MOST_TEXT_UNPACKED = 64 << 20  # XML grows tenfold in memory when it is read
SUSPECT_RATIO, SUSPECT_SIZE = 100, 16 << 20  # what people write shrinks to a tenth, not to a hundredth


def kind_of(path: Path) -> str:
    """The format of a file; raises UnreadableError for what no reader takes."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip():
        raise UnreadableError("empty", "the file holds nothing")
    if b"%PDF-" in start[:1024]:
        return "pdf"
    if start.startswith(b"PK\x03\x04"):
        return _packed(path)
    if start.startswith(OLE):
        return _compound(path)
    if start.startswith(b"{\\rtf"):
        return "rtf"
    return _text(path, start)


def _packed(path: Path) -> str:
    """Office files and e-books are zip archives; one that unpacks to far too much is not opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {part.filename: part for part in archive.infolist()}
            kind = _start(archive, "mimetype") if "mimetype" in parts else ""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UnreadableError("broken", f"the archive inside is damaged ({error}); save the document again") from None
    unpacked, packed = sum(p.file_size for p in parts.values()), sum(p.compress_size for p in parts.values())
    text = sum(p.file_size for name, p in parts.items() if name.endswith((".xml", ".rels", ".html", ".xhtml")))
    if (
        unpacked > MOST_UNPACKED
        or text > MOST_TEXT_UNPACKED
        or (unpacked > SUSPECT_SIZE and unpacked > SUSPECT_RATIO * packed)
    ):
        raise UnreadableError("unpacks_too_large", f"{packed / 1e6:.1f} MB unpack to {unpacked / 1e6:.0f} MB")
    if "word/document.xml" in parts:
        return "docx"
    if "ppt/presentation.xml" in parts:
        return "pptx"
    if "epub" in kind:
        return "epub"
    if "opendocument.text" in kind:
        return "odt"
    advice = (
        "save its sheets as CSV" if "xl/workbook.xml" in parts else "unpack archives; save documents as PDF or DOCX"
    )
    raise UnreadableError("unknown_type", f"no reader takes this kind of archive; {advice}")


def _start(archive: zipfile.ZipFile, name: str) -> str:
    """The start of a part, however much the whole of it would unpack to."""
    with archive.open(name) as part:
        return part.read(100).decode("ascii", "replace")


def _compound(path: Path) -> str:
    """Old Office files, Outlook messages, and Office files behind a password share one container."""
    content, suffix = path.read_bytes(), path.suffix.lower()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableError("encrypted", "the document asks for a password; save it without one")
    if "__properties_version1.0".encode("utf-16-le") in content:
        return "msg"
    advice = f"save it as {OLD_OFFICE[suffix]}" if suffix in OLD_OFFICE else "save it in a current format"
    raise UnreadableError("old_format", f"an Office file from before 2007; {advice}")


def _text(path: Path, start: bytes) -> str:
    head = decode(start).lstrip("\ufeff \t\r\n") if b"\x00" not in start or _is_utf16(path) else None
    if head is None:
        raise UnreadableError("unknown_type", "neither text nor a document that a reader takes; save it as PDF or DOCX")
    if HTML.match(head):
        return "html"
    if MAIL.match(head):
        return "mail"
    if kind := BY_SUFFIX.get(path.suffix.lower()):
        return kind
    raise UnreadableError("unknown_type", f"no reader takes {path.suffix} files; save it as TXT, Markdown, PDF or DOCX")


def _is_utf16(path: Path) -> bool:
    return path.suffix.lower() in BY_SUFFIX and "\x00" not in decode(path.read_bytes()[: 1 << 16])
