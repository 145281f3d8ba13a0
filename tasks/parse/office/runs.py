"""What runs of letters become in Markdown, alike in Word's and PowerPoint's files: powers, indices, links."""

from __future__ import annotations

import re

SCRIPTS = {"superscript": "^", "subscript": "_"}
NUMBER = re.compile(r"[-+−]?\d")
ADDRESS = re.compile(r"(?:https?://|mailto:)\S", re.IGNORECASE)


def scripted(text: str, script: str | None, *, after_digit: bool) -> str:
    """A number above or below the line with its sign: 10 to the power of 3 must not become 103."""
    return SCRIPTS.get(script or "", "") + text if after_digit and NUMBER.match(text) else text


def linked(text: str, address: str) -> str:
    """Markdown's link, where the address says more than the text does; white space around it stays outside."""
    said = text.strip()
    bare = re.sub(r"^(?:https?://|mailto:)|/$", "", address, flags=re.IGNORECASE)
    if not said or not ADDRESS.match(address) or re.sub(r"^https?://|/$", "", said, flags=re.IGNORECASE) == bare:
        return text
    address = address.replace(" ", "%20").replace("(", "%28").replace(")", "%29")
    return text.replace(said, f"[{said}]({address})", 1)
