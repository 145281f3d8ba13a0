"""Asking the base model and the tuned one the same question, side by side."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from artifacts.runs import read_run
from artifacts.stage import SettingError
from artifacts.store import Ref, Store, StoreError
from tasks.models.config import ModelConfig

Answer = Callable[[str], str]


def converse(store: Store, question: str | None, *, stage: str, run: str | None, max_tokens: int) -> None:
    """Answer one question, or go on asking until an empty line; each question stands alone, as in training."""
    ref = choose(store, stage, run)
    folder, manifest = store.path(ref), store.manifest(ref)
    config = ModelConfig.model_validate_json((folder / "model.json").read_text(encoding="utf-8"))
    console = Console()
    made = f"what {stage} of run {run or manifest.run} made of it ({folder / 'adapter'})"
    console.print(escape(f"{config.path}, and {made}"))
    base, tuned = answerers(config, folder / "adapter", max_tokens)
    for _ in count():
        asked = question if question is not None else _ask(console)
        if not asked:
            return
        panels = [Panel(Text(answer(asked)), title=title) for title, answer in (("base", base), (stage, tuned))]
        console.print(Columns(panels, equal=True, expand=True))
        if question is not None:
            return


def choose(store: Store, stage: str, run: str | None) -> Ref:
    """The model of a run, or the latest one of the stage."""
    if stage not in ("sft", "align"):
        raise SettingError(f"--stage: {stage} makes no adapter to talk to; choose sft or align")
    ref = read_run(store, run).ref(stage) if run else store.latest(stage)
    if ref is None or store.find(ref.stage, ref.key) is None:
        where = f"run {run}" if run else "the store"
        raise StoreError(f"{store.root}: {where} has no model of stage {stage}; make one with `graft run`")
    return ref


def answerers(config: ModelConfig, adapter: Path, max_tokens: int) -> tuple[Answer, Answer]:
    """The base model and the tuned one, each as a function from question to greedy answer."""
    from tasks.models.local import answer, as_prompt, load_model, load_tokenizer

    def answerer(model: Any, tokenizer: Any) -> Answer:
        return lambda question: answer(model, tokenizer, [as_prompt(question)], max_new_tokens=max_tokens)[0][0]

    tokenizer = load_tokenizer(config)
    return answerer(load_model(config), tokenizer), answerer(load_model(config, adapter), tokenizer)


def _ask(console: Console) -> str:
    try:
        return console.input("[bold]question (empty line to leave):[/] ").strip()
    except EOFError:
        return ""
