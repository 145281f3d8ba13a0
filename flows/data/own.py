"""`graft data import`: questions and answers of one's own, in a file that `generate.own` names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from artifacts.records import QAPair, write_jsonl
from artifacts.stage import SettingError, StageError
from flows.data.fields import own_pair
from flows.data.left_out import LeftOut
from flows.data.rows import check, rows
from tasks.mix.formats import BadRowError


def take_in(files: Sequence[Path], out: Path, *, overwrite: bool = False) -> None:
    """Write the files' rows, each once; tell which can't be used, and why."""
    for path in files:
        check(path)
        if path.resolve() == out.resolve():
            raise SettingError(f"{path}: is read and can't be written at once; name another file by --out")
    if out.suffix != ".jsonl":
        raise SettingError(f"{out}: what is imported is called *.jsonl")
    if out.exists() and not overwrite:
        raise SettingError(f"{out}: is there already; name another file by --out, or replace it by --overwrite")
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with LeftOut(out, "import") as leave_out:
            count = write_jsonl(unfinished, _pairs(files, leave_out))
        if not count:
            raise StageError(f"no row of {', '.join(map(str, files))} can be used{leave_out.told()}")
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    typer.echo(f"{out}: {count:,} rows{leave_out.told()}; name it in the configuration: generate.own: [{out}]")


def _pairs(files: Sequence[Path], leave_out: LeftOut) -> Iterator[QAPair]:
    first: dict[str, str] = {}  # where the row of an id stands
    for path in files:
        for place, row in rows(path):
            where = f"{path}, {place}"
            try:
                pair = own_pair(row, path.name)
            except BadRowError as bad:
                leave_out(bad.reason, row if isinstance(row, dict) else {"text": str(row)}, f"{where}: {bad}")
                continue
            if pair.id in first:
                leave_out("duplicate", pair, f"{where}: stands in {first[pair.id]} already")
                continue
            first[pair.id] = where
            yield pair
