"""`graft data export` and `graft data import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from artifacts.records import Reasoning
from flows.data.forms import Form
from flows.options import DEFAULT, ConfigPath, Overrides, read

data = typer.Typer(help="Rows out of the store for other trainers and for people, and rows of your own into it.")


@data.command("export")
def export_data(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write: *.jsonl, *.csv or *.xlsx.")],
    form: Annotated[Form, typer.Option("--format", help="What it is to be read by.")] = Form.messages,
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
    stage: Annotated[
        Literal["generate", "clean", "mix"] | None,
        typer.Option(help="Whose rows; else clean's, unless generate has made others since."),
    ] = None,
    run_id: Annotated[str | None, typer.Option("--run", help="The run whose rows to take; else the latest.")] = None,
    kinds: Annotated[list[str], typer.Option("--kind", help="Only rows of this kind; may be repeated.")] = [],
    languages: Annotated[list[str], typer.Option("--language", help="Only rows in this language, such as zh.")] = [],
    reasoning: Annotated[Reasoning, typer.Option(help="Where the steps of an answer go that has some.")] = "answer",
) -> None:
    """Write the training rows in the form of another trainer, or as a table, with columns that say where each is from.

    Example: `graft data export exports/handbook.jsonl --format alpaca`
    """
    from flows.data.export import export

    store = read(config, overrides)[1]
    export(store, out, form, stage=stage, run=run_id, kinds=kinds, languages=languages, reasoning=reasoning)


@data.command("import")
def import_data(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSONL, JSON, CSV or Excel files.")],
    out: Annotated[Path, typer.Option(help="The file to write, for `generate.own`.")] = Path("own.jsonl"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Read questions and answers of your own, in any form that is exported, for `generate.own` to take in.

    Example: `graft data import faq.xlsx 问答.csv --out own.jsonl`
    """
    from flows.data.own import take_in

    take_in(files, out, overwrite=overwrite)
