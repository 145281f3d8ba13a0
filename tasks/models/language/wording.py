"""When two texts say the same: one normal form, how alike two texts are, and what must not differ."""

from __future__ import annotations

import re

CJK = "\u3400-\u9fff\uf900-\ufaff"
_FULL_WIDTH: dict[int, int] = {
    code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)
}  # ，？！（） and ＡＢ１２ to ASCII
_SIGNS = {**_FULL_WIDTH, **dict(zip(map(ord, "\u3000。、“”‘’"), map(ord, " .,\"\"''"), strict=True))}
_BESIDE_CJK = re.compile(rf"(?<=[{CJK}])\s+|\s+(?=[{CJK}])")
_TOKEN = re.compile(rf"[^\s{CJK}]+")
_EDGES = " .,;:!?\"'()[]…"

# One changed character makes another fact of these: numbers, opposites, places in a row, negations.
_CONTRAST = frozenset(
    "一二三四五六七八九十百千万亿两零〇半双单首末甲乙丙丁戊东西南北左右上下前后内外里大小高低长短多少增减升降"
    "进出入开关启停正负阴阳男女新旧老冷热干湿早晚年月日时分秒周季天夜晨午不无未非没免禁必可能"
)

GRAM = 3


def normalize(text: str) -> str:
    """Case, width, blanks and closing punctuation taken away; signs inside ("3.5", "C++", "-5") stay."""
    text = " ".join(text.translate(_SIGNS).casefold().split())
    return _BESIDE_CJK.sub("", text).strip(_EDGES)


def similarity(one: str, other: str) -> float:
    """Jaccard index of the character trigrams of two normalized texts."""
    grams, others = _grams(one), _grams(other)
    return len(grams & others) / len(grams | others)


def _grams(text: str) -> set[str]:
    return {text[start : start + GRAM] for start in range(max(1, len(text) - GRAM + 1))}


def marks(text: str) -> tuple[str, ...]:
    """What of a normalized text a duplicate has too: numbers, codes, and characters that tell facts apart."""
    tokens = [token.strip(_EDGES) for token in _TOKEN.findall(text)]
    return tuple(
        sorted([token for token in tokens if any(map(str.isdigit, token))] + [c for c in text if c in _CONTRAST])
    )
