"""Scanned pages of a PDF: which pages have no usable text, and reading them by Tesseract through pymupdf."""

from __future__ import annotations

from typing import Any

from tasks.parse.blocks import Options


def available(languages: str) -> str:
    """Those of Tesseract's `languages` ("eng+chi_sim") whose data is on this machine, in their order; "" for none."""
    raise NotImplementedError


def needs_ocr(page: Any, content: dict[str, Any]) -> bool:
    """Whether a page must be read from its picture: `content` is what `page.get_text("dict")` gave, images left out.

    So it is where there is a picture of the page, or letters drawn as outlines, and (almost) no text; where the
    characters of the text mean nothing; and where a hidden layer of text over the picture is mostly no words.
    It is cheap for pages of good text.
    """
    raise NotImplementedError


def recognise(page: Any, options: Options) -> dict[str, Any]:
    """What Tesseract reads on a page, in the form and the coordinates of `page.get_text("dict")`.

    Each line is one span, whose font is unknown: `font` is "" and `flags` are 0, so that nothing is bold; sizes of
    type that are nearly one are made one. Raises UnreadableError("needs_ocr", ..., passing=True) where `options.ocr`
    is off or Tesseract or its languages are not installed: a `Loss` of that page.
    """
    raise NotImplementedError
