"""Letters: EML by the standard library, Outlook's MSG by unstructured."""

from __future__ import annotations

from email import policy
from email.parser import BytesParser
from pathlib import Path

from tasks.parse import markup, text
from tasks.parse.blocks import Block, Loss, Reading, tidy

SHOWN = ("From", "To", "Date")


def read(path: Path) -> Reading:
    """The subject as heading, who wrote when to whom, and the letter; attachments are named as lost."""
    with path.open("rb") as file:
        message = BytesParser(policy=policy.default).parse(file)
    reading = Reading()
    if subject := tidy(str(message["Subject"] or "")):
        reading.blocks.append(Block("heading", subject))
    if shown := [f"{name}: {tidy(str(message[name]))}" for name in SHOWN if message[name]]:
        reading.blocks.append(Block("paragraph", "\n".join(shown)))
    if body := message.get_body(("html", "plain")):
        content = str(body.get_content())
        is_html = body.get_content_type() == "text/html"
        reading.blocks += markup.blocks_of(content) if is_html else text.blocks_of(content)
    for part in message.iter_attachments():
        detail = (
            f"{part.get_filename() or part.get_content_type()} is attached; save it into the folder to have it read"
        )
        reading.losses.append(Loss("attachment", detail))
    return reading


def read_msg(path: Path) -> Reading:
    markup.offline()
    from unstructured.partition.msg import partition_msg

    elements = partition_msg(filename=str(path), process_attachments=False)
    subject = tidy(elements[0].metadata.subject or "") if elements else ""
    heading = [Block("heading", subject)] if subject else []
    return Reading([*heading, *markup.from_elements(elements)])
