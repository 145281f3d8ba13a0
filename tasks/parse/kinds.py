"""What a file really is, by its content first and its name second, and whether it is safe to open."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from tasks.parse.blocks import UnreadableError
from tasks.parse.decode import decode
from tasks.parse.listing import LANGUAGES, ending

BY_SUFFIX = {
    **dict.fromkeys(LANGUAGES, "code"),
    **dict.fromkeys((".md", ".markdown", ".mdown"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    **dict.fromkeys((".csv", ".tsv", ".xls", ".xlsx"), "csv"),  # programs name text so that a spreadsheet opens it
    ".eml": "mail",
    ".org": "org",
    ".rst": "rst",
    ".xml": "xml",
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STREAMS = {  # of an OLE container, and what it is then; the first that is there counts
    "EncryptedPackage": "encrypted",
    "__properties_version1.0": "msg",
    "WordDocument": "doc",
    "PowerPoint Document": "ppt",
    "Workbook": "xls",
    "Book": "xls",
}
MAIN_PARTS = (  # content types of an Office package's main part, with and without macros, templates too
    (re.compile(r"(?:wordprocessingml|ms-word)\.[\w.]*main\+xml"), "docx"),
    (re.compile(r"(?:presentationml|ms-powerpoint)\.[\w.]*main\+xml"), "pptx"),
    (re.compile(r"(?:spreadsheetml|ms-excel)\.[\w.]*main\+xml"), "xlsx"),
    (re.compile(r"ms-excel\.sheet\.binary\.[\w.]*main"), "xlsb"),
)
OPEN_DOCUMENTS = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
MAIL = re.compile(
    r"(?:(?:Return-Path|Delivered-To|Received|MIME-Version|Message-ID): |From [^\n]+\n[\w-]+: )", re.IGNORECASE
)
HTML = re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)
OFFICE_XML = re.compile(r'<\?mso-application progid="(Word|Excel)')  # Office 2003's XML, which LibreOffice reads
BY_PROGRAM = {"Word": "doc", "Excel": "xls"}
SAMPLE = 1 << 16  # bytes
UNREADABLE = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f\ufffd]")  # not what terminals and old printers obey
MOST_UNREADABLE = 0.05  # share of a text's characters
MOST_PARTS = 50_000
MOST_UNPACKED = 1 << 30
MOST_TEXT_UNPACKED = 64 << 20  # XML grows tenfold in memory when it is read
MOST_SHEETS_UNPACKED = 512 << 20  # which are read row by row
SUSPECT_RATIO, SUSPECT_SIZE = 100, 16 << 20  # what people write shrinks to a tenth, not to a hundredth
MARKUP = (".xml", ".rels", ".html", ".xhtml", ".htm", ".opf", ".ncx", ".svg")
SHEETS = "xl/worksheets/"
TYPES = "[Content_Types].xml"


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
    if start.startswith(PICTURES) and b"\x00" in start:  # a text may begin with these letters
        raise UnreadableError("picture", "a picture by itself; save it as PDF to have its text read")
    return _text(path, start)


def _packed(path: Path) -> str:
    """Office files and e-books are zip archives; one that unpacks to far too much is not opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {part.filename: part for part in archive.infolist()}
            _measure(archive.infolist())
            types = _start(archive, TYPES, 1 << 20) if TYPES in parts else ""
            mimetype = _start(archive, "mimetype", 100) if "mimetype" in parts else ""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise UnreadableError("broken", f"the archive inside is damaged ({error}); save the document again") from None
    for pattern, kind in MAIN_PARTS:
        if pattern.search(types):
            return kind
    if "word/document.xml" in parts:
        return "docx"
    if "ppt/presentation.xml" in parts:
        return "pptx"
    if "epub" in mimetype:
        return "epub"
    for name, kind in OPEN_DOCUMENTS.items():
        if f"opendocument.{name}" in mimetype:
            return kind
    raise UnreadableError("unknown_type", "no reader takes this kind of archive; unpack it, or save it as PDF or DOCX")


def _measure(parts: list[zipfile.ZipInfo]) -> None:
    """Raise for what would unpack to too much; a part never gives more than the archive's directory says of it."""
    packed, unpacked = sum(part.compress_size for part in parts), sum(part.file_size for part in parts)
    sheets = sum(part.file_size for part in parts if part.filename.startswith(SHEETS))
    text = sum(part.file_size for part in parts if part.filename.lower().endswith(MARKUP)) - sheets
    if (
        len(parts) > MOST_PARTS
        or unpacked > MOST_UNPACKED
        or sheets > MOST_SHEETS_UNPACKED
        or text > MOST_TEXT_UNPACKED
        or (unpacked > SUSPECT_SIZE and unpacked > SUSPECT_RATIO * packed)
    ):
        what = f"{packed / 1e6:.1f} MB unpack to {unpacked / 1e6:.0f} MB in {len(parts)} parts"
        raise UnreadableError("unpacks_too_large", f"{what}; split the document, or save it as PDF")


def _start(archive: zipfile.ZipFile, name: str, most: int) -> str:
    """The start of a part, however much the whole of it would unpack to; nothing of one that is damaged."""
    try:
        with archive.open(name) as part:
            return part.read(most).decode("ascii", "replace")
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return ""


def _compound(path: Path) -> str:
    """Old Office files, Outlook messages, and Office files behind a password share one container."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as container:
            for stream, kind in STREAMS.items():
                if container.exists(stream):
                    return kind
    except (OSError, ValueError, IndexError) as error:
        raise UnreadableError("broken", f"the container inside is damaged ({error}); save it again") from None
    raise UnreadableError("unknown_type", "no reader takes this kind of old file; save it as PDF or DOCX")


def _text(path: Path, start: bytes) -> str:
    """A format of text: what the content says, else what the name's ending does, else plain text."""
    if b"\x00" in start:  # which stands in Unicode of two or four bytes, too
        with path.open("rb") as file:
            start = file.read(SAMPLE)
    head = decode(start).lstrip("\ufeff \t\r\n")
    if "\x00" in head or len(UNREADABLE.findall(head)) > MOST_UNREADABLE * len(head):
        raise UnreadableError("unknown_type", "neither text nor a document that a reader takes; save it as PDF or DOCX")
    if HTML.match(head):
        return "html"
    if MAIL.match(head):
        return "mail"
    if program := OFFICE_XML.search(head):
        return BY_PROGRAM[program[1]]
    return BY_SUFFIX.get(ending(path), "txt")
