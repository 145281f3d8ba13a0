"""Equations of Office files in one line: x^2, a/b, √(x), ∑_(i=1)^n."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tasks.parse.word.names import W

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
SINGLE = re.compile(r"\w+(?:\.\d+)?|[^\w\s]|\([^()]*\)")  # what needs no brackets of its own
ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u20d7": "vec"}


def linear(element: Any) -> str:
    """An equation, or a part of one, as a line of text."""
    return "".join(_said(child) for child in element)


def _said(element: Any) -> str:
    if not isinstance(element.tag, str) or element.tag in (f"{W}del", f"{W}moveFrom"):
        return ""
    name = element.tag.removeprefix(M)
    if name in SHAPES:
        return SHAPES[name](element)
    return "" if name.endswith("Pr") else linear(element)


def _run(element: Any) -> str:
    return "" if element.find(f"{W}rPr/{W}del") is not None else "".join(_text(child) for child in element)


def _text(child: Any) -> str:
    if child.tag in (f"{M}t", f"{W}t"):
        return child.text or ""
    return "\n" if child.tag == f"{W}br" else ""


def _part(element: Any, name: str) -> str:
    found = element.find(f"{M}{name}")
    return linear(found) if found is not None else ""


def _bracketed(text: str) -> str:
    text = text.strip()
    return text if SINGLE.fullmatch(text) else f"({text})"


def _scripts(element: Any) -> str:
    pairs = (("_", _part(element, "sub")), ("^", _part(element, "sup")))
    return "".join(f"{sign}{_bracketed(text)}" for sign, text in pairs if text.strip())


def _fraction(element: Any) -> str:
    kind = element.find(f"{M}fPr/{M}type")
    above, below = _part(element, "num"), _part(element, "den")
    if kind is not None and kind.get(f"{M}val") == "noBar":  # a binomial coefficient
        return f"{above} choose {below}"
    return f"{_bracketed(above)}/{_bracketed(below)}"


def _sign(element: Any, properties: str, default: str) -> str:
    found = element.find(f"{M}{properties}/{M}chr")
    return default if found is None else found.get(f"{M}val", "")


def _delimited(element: Any) -> str:
    signs = []
    for name, default in (("begChr", "("), ("sepChr", "|"), ("endChr", ")")):
        found = element.find(f"{M}dPr/{M}{name}")
        signs.append(default if found is None else found.get(f"{M}val", ""))
    return signs[0] + signs[1].join(linear(part) for part in element.findall(f"{M}e")) + signs[2]


def _root(element: Any) -> str:
    degree = _part(element, "deg")
    return f"√({degree}&{_part(element, 'e')})" if degree else f"√({_part(element, 'e')})"


def _matrix(element: Any) -> str:
    rows = (", ".join(linear(cell) for cell in row.findall(f"{M}e")) for row in element.findall(f"{M}mr"))
    return f"[{'; '.join(rows)}]"


def _accented(element: Any) -> str:
    sign = _sign(element, "accPr", "\u0302")
    return f"{ACCENTS.get(sign, sign)}({_part(element, 'e')})"


SHAPES: dict[str, Callable[[Any], str]] = {
    "r": _run,
    "f": _fraction,
    **dict.fromkeys(("sSup", "sSub", "sSubSup"), lambda element: _part(element, "e") + _scripts(element)),
    "sPre": lambda element: f"{_scripts(element)} {_part(element, 'e')}",
    "rad": _root,
    "nary": lambda element: f"{_sign(element, 'naryPr', '∫')}{_scripts(element)} {_part(element, 'e')}",
    "d": _delimited,
    "m": _matrix,
    "eqArr": lambda element: "; ".join(linear(line) for line in element.findall(f"{M}e")),
    "func": lambda element: f"{_part(element, 'fName')} {_part(element, 'e')}",
    "limLow": lambda element: f"{_part(element, 'e')}_{_bracketed(_part(element, 'lim'))}",
    "limUpp": lambda element: f"{_part(element, 'e')}^{_bracketed(_part(element, 'lim'))}",
    "acc": _accented,
    "bar": lambda element: f"bar({_part(element, 'e')})",
}
