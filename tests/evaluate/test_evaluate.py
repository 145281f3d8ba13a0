"""The stage with real (tiny) models, on artifacts made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from artifacts.progress import Progress
from artifacts.records import Conversation, Origin, Probe, Record, read_jsonl, write_jsonl
from artifacts.runs import Run
from artifacts.stage import Outcome, StageConfig, StageError, Work, produce
from artifacts.store import Ref, Store
from tasks.evaluate.config import EvaluateConfig, Gates
from tasks.evaluate.marks import Marked
from tasks.evaluate.scores import Scores
from tasks.evaluate.task import evaluate as stage
from tasks.evaluate.task import make
from tasks.models.answers import KIND
from tasks.models.config import ModelConfig

QUIET = Progress(terminal=False)
FACTS = {"How many litres does the tank hold?": ("en", "12 litres"), "水箱的容量是多少？": ("zh", "十二升")}
GENERAL = {"What is the capital of France?": ("en", "Paris"), "法国的首都是哪里？": ("zh", "巴黎")}
CONFIG = EvaluateConfig(max_new_tokens=16, resamples=100)


def conversation(asked: str, answer: str, language: str, fact: str = "") -> Conversation:
    messages = ({"role": "user", "content": asked}, {"role": "assistant", "content": answer})
    fields = {"id": asked, "messages": messages, "source": "domain" if fact else "general"}
    return Conversation.model_validate({**fields, "language": language, "fact": fact})


def probes() -> list[Probe]:
    held_out = [
        Probe(
            id=asked,
            fact=value,
            kind="wording",
            question=asked,
            answer=value,
            value=value,
            language=language,
            origin=Origin(document=language, file=f"{language}.md"),
        )
        for asked, (language, value) in FACTS.items()
    ]
    nothing = "What is the weight of the Zelvex 300?"
    return [
        *held_out,
        Probe(id="u", fact="u", kind="unanswerable", question=nothing, answer="I do not have that information."),
    ]


def publish(store: Store, name: str, fill: Callable[[Path], None]) -> Ref:
    """An artifact of a stage, filled by hand."""

    class Handmade(StageConfig):
        stage: ClassVar[str] = name
        version: ClassVar[int] = 1

    def by_hand(work: Work[Handmade]) -> None:
        fill(work.out)

    return produce(store, Handmade(), {}, by_hand, progress=QUIET, force=True).ref


def rows(name: str, records: Sequence[Record]) -> Callable[[Path], None]:
    def fill(out: Path) -> None:
        write_jsonl(out / name, records)

    return fill


def mixed(out: Path) -> None:
    rows(
        "train.jsonl",
        [
            conversation(f"We need to know this today, so tell us: {asked}", value, lang, value)
            for asked, (lang, value) in FACTS.items()
        ],
    )(out)
    rows("retention.jsonl", [conversation(asked, value, language) for asked, (language, value) in GENERAL.items()])(out)


def model_artifact(config: ModelConfig, weights: Path) -> Callable[[Path], None]:
    def fill(out: Path) -> None:
        (out / "model.json").write_text(config.model_dump_json(), encoding="utf-8")
        (out / "adapter").mkdir()
        for path in weights.iterdir():
            (out / "adapter" / path.name).write_bytes(path.read_bytes())

    return fill


@pytest.fixture(scope="module")
def learned(tiny_model: ModelConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whole weights of the tiny model, drilled in the facts and the general answers."""
    import torch

    from tasks.models.local import as_prompt, load_model, load_tokenizer

    torch.manual_seed(0)
    model, tokenizer = load_model(tiny_model), load_tokenizer(tiny_model)
    batches = []
    for asked, (_, value) in (FACTS | GENERAL).items():
        turns = [*as_prompt(asked), {"role": "assistant", "content": value}]
        text = tokenizer.apply_chat_template(turns, tokenize=False)
        batches.append(tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    model.train()
    for _ in range(60):
        loss = sum(model(input_ids=ids, labels=ids).loss for ids in batches)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    folder: Path = tmp_path_factory.mktemp("learned")
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def inputs(
    tiny_model: ModelConfig, learned: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Store, dict[str, Ref]]:
    store = Store(tmp_path_factory.mktemp("store"))
    trained = model_artifact(tiny_model, learned)
    return store, {
        "generate": publish(store, "generate", rows("probes.jsonl", probes())),
        "mix": publish(store, "mix", mixed),
        "sft": publish(store, "sft", trained),
        "align": publish(store, "align", trained),
    }


def evaluate(inputs: tuple[Store, dict[str, Ref]], config: EvaluateConfig = CONFIG, *, force: bool = False) -> Outcome:
    store, refs = inputs
    return produce(store, config, refs, make, progress=QUIET, force=force)


def test_what_was_learned_is_seen(inputs: tuple[Store, dict[str, Ref]]) -> None:
    store, _ = inputs
    outcome = evaluate(inputs)
    folder, manifest = store.path(outcome.ref), store.manifest(outcome.ref)
    scores = Scores.model_validate_json((folder / "scores.json").read_text(encoding="utf-8"))
    answers = list(read_jsonl(folder / "answers.jsonl", Marked))
    assert scores.recall["base"]["all"]["all"].right == 0
    assert scores.recall["aligned"]["zh"]["wording"].right == 1
    assert scores.recall["aligned"]["en"]["wording"].right == 1
    assert scores.retention["aligned"]["all"].right == 2
    assert scores.hallucination["aligned"]["all"].total == 1
    assert scores.trained["sft"]["all"].total == 2
    assert {document.file for document in scores.documents} == {"en.md", "zh.md"}
    assert len(answers) == manifest.counts["kept"] == 3 + 2 + 2
    assert manifest.counts["in"] == 3 + 2
    assert manifest.facts["recall"] == {"base": 0.0, "sft": 1.0, "aligned": 1.0}
    assert manifest.facts["headline"] == scores.verdict.headline
    assert set(manifest.facts["seconds"]) == {"base", "sft", "aligned"}


def test_nothing_is_answered_twice(inputs: tuple[Store, dict[str, Ref]], monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = inputs
    first = evaluate(inputs)
    answered = store.memo.count(KIND)

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("tasks.evaluate.task.load_model", refuse)
    other_gate = evaluate(inputs, CONFIG.model_copy(update={"gates": Gates(min_recall_gain=0.9)}))
    assert not other_gate.reused
    assert store.memo.count(KIND) == answered
    with pytest.raises(AssertionError, match="a model was loaded"):
        evaluate(inputs, force=True)
    monkeypatch.undo()
    again = evaluate(inputs, force=True)
    assert not again.reused
    assert again.ref.digest == first.ref.digest


def test_a_new_probe_alone_is_asked(inputs: tuple[Store, dict[str, Ref]]) -> None:
    store, refs = inputs
    evaluate(inputs)
    answered = store.memo.count(KIND)
    more = probes()[0].model_copy(update={"id": "new", "question": "What amount fits into the tank?"})
    generate = publish(store, "generate", rows("probes.jsonl", [*probes(), more]))
    evaluate((store, {**refs, "generate": generate}))
    assert store.memo.count(KIND) == answered + 3  # one model, one answer


def test_a_failed_gate_fails_the_run_on_demand_alone(inputs: tuple[Store, dict[str, Ref]]) -> None:
    strict = CONFIG.model_copy(update={"gates": Gates(max_retention_loss=0.0, min_recall_gain=0.999)})
    store, refs = inputs
    path = store.path(evaluate(inputs, strict).ref) / "scores.json"
    assert not json.loads(path.read_text(encoding="utf-8"))["verdict"]["passed"]
    run = Run(store, progress=QUIET)
    with pytest.raises(StageError, match="does not pass"):
        stage.fn(run, strict.model_copy(update={"fail_on_gate": True}), **refs)
    [entry] = run.record.stages
    assert entry.state == "failed"
    assert entry.ref is not None
    assert store.path(entry.ref) / "scores.json" == path, "the scores are there to be looked at"
    run.end("failed")


def test_with_nothing_to_ask_it_says_what_to_do(inputs: tuple[Store, dict[str, Ref]]) -> None:
    store, refs = inputs

    def nothing(out: Path) -> None:
        for name in ("train.jsonl", "retention.jsonl"):
            (out / name).write_text("", encoding="utf-8")

    empty = {"generate": publish(store, "generate", rows("probes.jsonl", [])), "mix": publish(store, "mix", nothing)}
    with pytest.raises(StageError, match=r"nothing to ask; see generate\.probes"):
        evaluate((store, {**refs, **empty}))
