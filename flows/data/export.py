"""`graft data export`: the rows that a run made, in a form that another trainer or a person reads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import filterfalse
from pathlib import Path
from typing import Any, TypeVar

import typer
from pydantic import ValidationError

from artifacts.records import Conversation, Origin, QAPair, Reasoning, Record, read_jsonl, write_jsonl
from artifacts.runs import read_run
from artifacts.stage import SettingError, StageError
from artifacts.store import Ref, Store, StoreError, write_atomically
from flows.data.cells import write_csv, write_xlsx
from flows.data.forms import DATASET_INFO, Form, has_history, shaped
from flows.data.left_out import LeftOut

T = TypeVar("T", bound=Record)
STAGES = ("clean", "generate", "mix")
INFO = "dataset_info.json"


def export(
    store: Store,
    out: Path,
    form: Form,
    *,
    stage: str | None = None,
    run: str | None = None,
    kinds: Collection[str] = (),
    languages: Collection[str] = (),
    reasoning: Reasoning = "answer",
) -> None:
    """Write the rows, and tell which they are; what is held out from training is in none of them."""
    if out.suffix != form.suffix:
        raise SettingError(f"{out}: a file of the format {form} is called *{form.suffix}")
    ref = choose(store, stage, run)
    info = _dataset_info(out, form)

    def chosen() -> Iterator[QAPair]:
        for pair in pairs_of(store, ref):
            if (not kinds or pair.kind in kinds) and (not languages or pair.language in languages):
                yield pair

    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with LeftOut(out, "export") as leave_out:
            count = _write(unfinished, form, _ordered(chosen, form), reasoning, leave_out)
        if not count:
            there = "; ".join(sorted({f"kind {pair.kind}, language {pair.language}" for pair in pairs_of(store, ref)}))
            raise StageError(
                f"{ref.stage} {ref.key[:16]}: no row to export{leave_out.told()}; its rows are of {there or 'none'}"
            )
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    typer.echo(f"{out}: {count:,} rows of {ref.stage} {ref.key[:16]}{leave_out.told()}")
    if info is None:
        typer.echo(f"LLaMA-Factory does not read the format {form}, so no {INFO} was written")
    else:
        write_atomically(out.parent / INFO, json.dumps(info, ensure_ascii=False, indent=2) + "\n")
        typer.echo(f"{out.parent / INFO}: LLaMA-Factory knows it as {out.stem!r}")


def choose(store: Store, stage: str | None, run: str | None) -> Ref:
    """The artifact of a stage; or else clean's, unless generate has made other rows since."""
    record = read_run(store, run) if run else None

    def found(name: str) -> Ref | None:
        if record is None:
            return store.latest(name)
        return store.find(ref.stage, ref.key) if (ref := record.ref(name)) else None

    if stage is not None:
        ref = found(stage)
    else:
        ref, cleaned = found("generate"), found("clean")
        if cleaned and (ref is None or store.manifest(cleaned).inputs["generate"].digest == ref.digest):
            ref = cleaned
    if ref is None:
        raise StoreError(
            f"{store.root}: {f'run {run}' if run else 'the store'} has no rows of {stage or 'generate'}; "
            f"make them by `graft run --until {stage or 'generate'}`"
        )
    return ref


def pairs_of(store: Store, ref: Ref) -> Iterator[QAPair]:
    """The training rows of an artifact, one at a time."""
    if ref.stage == "mix":
        yield from _mixed(store, ref)
    else:
        yield from _read(store, ref, "qa.jsonl", QAPair)


def _read(store: Store, ref: Ref, name: str, kind: type[T]) -> Iterator[T]:
    try:
        yield from read_jsonl(store.path(ref) / name, kind)
    except ValidationError:
        raise StoreError(
            f"{store.path(ref) / name}: was made by another version of Graft; run the pipeline again"
        ) from None


def _mixed(store: Store, ref: Ref) -> Iterator[QAPair]:
    """What mix trains on: general rows, and the documents' with what clean knows of them and with mix's answers."""
    known = store.manifest(ref).inputs["clean"]
    if store.find(known.stage, known.key) is None:
        raise StoreError(f"{store.root}: clean {known.key[:16]} is gone, which these rows come from; run it again")
    path = store.path(known) / "qa.jsonl"
    places = dict(_places(path))
    with path.open("rb") as file:
        for row in _read(store, ref, "train.jsonl", Conversation):
            *turns, asked, said = row.messages
            if row.id in places:
                file.seek(places[row.id])
                pair = QAPair.model_validate_json(file.readline())
                yield pair.model_copy(update={"answer": said["content"], "reasoning": ""})
                continue
            yield QAPair(
                id=row.id,
                fact=row.fact,
                question=asked["content"],
                answer=said["content"],
                language=row.language,
                kind="general",
                turns=tuple(turns),
                origin=Origin(file=row.source),
            )


def _places(path: Path) -> Iterator[tuple[str, int]]:
    """Where each row's line begins, so that the rows themselves need not be held."""
    with path.open("rb") as file:
        start = 0
        for line in file:
            yield json.loads(line)["id"], start
            start += len(line)


def _ordered(chosen: Callable[[], Iterator[QAPair]], form: Form) -> Iterator[QAPair]:
    """Rows of alpaca with a history first: a reader that takes the columns' types from the first rows then sees it."""
    if form is not Form.alpaca:
        yield from chosen()
        return
    yield from filter(has_history, chosen())
    yield from filterfalse(has_history, chosen())


def _write(path: Path, form: Form, pairs: Iterator[QAPair], reasoning: Reasoning, leave_out: LeftOut) -> int:
    rows = map(partial(shaped, form=form, reasoning=reasoning), pairs)
    match form:
        case Form.csv:
            return write_csv(path, rows)
        case Form.xlsx:
            return write_xlsx(path, rows, leave_out)
        case _:
            return write_jsonl(path, rows)


def _dataset_info(out: Path, form: Form) -> dict[str, Any] | None:
    """What LLaMA-Factory's list beside the file is to hold: all that it has, and this file."""
    path = out.parent / INFO
    if form not in DATASET_INFO:
        return None
    try:
        info = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError:
        info = None
    if not isinstance(info, dict):
        raise SettingError(f"{path}: is no list of datasets (a JSON object); mend it, or export into another folder")
    other = info.get(out.stem)
    if other is not None and not (isinstance(other, dict) and other.get("file_name") == out.name):
        raise SettingError(f"{path}: has another dataset of the name {out.stem!r}; call the file otherwise")
    return info | {out.stem: {"file_name": out.name, **DATASET_INFO[form]}}
