"""One cleaner over a file of rows: python -m benchmarks.cleaning.contestants NAME ROWS FOLDER WORKERS"""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from artifacts.progress import Progress
from artifacts.records import QAPair, read_jsonl
from artifacts.stage import StageConfig, Work, produce
from artifacts.store import Store
from benchmarks.cleaning.rows import probes
from tasks.clean.config import CleanConfig
from tasks.clean.operators.catalogue import DEDUPLICATORS
from tasks.clean.operators.offline import operator_classes

CHUNK = 500  # rows
STATS = "__dj__stats__"
PUBLISHED = {"num_blocks": 6, "hamming_distance": 4}  # data-juicer's defaults
Row = dict[str, Any]


class Given(StageConfig):
    """Stands where generate does."""

    stage: ClassVar[str] = "generate"
    version: ClassVar[int] = 1


def graft(rows: Path, folder: Path, workers: int) -> int:
    """The whole stage, from generate's artifact to clean's, with rejects, statistics, manifest and digests."""
    return _stage(rows, folder, CleanConfig(workers=workers))


def graft_on_ray(rows: Path, folder: Path, workers: int) -> int:
    """The same on a Ray cluster of one node, which is started for it."""
    return _stage(rows, folder, CleanConfig(engine="ray", ray_address="local", workers=workers))


def _stage(rows: Path, folder: Path, config: CleanConfig) -> int:
    from tasks.clean.task import make

    def give(work: Work[Given]) -> None:
        work.out.mkdir(parents=True, exist_ok=True)
        (work.out / "qa.jsonl").hardlink_to(rows)
        work.write("facts.jsonl", ())
        work.write("probes.jsonl", probes())

    store, progress = Store(folder / "store"), Progress(terminal=False, every=60)
    given = produce(store, Given(), {}, give, progress=progress).ref
    made = produce(store, config, {"generate": given}, make, progress=progress).ref
    return store.manifest(made).counts["kept"]


def data_juicer(rows: Path, folder: Path, workers: int) -> int:
    """As its own `dj-process` runs them: one operator after the other over the whole dataset, in processes."""
    import datasets
    from data_juicer.core.data import NestedDataset

    read = datasets.load_dataset("json", data_files=str(rows), split="train", cache_dir=str(folder / "cache"))
    dataset = NestedDataset(read.select_columns(["id", "question", "answer"]))
    for operator in _operators(num_proc=workers, auto_op_parallelism=False):
        dataset = dataset.process([operator], open_monitor=False)
        if STATS in dataset.column_names:  # or the next field would have this one's statistics
            dataset = dataset.remove_columns(STATS)
        if operator.is_last_mapper:
            dataset = dataset.map(_joined, num_proc=workers)
    dataset.to_json(str(folder / "cleaned.jsonl"))
    return len(dataset)


def direct(rows: Path, folder: Path, workers: int) -> int:
    """The operators called by hand on chunks of rows, in processes; the leanest program that does so."""
    kept, hashes = list[bytes](), list[int]()
    with closing(multiprocessing.get_context("spawn").Pool(workers)) as pool:
        for lines, found in pool.imap(_alone, _chunks(rows)):
            kept += lines
            hashes += found
    stay = _first_of_each(hashes)
    with (folder / "cleaned.jsonl").open("wb") as file:
        file.writelines(line for line, stays in zip(kept, stay, strict=True) if stays)
    return sum(stay)


def simhash(rows: Path, folder: Path, workers: int) -> int:
    """Hashes and the near ones among them, with what simhash-pybind has, in one process."""
    import simhash as library

    operator = _deduplicator()
    hashes = []
    for row in read_jsonl(rows, QAPair):
        text = f"{row.question}\n{row.answer}"
        size = min(operator.window_size, len(text))
        shingles = (text[start : start + size].encode() for start in range(len(text) - size + 1))
        hashes.append(library.compute(map(library.unsigned_hash, shingles)))
    return sum(_first_of_each(hashes))


CONTESTANTS: dict[str, Callable[[Path, Path, int], int]] = {
    "graft clean": graft,
    "graft clean, engine: ray": graft_on_ray,
    "data-juicer": data_juicer,
    "data-juicer's operators, called directly": direct,
    "simhash alone": simhash,
}


def _operators(**settings: Any) -> list[Any]:
    """The preset's operators, each for one of the fields, and marked where the last of the mappers is.

    But the deduplicator has the published distance. It takes all that is near for the same; with the preset's distance,
    which only names pairs to be compared, the pairs grow with the square of the rows.
    """
    classes, made = operator_classes(), []
    for operator in CleanConfig().operators:
        last = operator.name in DEDUPLICATORS
        both = ("text",) if last else ("question", "answer")
        for field in both if operator.field == "both" else (operator.field,):
            parameters = operator.parameters | (PUBLISHED if last else {})
            made.append(classes[operator.name](**parameters, text_key=field, **settings))
            made[-1].name, made[-1].is_last_mapper = operator.name, False
    mappers = [operator for operator in made if operator.name.endswith("_mapper")]
    mappers[-1].is_last_mapper = True
    return made


def _deduplicator() -> Any:
    return _operators(auto_op_parallelism=False)[-1]


def _joined(row: Row) -> Row:
    return {"text": f"{row['question']}\n{row['answer']}"}


def _chunks(path: Path) -> Iterator[list[bytes]]:
    with path.open("rb") as file:
        while lines := list(islice(file, CHUNK)):
            yield lines


_loaded: list[Any] = []


def _alone(lines: list[bytes]) -> tuple[list[bytes], list[int]]:
    """The rows that mappers and filters leave, and their hashes."""
    if not _loaded:
        _loaded.extend(_operators(auto_op_parallelism=False, num_proc=None))
    *operators, deduplicator = _loaded
    rows = [json.loads(line) for line in lines]
    for operator in operators:
        samples = {operator.text_key: [row[operator.text_key] for row in rows], STATS: [{} for _ in rows]}
        if operator.name.endswith("_mapper"):
            for row, text in zip(rows, operator.process_batched(samples)[operator.text_key], strict=True):
                row[operator.text_key] = text
        else:
            samples = operator.compute_stats_batched(samples)
            rows = [row for row, keep in zip(rows, operator.process_batched(samples), strict=True) if keep]
    hashes = [int(deduplicator.compute_hash(_joined(row))["__dj__simhash"]) for row in rows]
    return [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows], hashes


def _first_of_each(hashes: list[int]) -> list[bool]:
    """Whether a row is the first of those whose hashes are near, as data-juicer's deduplicator has it."""
    import numpy
    from simhash import find_all

    operator = _deduplicator()
    near = defaultdict(list)
    for one, other in find_all(numpy.array(hashes, "uint64"), operator.num_blocks, operator.hamming_distance):
        near[one].append(other)
        near[other].append(one)
    seen, stay = set[int](), []
    for value in hashes:
        stay.append(value not in seen)
        reached = [value]
        while reached:
            if (each := reached.pop()) not in seen:
                seen.add(each)
                reached += near[each]
    return stay


if __name__ == "__main__":
    name, rows_file, place, processes = sys.argv[1:]
    print("kept", CONTESTANTS[name](Path(rows_file), Path(place), int(processes)))
