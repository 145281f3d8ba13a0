"""Letters: EML by the standard library, Outlook's MSG by the reader that unstructured has for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from itertools import groupby
from pathlib import Path

from tasks.parse import text
from tasks.parse.blocks import Block, Loss, Reading, tidy
from tasks.parse.decode import decode
from tasks.parse.markup import formats

SHOWN = ("From", "To", "Cc", "Date")
READ = ("text/html", "text/plain")


def read(path: Path) -> Reading:
    """The subject as heading, who wrote when to whom, and the letter; attachments are named as lost."""
    with path.open("rb") as file:
        message = BytesParser().parse(file)
    reading = _opened(_header(message, "Subject"), ((name, _header(message, name)) for name in SHOWN))
    for part, belongs in _parts(message):
        if belongs:
            payload = part.get_payload(decode=True)
            content = decode(payload, part.get_content_charset()) if isinstance(payload, bytes) else ""
            reading.blocks += _letter(content, is_html=part.get_content_type() == READ[0])
        elif not (part.get_content_maintype() == "image" and part["Content-ID"]):  # a picture within the letter
            reading.losses.append(_attached(_filename(part) or part.get_content_type()))
    return reading


def read_msg(path: Path) -> Reading:
    from oxmsg import Message as OutlookMessage

    message = OutlookMessage.load(str(path))
    to = ", ".join(filter(None, (recipient.name or recipient.email_address for recipient in message.recipients)))
    date = message.sent_date.strftime("%Y-%m-%d %H:%M") if message.sent_date else ""
    reading = _opened(message.subject, (("From", message.sender or ""), ("To", to), ("Date", date)))
    try:
        html = message.html_body
    except (LookupError, UnicodeError):  # written in another encoding than it says; the plain form is there too
        html = None
    reading.blocks += _letter(html or message.body or "", is_html=bool(html))
    reading.losses += (_attached(one.file_name or one.mime_type or "something") for one in message.attachments)
    return reading


def _opened(subject: str, fields: Iterable[tuple[str, str]]) -> Reading:
    heading = [Block("heading", subject)] if (subject := " ".join(tidy(subject).split())) else []
    shown = [f"{name}: {value}" for name, said in fields if (value := " ".join(tidy(said).split()))]
    return Reading([*heading, Block("paragraph", "\n".join(shown))] if shown else heading)


def _attached(name: str) -> Loss:
    return Loss("attachment", f"{tidy(name)} is attached; save it into the folder to have it read")


def _header(message: Message, name: str) -> str:
    """A header's text; also one that was written in another encoding than it says, or says none."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    raw = decode(str(raw).encode("utf-8", "surrogateescape")).replace("\r", "").replace("\n", "")
    try:
        words = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw
    return "".join(decode(word, charset) if isinstance(word, bytes) else word for word, charset in words)


def _filename(part: Message) -> str:
    try:
        name = part.get_filename()
    except (ValueError, TypeError, LookupError):  # a parameter in an encoding that does not exist
        return ""
    return "".join(
        decode(word, charset) if isinstance(word, bytes) else word for word, charset in decode_header(name or "")
    )


def _parts(part: Message) -> Iterator[tuple[Message, bool]]:
    """A letter's leaves, and whether each belongs to its text; of several forms of one text the HTML alone."""
    stack: list[Message] = [part]
    while stack:
        one = stack.pop()
        kind = one.get_content_type()
        attached = one.get_content_disposition() == "attachment" or bool(_filename(one))
        if kind.startswith("multipart/") and one.is_multipart() and not attached:
            payload = one.get_payload()
            inner = [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []
            if kind == "multipart/alternative":
                rich = [child for child in inner if any(leaf.get_content_type() == READ[0] for leaf in child.walk())]
                inner = (rich or [child for child in inner if child.get_content_type() in READ] or inner)[-1:]
            stack += reversed(inner)
        else:
            yield one, kind in READ and not attached


def _letter(content: str, *, is_html: bool) -> Iterator[Block]:
    """The text of a letter; what it quotes of others keeps the sign of that."""
    if is_html:
        yield from formats.blocks_of(content)
        return
    for depth, group in groupby(content.splitlines(), key=_depth):
        lines = "\n".join(line.lstrip("> ") if depth else line for line in group)
        for block in text.blocks_of(lines, titled=False):
            quoted = depth and block.kind == "paragraph"
            yield replace(block, text="> " * depth + block.text.replace("\n", f"\n{'> ' * depth}")) if quoted else block


def _depth(line: str) -> int:
    """How deep a line is quoted: `> > text` is a quotation within one."""
    return line[: len(line) - len(line.lstrip("> "))].count(">")
