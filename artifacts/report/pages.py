"""Templates, filled in so that no text of a document can become markup."""

from __future__ import annotations

import html
import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from artifacts.report import bars

MARKUP = re.compile(r"([\\`*_\[\]|#~])")


def render(template: str, **values: Any) -> str:
    """Fill in a template; HTML is escaped unasked, Markdown by `md`, a quotation or a fence."""
    environment = Environment(
        loader=PackageLoader("artifacts.report", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(md=escape_markdown, fence=fence, quote=quote, share=share, took=took, p=p_value)
    environment.filters.update(number=bars.number, bounds=bars.bounds, histogram=bars.histogram)
    return environment.get_template(template).render(**values)


def escape_markdown(text: Any) -> str:
    """Text as itself within a line or a table cell: no markup, no HTML, no new line."""
    return MARKUP.sub(r"\\\1", html.escape(" ".join(str(text).split()), quote=False))


def fence(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any in the text."""
    marks = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"


def quote(text: str) -> str:
    """Text as itself, line by line, in a quotation: unlike a code block, long lines are wrapped."""
    return "\n".join(f"> {escape_markdown(line)}  " for line in text.split("\n"))


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def took(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def p_value(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
