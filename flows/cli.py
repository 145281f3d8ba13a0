"""The command line. Exit codes: 0 done, 1 failed, 2 wrong use or configuration, 130 stopped by Ctrl-C.

Only what a command needs is imported: help, `validate` and `plan` load neither Prefect nor torch.
"""

from __future__ import annotations

import errno
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from artifacts.stage import SettingError, StageError
from artifacts.store import StoreError
from configs.mistakes import ConfigError, not_allowed
from configs.schema import Stage, load
from flows.data.commands import data
from flows.options import DEFAULT, ConfigPath, Overrides, read
from flows.sections import Format, print_sections
from tasks.models.config import EMBEDDED_FOLDER

THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)  # errors that are no fault of the code


class Friendly(TyperGroup):
    """Turns the errors that are meant for the user into a text on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:  # typer's words have pydantic's in them; a choice is told as the file's are
            given, told, allowed = error.message.removeprefix("Value error, ").partition(" is not one of ")
            error.message = not_allowed(given.strip("'"), allowed) if told else given
            raise
        except (ConfigError, SettingError) as error:
            typer.secho(str(error), fg="red", err=True)
            raise typer.Exit(2) from None
        except (StageError, StoreError) as error:
            typer.secho(str(error), fg="red", err=True)
            raise typer.Exit(1) from None
        except OSError as error:
            if error.errno not in THE_MACHINE:
                raise
            typer.secho(f"{error.filename or 'the disk'}: {error.strerror}", fg="red", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.secho(
                "Stopped. Finished stages and paid replies are kept; the same command goes on, training from its last "
                "checkpoint.",
                fg="yellow",
                err=True,
            )
            raise typer.Exit(130) from None


app = typer.Typer(
    name="graft",
    cls=Friendly,
    help="A folder of documents goes in; a fine-tuned, aligned and evaluated model comes out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

app.add_typer(data, name="data", no_args_is_help=True)


@app.command()
def run(
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
    force: Annotated[list[Stage], typer.Option(help="Make this stage again though it is there; may be repeated.")] = [],
    until: Annotated[Stage | None, typer.Option(help="The last stage to run.")] = None,
) -> None:
    """Run the pipeline; what is there already is reused.

    Example: `graft run -c configs/quickstart.yaml --set sft.epochs=3 --until sft`
    """
    loaded, store = read(config, overrides)
    log_to_terminal()
    from flows.start import start
    from flows.table import print_summary

    record = start(config, loaded, overrides=overrides, force=force, until=until)
    print_summary(store, record, config, overrides)


@app.command()
def plan(
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
    force: Annotated[list[Stage], typer.Option(help="Plan as if this stage were made again; may be repeated.")] = [],
) -> None:
    """Say what a run would do and why, without running anything.

    Example: `graft plan -c configs/quickstart.yaml --set sft.rank=16`
    """
    from flows.plan import make_plan, print_plan

    loaded, store = read(config, overrides)
    print_plan(make_plan(loaded, store, frozenset(force)), loaded, store)


@app.command()
def validate(config: ConfigPath = DEFAULT, overrides: Overrides = []) -> None:
    """Check a configuration, and that what it names is there; show every value that it comes to, defaults included.

    Example: `graft validate -c configs/qwen-lora.yaml`
    """
    import yaml

    from flows.preflight import hindrances

    loaded, _ = read(config, overrides)
    typer.echo(yaml.safe_dump(loaded.model_dump(mode="json"), sort_keys=False, allow_unicode=True), nl=False)
    told = list(dict.fromkeys(map(str, hindrances(loaded))))
    for hindrance in told:
        typer.secho(f"{config}: a run would not begin: {hindrance}", fg="red", err=True)
    if told:
        raise typer.Exit(2)
    untried = "whether clean's operators work is tried by `graft run`, before its first stage"
    typer.secho(f"{config}: valid ({untried})", fg="green", err=True)


@app.command()
def parse(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders; else parse.source.")] = [],
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
    form: Annotated[Format, typer.Option("--format", help="Markdown to read, or a JSON line a section.")] = (
        Format.markdown
    ),
) -> None:
    """Print documents as the pipeline of a configuration reads them, in sections, and what of them can't be read.

    Example: `graft parse examples/handbook/guides --format jsonl`
    """
    anywhere = config == DEFAULT and not config.exists()  # outside a clone there is nothing to be read but the paths
    print_sections((load(None, overrides) if anywhere else load(config, overrides)).parse, paths, form)


@app.command()
def status(
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
    count: Annotated[int, typer.Option("--runs", "-n", min=1, help="How many runs.")] = 5,
) -> None:
    """Show the latest runs and what each of their stages did.

    Example: `graft status --runs 3`
    """
    from flows.show import print_status

    print_status(read(config, overrides)[1], count)


@app.command()
def show(
    what: Annotated[
        str,
        typer.Argument(
            metavar="[STAGE|KEY|RUN]",
            help="A stage (its newest artifact), a key's start, or a run; else the latest run.",
        ),
    ] = "",
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
    rows: Annotated[int, typer.Option(min=0, help="How many rows of each file to show.")] = 3,
    rejects: Annotated[bool, typer.Option("--rejects", help="Show what was left out, and why, instead.")] = False,
    page: Annotated[bool, typer.Option("--page", help="Show all of the stage's page, with its histograms.")] = False,
) -> None:
    """Show an artifact: what it was made from, its counts, what was left out, some rows. Or a run's way from documents
    to training rows, each loss with its reason.

    Example: `graft show clean --rejects --rows 10`
    """
    from flows.show import print_artifact, print_funnel

    store = read(config, overrides)[1]
    if not what or (store.root / "runs" / f"{what}.json").is_file():
        print_funnel(store, what)
    else:
        print_artifact(store, what, rows=rows, rejects=rejects, whole=page)


@app.command()
def lineage(
    what: Annotated[str, typer.Argument(metavar="ROW|DOCUMENT", help="A row's, fact's or document's id, or a file.")],
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
) -> None:
    """Trace a row back to its section, page and file, and forward to the models that were trained on it.

    Example: `graft lineage 3fa9c1d2e4b5a697`
    """
    from flows.show import print_lineage

    print_lineage(read(config, overrides)[1], what)


@app.command()
def chat(
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
    question: Annotated[str | None, typer.Option("--question", "-q", help="Ask this and leave.")] = None,
    stage: Annotated[Stage, typer.Option(help="Whose model: sft or align.")] = Stage.align,
    run_id: Annotated[str | None, typer.Option("--run", help="The run whose model to ask; else the latest.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Length of an answer at most.")] = 128,
) -> None:
    """Ask the base model and the tuned one, side by side.

    Example: `graft chat --question "Where does Pelmara Plan have its registered office?"`
    """
    from flows.chat import converse

    converse(read(config, overrides)[1], question, stage=stage, run=run_id, max_tokens=max_tokens)


@app.command()
def verify(config: ConfigPath = DEFAULT, overrides: Overrides = []) -> None:
    """Hash every artifact again; exit 1 where a file was lost or altered.

    Example: `graft verify -c configs/nightly.yaml`
    """
    store = read(config, overrides)[1]
    whole, damaged = 0, 0
    for _, damage in store.verify():
        if damage is None:
            whole += 1
        else:
            damaged += 1
            typer.secho(damage, fg="red", err=True)
    typer.echo(f"{whole} artifacts are whole, {damaged} damaged, in {store.root}")
    if damaged:
        raise StoreError("Remove a damaged folder, and the next `graft run` makes it again.")


@app.command()
def gc(
    config: ConfigPath = DEFAULT,
    overrides: Overrides = [],
    keep: Annotated[int, typer.Option(min=1, help="Keep what this many latest runs used.")] = 5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go.")] = False,
) -> None:
    """Remove artifacts that no kept run needs, and what crashed work left behind.

    Example: `graft gc --keep 3 --dry-run`
    """
    from artifacts.gc import collect
    from flows.show import print_garbage

    store = read(config, overrides)[1]
    print_garbage(collect(store, keep=keep, dry_run=dry_run), dry_run=dry_run)


@app.command("base-model")
def base_model(
    folder: Annotated[Path, typer.Argument(help="Where to put it; by default in place of the one that is bundled.")] = (
        EMBEDDED_FOLDER
    ),
    steps: Annotated[int, typer.Option(min=1, help="Steps of training.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same weights on one thread.")] = 0,
) -> None:
    """Make the toy base model of the quick start: some minutes on a CPU.

    Example: `graft base-model my-toy`
    """
    import json

    from artifacts.progress import Progress
    from tasks.models.embedded.make import make

    measured = make(folder, progress=Progress(), steps=steps, seed=seed)
    typer.echo(f"{folder}: {json.dumps(measured, indent=1)}")


def log_to_terminal() -> None:
    """The stages' own lines on stderr, and nobody else's chatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("graft")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)


def main() -> None:
    app()
