"""Letters that have lost their meaning: fonts may not say which letters their shapes are."""

from __future__ import annotations

import re

ODD = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f\x7f-\x9f\xa1-\xff]")  # \xa1-\xff: Chinese, its map lost
MOST_ODD = 0.3  # share of characters that mean nothing


def are_odd(text: str) -> bool:
    """Whether a text is of private characters, replacements, or the accents of no language."""
    return ODD.search(text) is not None and len(ODD.findall(text)) > MOST_ODD * len("".join(text.split()))
