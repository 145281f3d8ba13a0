"""Rows worked on beside the stage's own process: the same result in the same order, and no process left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from artifacts.records import QAPair
from artifacts.stage import SettingError, StageError
from tasks.clean.config import CleanConfig
from tasks.clean.engine import local
from tasks.clean.engine.cluster import Cluster
from tasks.clean.engine.local import Local
from tasks.clean.rows import Rows
from tests.clean import worked
from tests.clean.conftest import Cleaned, Run, pair

COUNT = 2200  # more than four chunks


def written(path: Path, count: int = COUNT) -> Rows:
    return Rows(path, (pair(str(number), f"What is {number}?", f"答案是 {number}。") for number in range(count)))


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    with closing(written(tmp_path / "rows.jsonl")) as found:
        yield found


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Local]:
    """Two processes, for whatever is behind the first chunk."""
    monkeypatch.setattr(local, "PAYS", 0.0)
    with closing(Local(CleanConfig(workers=2))) as found:
        yield found


def test_processes_give_what_one_gives_in_the_order_of_the_rows(engine: Local, rows: Rows) -> None:
    found = list(engine.map(worked.numbered, rows))
    assert [id_ for id_, _ in found] == [str(number) for number in range(COUNT)]
    assert found[0][1] == os.getpid(), "the first chunk says whether processes pay"
    assert len({process for _, process in found}) == 3
    again = [process for _, process in engine.map(worked.numbered, rows)]
    assert os.getpid() not in again, "processes that are there are used"


def test_few_rows_start_no_process(rows: Rows) -> None:
    with closing(Local(CleanConfig(workers=2))) as engine:
        assert {process for _, process in engine.map(worked.numbered, rows)} == {os.getpid()}


def test_no_rows_are_no_work(engine: Local, tmp_path: Path) -> None:
    with closing(written(tmp_path / "none.jsonl", 0)) as none:
        assert list(engine.map(worked.numbered, none)) == []


def test_an_error_in_a_process_reaches_the_user_in_its_words(engine: Local, rows: Rows) -> None:
    with pytest.raises(StageError, match="row 700 can't be read; 请删除它"):
        list(engine.map(worked.unhappy, rows))


def test_work_that_loses_a_row_is_a_fault(engine: Local, rows: Rows) -> None:
    with pytest.raises(ValueError, match="wrong made 499 of 500 rows"):
        list(engine.map(worked.wrong, rows))


def test_a_killed_process_is_told_plainly(engine: Local, rows: Rows) -> None:
    with pytest.raises(StageError, match=r"was killed \(SIGKILL\); where memory ran out, give clean.workers"):
        list(engine.map(worked.killed, rows))


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_stage(end: signal.Signals, tmp_path: Path) -> None:
    program = f"""
import signal
from contextlib import closing
from pathlib import Path
from tasks.clean.config import CleanConfig
from tasks.clean.engine import local
from tests.clean import worked
from tests.clean.test_engine import written
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
local.PAYS = 0.0
with closing(local.Local(CleanConfig(workers=2))) as engine:
    print("begun", flush=True)
    list(engine.map(worked.endless, written(Path({str(tmp_path)!r}) / "rows.jsonl")))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=local.ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    children: list[int] = []
    while len(children) < 2:
        children = [int(each) for each in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        time.sleep(0.05)
    process.send_signal(end)
    _, said = process.communicate(timeout=60)
    assert said.count("Traceback") <= 1, "Ctrl-C is told by the stage's own process alone"
    until = time.monotonic() + 30
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    answer = "The part is as long as it is wide. " * 30
    pairs = (pair(str(number), f"What is {number}?", f"{number}: {answer}") for number in range(10_000))
    with closing(Rows(tmp_path / "rows.jsonl", pairs)) as rows, closing(Local(CleanConfig(workers=1))) as engine:
        tracemalloc.start()
        try:
            assert sum(1 for _ in engine.map(worked.numbered, rows)) == 10_000
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 10_000 * len(answer) / 2


def test_rows_of_a_file_stay_and_written_ones_go(tmp_path: Path) -> None:
    made = written(tmp_path / "made.jsonl", 3)
    kept = Rows(tmp_path / "kept.jsonl", made.lines())
    found = Rows(tmp_path / "kept.jsonl")
    assert [len(made), len(kept), len(found)] == [3, 3, 3]
    assert isinstance(found[2], QAPair)
    assert (found[2], found[0]) == (made[2], made[0])
    made.close()
    found.close()
    assert [path.name for path in tmp_path.iterdir()] == ["kept.jsonl"]
    kept.close()
    assert list(tmp_path.iterdir()) == []


MIXED = [
    *(
        pair(f"en{number}", f"How long is part {number}?", f"Part {number} is {number} mm long.")
        for number in range(700)
    ),
    *(pair(f"zh{number}", f"{number} 号零件有多长？", f"{number} 号零件长 {number} 毫米。") for number in range(700)),
    pair("again", "How long is  part 7 ?", "Part 7 is 7 mm long."),
    pair("bad", "？", "……………………"),
]


ANOTHER_KEY = {"decontamination": {"ngram": 12}}  # an engine is not in the key: the result would be reused


def shown(result: Cleaned) -> tuple[object, ...]:
    return result.manifest.counts, sorted(result.ids), sorted(map(str, result.rejects)), result.statistics


def test_a_stage_with_processes_has_the_same_result(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = cleaned(MIXED, workers=1)
    monkeypatch.setattr(local, "PAYS", 0.0)
    beside = cleaned(MIXED, workers=2, **ANOTHER_KEY)
    assert beside.manifest.key != alone.manifest.key
    assert beside.pairs == alone.pairs
    assert shown(beside) == shown(alone)
    assert alone.ids.count("en7") + alone.ids.count("again") == 1
    assert "bad" not in alone.ids


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "ray://127.0.0.1:{port}"])
def test_a_cluster_that_is_not_there_is_said_at_once(address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = address.format(port=server.getsockname()[1])
    with pytest.raises(SettingError, match=r"clean\.ray_address: no Ray cluster at .*Connection refused"):
        Cluster(CleanConfig(engine="ray", ray_address=address))


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a Ray cluster of two nodes on this machine."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    from ray.cluster_utils import Cluster as Nodes

    started = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    started.add_node(num_cpus=1)
    try:
        yield started.address
    finally:
        started.shutdown()


@pytest.mark.slow
def test_two_nodes_of_ray_give_what_this_machine_gives(cleaned: Run, nodes: str, rows: Rows) -> None:
    here = cleaned(MIXED)
    with closing(Cluster(CleanConfig(engine="ray", ray_address=nodes))) as engine:
        there = cleaned(MIXED, engine="ray", ray_address=nodes, **ANOTHER_KEY)
        assert there.manifest.key != here.manifest.key
        assert shown(there) == shown(here)
        found = list(engine.map(worked.numbered, rows))
        assert [id_ for id_, _ in found] == [str(number) for number in range(COUNT)]
        assert os.getpid() not in {process for _, process in found}
        with pytest.raises(StageError, match="row 700 can't be read"):
            list(engine.map(worked.unhappy, rows))
        with pytest.raises(StageError, match="worked on the same rows were killed"):
            list(engine.map(worked.killed, rows))
