"""What a run did, told to people: report.md, report.html (one file, nothing loaded from elsewhere) and a model card."""

from __future__ import annotations

from pathlib import Path

from artifacts.report.card import front_matter
from artifacts.report.pages import render
from artifacts.report.plots import plots
from artifacts.report.story import Story
from artifacts.runs import Run
from artifacts.store import write_atomically


def write_report(run: Run) -> list[Path]:
    """Write the run's pages into its folder, from whatever stages ran; returns their paths."""
    story = Story(run.store, run.record)
    pages = {
        "report.md": render("report.md.jinja", story=story),
        "report.html": render("report.html.jinja", story=story, plots=plots(story)),
    }
    if story.trained:
        pages["model-card.md"] = render("model-card.md.jinja", story=story, front_matter=front_matter(story))
    for name, text in pages.items():
        write_atomically(run.folder / name, text)
    return [run.folder / name for name in pages]
