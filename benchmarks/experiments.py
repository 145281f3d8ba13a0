"""What the dials of clean and mix do to what a model learns and forgets, on the bundled toy and the sample documents.

    python -m benchmarks.experiments [--seeds 0 1 2] [--only share paraphrases simhash] [--store FOLDER]

One thing is changed at a time, and each setting is trained anew for every seed, which draws rows, order and adapter.
All settings train as many rows for as many epochs, but for the repeating teacher's, who train all that clean leaves.

recall       held-out questions about trained facts that are answered rightly (the wordings of the probes)
new frame    those of them in a question frame that no training row has
retention    general questions held out from training that are answered rightly
invented     answers made up to questions that no document answers

Each cell is the mean over the seeds, and in brackets the lowest and the highest.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import ClassVar, TypeVar

from artifacts.progress import Progress
from artifacts.records import Conversation, Probe, QAPair, read_jsonl
from artifacts.stage import StageConfig, Work, produce
from artifacts.store import Ref, Store
from configs.schema import Config, load
from tasks.clean.operators.catalogue import DEDUPLICATORS
from tasks.clean.task import make as clean
from tasks.evaluate.config import EvaluateConfig
from tasks.evaluate.marks import Mark, Marked, mark
from tasks.evaluate.questions import from_general, from_probes
from tasks.evaluate.scores import ALL, Measures
from tasks.evaluate.tables import ALIGNED, BASE, SFT, measure
from tasks.generate.task import make as generate
from tasks.mix.draw import chance
from tasks.mix.task import make as mix
from tasks.models.answers import Decoding, remembered_answers
from tasks.models.config import ModelConfig
from tasks.models.local import load_model, load_tokenizer
from tasks.parse.task import make as parse
from tasks.sft.task import make as sft

C = TypeVar("C", bound=StageConfig)
ROWS, EPOCHS, WORDINGS = 2240, 4, 8  # 8 exposures an epoch of each of the 84 facts, at a share of 0.3
REPEATED = 1 / 3  # of the facts, whose rows a careless teacher repeats ...
TIMES = 4  # ... so often, each time with a slip of the pen
COLUMNS = ("recall", "new frame", "retention", "invented")


@dataclass(frozen=True)
class Setting:
    """One line of the table."""

    experiment: str
    name: str
    overrides: tuple[str, ...] = ()
    repeated: bool = False  # near-duplicates are added to what the teacher made
    deduplicated: bool = True


BASELINE = Setting("baseline", f"share 0.3, {WORDINGS} paraphrases, simhash on")
SETTINGS = (
    BASELINE,
    Setting("share", "share 0.1", ("mix.domain_share=0.1",)),
    Setting("share", "share 0.6", ("mix.domain_share=0.6",)),
    Setting("paraphrases", "1 paraphrase", ("clean.duplicates.max_wordings=1",)),
    Setting("paraphrases", "3 paraphrases", ("clean.duplicates.max_wordings=3",)),
    Setting("simhash", "repeating teacher, simhash on", ("mix.rows=null",), repeated=True),
    Setting("simhash", "repeating teacher, simhash off", ("mix.rows=null",), repeated=True, deduplicated=False),
)


class Repeats(StageConfig):
    """Stands in for generate: its rows, and for some facts near-duplicates of them."""

    stage: ClassVar[str] = "generate"
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("generate",)


def repeat(work: Work[Repeats]) -> None:
    for name in ("probes.jsonl", "facts.jsonl"):
        shutil.copy(work.inputs["generate"] / name, work.out / name)
    work.write("qa.jsonl", chain.from_iterable(map(repeated, work.read("generate", "qa.jsonl", QAPair))))


def repeated(pair: QAPair) -> list[QAPair]:
    """A row, and its copies where it is of a fact that the teacher repeats."""
    if chance("repeated", pair.fact) >= REPEATED:
        return [pair]
    copies = [
        pair.model_copy(update={"id": f"{pair.id}-{n}", "question": slip(pair.question, n)}) for n in range(TIMES)
    ]
    return [pair, *copies]


def slip(text: str, number: int) -> str:
    """A text in which a letter within a word, or a Chinese character, stands twice."""
    places = [place for place in range(1, len(text) - 1) if text[place - 1 : place + 2].islower()]
    places = places or [place for place, letter in enumerate(text) if "\u4e00" <= letter <= "\u9fff"] or [0]
    place = places[int(chance("slip", text, number) * len(places))]
    return text[:place] + text[place] + text[place:]


@dataclass
class Laboratory:
    """Trains and asks; what settings and seeds share is made once."""

    store: Store
    progress: Progress = field(default_factory=lambda: Progress(terminal=False))

    def configure(self, setting: Setting, seed: int) -> Config:
        dials = (
            f"generate.teacher.wordings={WORDINGS}",
            f"mix.rows={ROWS}",
            "mix.domain_share=0.3",
            "mix.repeat_general=true",
            f"mix.seed={seed}",
            f"sft.seed={seed}",
            f"sft.epochs={EPOCHS}",
        )
        config = load("configs/quickstart.yaml", [*dials, *setting.overrides])
        if setting.deduplicated:
            return config
        kept = tuple(each for each in config.clean.operators if each.name not in DEDUPLICATORS)
        return config.model_copy(update={"clean": config.clean.model_copy(update={"operators": kept})})

    def make(self, config: C, inputs: Mapping[str, Ref], by: Callable[[Work[C]], None], **beside: Ref) -> Ref:
        return produce(self.store, config, inputs, by, beside=beside, progress=self.progress).ref

    def train(self, setting: Setting, seed: int) -> dict[str, Ref]:
        """The artifacts up to a tuned model."""
        config = self.configure(setting, seed)
        parsed = self.make(config.parse, {}, parse)
        made = self.make(config.generate, {"parse": parsed}, generate)
        if setting.repeated:
            made = self.make(Repeats(), {"generate": made}, repeat)
        cleaned = self.make(config.clean, {"generate": made}, clean)
        mixed = self.make(config.mix, {"parse": parsed, "clean": cleaned, "generate": made}, mix)
        tuned = self.make(config.sft, {"mix": mixed}, sft, generate=made)
        return {"generate": made, "clean": cleaned, "mix": mixed, "sft": tuned}

    def measure(self, made: Mapping[str, Ref]) -> Measures:
        """Base and tuned model on what was held out, closed book."""
        folders = {stage: self.store.path(ref) for stage, ref in made.items()}
        base = ModelConfig.model_validate_json((folders["sft"] / "model.json").read_text(encoding="utf-8"))
        train = list(read_jsonl(folders["mix"] / "train.jsonl", Conversation))
        probes = list(read_jsonl(folders["generate"] / "probes.jsonl", Probe))
        general = list(read_jsonl(folders["mix"] / "retention.jsonl", Conversation))
        questions = [*from_probes(probes, train, ignore), *from_general(general, ignore)]
        names = {BASE: f"{base.path} {base.identity()}", SFT: f"sft {made['sft'].digest}"}
        adapters = {BASE: None, SFT: folders["sft"] / "adapter"}
        marks: dict[str, list[Mark]] = {}
        for name, adapter in adapters.items():
            answers = remembered_answers(
                self.store.memo,
                names[name],
                base,
                cache(partial(load_model, base, adapter)),
                load_tokenizer(base),
                prompts=[question.prompt for question in questions],
                decoding=Decoding(max_new_tokens=48),
                batch_size=64,
            )
            marks[name] = [mark(question, texts[0]) for question, texts in zip(questions, answers, strict=True)]
        rows = [
            Marked(question=question, marks={BASE: before, SFT: after, ALIGNED: after})  # nothing is aligned here
            for question, before, after in zip(questions, marks[BASE], marks[SFT], strict=True)
        ]
        return measure(rows, {**names, ALIGNED: names[SFT]}, EvaluateConfig())


def figures(measures: Measures, model: str) -> dict[str, float]:
    recall = measures.recall[model][ALL]
    return {
        "recall": recall[ALL].share,
        "new frame": recall["frame"].share,
        "retention": measures.retention[model][ALL].share,
        "invented": measures.hallucination[model][ALL].share,
    }


def told(values: Sequence[float]) -> str:
    return f"{fmean(values):.3f} ({min(values):.3f}–{max(values):.3f})"


def ignore(reason: str, record: object, detail: str = "") -> None:
    """What can't be asked was counted in the run that the settings are those of."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", choices=sorted({each.experiment for each in SETTINGS}))
    parser.add_argument("--store", type=Path, default=Path(tempfile.gettempdir()) / "graft-experiments")
    options = parser.parse_args()
    laboratory = Laboratory(Store(options.store))
    header = ("setting", "rows kept by clean", "updates", *COLUMNS)
    print(f"| {' | '.join(header)} |\n|---|{'--:|' * (len(header) - 1)}", flush=True)
    for setting in SETTINGS:
        if options.only and setting.experiment not in options.only:
            continue
        found: list[dict[str, float]] = []
        for seed in options.seeds:
            made = laboratory.train(setting, seed)
            measures = laboratory.measure(made)
            if setting is BASELINE and not found:
                before = figures(measures, BASE)
                print(f"| before training | – | – | {' | '.join(f'{before[name]:.3f}' for name in COLUMNS)} |")
            found.append(figures(measures, SFT))
        kept = laboratory.store.manifest(made["clean"]).counts["kept"]
        steps = laboratory.store.manifest(made["sft"]).facts["steps"]
        cells = [told([each[name] for each in found]) for name in COLUMNS]
        print(f"| {setting.name} | {kept} | {steps} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
