"""What is told of documents that a password locks."""

from __future__ import annotations

from tasks.parse.blocks import UnreadableError

ADVICE = "name the environment variable that holds it under parse.passwords, or save the document without one"


def refused(document: str, password: str | None) -> UnreadableError:
    """The error for a `document` ("the PDF") that did not open, with a password or without."""
    wrong = "the one that parse.passwords leads to is wrong; correct it" if password else ADVICE
    return UnreadableError("encrypted", f"{document} asks for a password; {wrong}", passing=True)
