"""The report's plots as inline SVG. Their colours are the page's own, so they follow its light or dark look."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from artifacts.report.funnel import Step
from artifacts.report.story import MODELS, Row, Story

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that stand for the page's CSS variables and are exchanged for them in the SVG.
INK, FAINT = "#010101", "#020202"
COLOURS = {"base": "#030303", "sft": "#040404", "aligned": "#050505", "out": "#060606"}
VARIABLES = {INK: "ink", FAINT: "line"} | {colour: {"out": "bad"}.get(name, name) for name, colour in COLOURS.items()}
TITLES = {"loss": "training loss", "eval_loss": "validation loss", "rewards/margins": "margin of the chosen answer"}
WIDTH = 5.2  # inches; the page scales it


def plots(story: Story) -> dict[str, str]:
    """Every plot there is something to draw for, by name."""
    drawn: dict[str, str] = {}
    if story.funnel:
        drawn["funnel"] = funnel(story.funnel)
    for number, distribution in enumerate(story.distributions):
        if distribution["edges"]:
            drawn[f"distribution {number}"] = distribution_of(distribution)
    if story.scores:
        recall = [row for row in story.recall if row.names.count("all") != 1]  # the parts, and the sum of all
        for name, rows in (
            ("recall", recall),
            ("retention", story.table("retention")),
            ("hallucination", story.table("hallucination")),
        ):
            if rows:
                drawn[name] = shares(rows)
    for stage, quantities in (("sft", ("loss", "eval_loss")), ("align", ("loss", "rewards/margins"))):
        if curve := story.curve(stage):
            drawn[stage] = curves(curve, quantities)
    return drawn


def funnel(steps: Sequence[Step]) -> str:
    """A bar for each step of the data: what went on and, pale, what was left out."""
    titles, kept, lost = zip(*((step.title, step.kept, step.lost) for step in steps), strict=True)

    def draw(axes: Axes) -> None:
        axes.barh(titles, kept, color=COLOURS["aligned"], height=0.6, label="went on")
        bars = axes.barh(titles, lost, left=kept, color=COLOURS["base"], height=0.6, label="left out")
        told = [f"{stay:,}" + (f"  ({out:,} left out)" if out else "") for stay, out in zip(kept, lost, strict=True)]
        axes.bar_label(bars, told, padding=4, color=INK)
        axes.set_xlim(0, max(1, *(stay + out for stay, out in zip(kept, lost, strict=True))) * 1.4)
        axes.invert_yaxis()
        axes.xaxis.set_visible(False)
        _legend(axes, 2)

    return _svg(draw, height=0.38 * len(steps) + 0.6, grid=None)


def distribution_of(distribution: Mapping[str, Any]) -> str:
    """A histogram of what a filter measured: what stays, what is left out, and a line at each bound."""
    edges, within, outside = (distribution[name] for name in ("edges", "within", "outside"))
    widths = [high - low for low, high in pairwise(edges)]
    lines = {"allowed": ("allowed", ":"), "cut": ("not far out", "--")}

    def draw(axes: Axes) -> None:
        axes.bar(edges[:-1], within, widths, align="edge", color=COLOURS["aligned"], label="stays")
        if any(outside):
            axes.bar(edges[:-1], outside, widths, within, align="edge", color=COLOURS["out"], label="left out")
        for kind, (told, style) in lines.items():
            bounds = [each for each in distribution[kind].values() if each is not None]
            for number, bound in enumerate(each for each in bounds if edges[0] <= each <= edges[-1]):
                axes.axvline(bound, color=INK, linestyle=style, linewidth=1, label="" if number else told)
        axes.set_xlim(edges[0], edges[-1])
        _legend(axes, 4)

    return _svg(draw, height=1.9, grid="y")


def shares(rows: Sequence[Row]) -> str:
    """For each row a bar a model, with its 95 % interval, and the row's name above."""
    thick = 0.54 / len(MODELS)

    def draw(axes: Axes) -> None:
        for number, (model, title) in enumerate(MODELS.items()):
            places = [place + (number - 1) * thick for place in range(len(rows))]
            values = [row.share(model) for row in rows]
            spread = [
                [max(0.0, value - row.cells[model]["low"]) for value, row in zip(values, rows, strict=True)],
                [max(0.0, row.cells[model]["high"] - value) for value, row in zip(values, rows, strict=True)],
            ]
            whiskers = {"ecolor": INK, "elinewidth": 0.8, "alpha": 0.5}
            axes.barh(places, values, thick * 0.9, xerr=spread, color=COLOURS[model], label=title, error_kw=whiskers)
        for place, row in enumerate(rows):
            title = ", ".join(dict.fromkeys(row.names))
            axes.text(0, place - 0.3, f"{title} ({row.total})", color=INK, va="bottom")
        axes.set_xlim(0, 1.02)
        axes.set_ylim(len(rows) - 0.6, -0.7)
        axes.set_yticks([])
        _legend(axes, len(MODELS))

    return _svg(draw, height=0.66 * len(rows) + 0.6, grid="x")


def curves(rows: Sequence[dict[str, Any]], quantities: Sequence[str]) -> str:
    """Quantities of training over its steps, each from the rows that have it."""

    def draw(axes: Axes) -> None:
        for quantity, colour in zip(quantities, (COLOURS["sft"], COLOURS["aligned"]), strict=True):
            points = [(row["step"], row[quantity]) for row in rows if quantity in row]
            if points:
                steps, values = zip(*points, strict=True)
                mark = "o" if len(points) < 25 else None
                axes.plot(steps, values, color=colour, label=TITLES[quantity], linewidth=1.6, marker=mark, markersize=3)
        axes.set_xlabel("step", color=INK)
        axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        _legend(axes, len(quantities))

    return _svg(draw, height=2.6, grid="y")


def _legend(axes: Axes, columns: int) -> None:
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, labelcolor=INK, borderaxespad=0.2
    )


def _svg(draw: Callable[[Axes], None], *, height: float, grid: Literal["x", "y"] | None) -> str:
    """Draw on axes of the report's style; the same data give the same text."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "graft", "font.size": 9}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        if grid:
            axes.grid(axis=grid, color=FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(length=0, labelcolor=INK)
        for side, spine in axes.spines.items():
            spine.set_visible(side == {"x": "left", "y": "bottom"}.get(grid or ""))
            spine.set_color(FAINT)
        draw(axes)
        return _inline(figure)


def _inline(figure: Figure) -> str:
    """The figure as an element of the page: no prolog, no metadata, no ids that clash, the page's font and colours."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
    )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r'<g id="[\w.]+_\d+">', "<g>", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    return text
