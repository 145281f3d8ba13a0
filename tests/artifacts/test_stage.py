"""What is made, what is reused, and why."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from artifacts.progress import Progress
from artifacts.records import Reject, read_jsonl
from artifacts.stage import Outcome, Plan, StageConfig, StageError, Work, keyed_values, plan_for, produce, unkeyed
from artifacts.store import ABOUT, Ref, Store
from tests.artifacts.toy import CountConfig, Line, ReadConfig, read, run_count, run_read


def test_the_second_time_an_artifact_is_reused(store: Store, source: Path) -> None:
    config = ReadConfig(source=source)
    first, second = run_read(store, config), run_read(store, config)
    assert (first.reused, second.reused) == (False, True)
    assert first.ref == second.ref
    assert first.why == ("never made before",)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"upper": True}, "parse.upper: false -> true"),
        ({"workers": 8}, None),
    ],
)
def test_dials_that_matter_are_in_the_key_and_others_are_not(
    store: Store, source: Path, change: dict[str, object], expected: str | None
) -> None:
    run_read(store, ReadConfig(source=source))
    again = run_read(store, ReadConfig(source=source).model_copy(update=change))
    assert again.reused is (expected is None)
    assert again.why == ((expected,) if expected else ())


def test_nested_dials_are_in_the_key_without_their_unkeyed_fields() -> None:
    class Inner(StageConfig):
        stage: ClassVar[str] = "inner"
        version: ClassVar[int] = 1
        rank: int = 8
        threads: int = unkeyed(4)

    class Outer(StageConfig):
        stage: ClassVar[str] = "outer"
        version: ClassVar[int] = 1
        inner: Inner = Inner()

    assert keyed_values(Outer()) == {"inner": {"rank": 8}}


def test_a_changed_a_new_and_a_removed_document_are_named(store: Store, source: Path) -> None:
    config = ReadConfig(source=source)
    run_read(store, config)
    (source / "a.txt").write_text("other\n", encoding="utf-8")
    (source / "c.txt").write_text("new\n", encoding="utf-8")
    (source / "b.txt").unlink()
    assert run_read(store, config).why == ("a.txt is changed", "b.txt is gone", "c.txt is new")


def test_many_reasons_are_shortened(store: Store, source: Path) -> None:
    run_read(store, ReadConfig(source=source))
    for number in range(10):
        (source / f"new {number}.txt").write_text(str(number), encoding="utf-8")
    why = run_read(store, ReadConfig(source=source)).why
    assert why[0] == "new 0.txt is new"
    assert why[-1] == "and 2 more"


def test_what_changed_while_it_was_read_is_not_published(store: Store, source: Path) -> None:
    def slow(work: Work[ReadConfig]) -> None:
        read(work)
        (source / "a.txt").write_text("other\n", encoding="utf-8")

    with pytest.raises(StageError, match=r"a\.txt; run again"):
        produce(store, ReadConfig(source=source), {}, slow, progress=Progress(terminal=False))
    assert list(store.refs()) == []
    assert not run_read(store, ReadConfig(source=source)).reused


def test_a_raised_version_makes_the_artifact_again(store: Store, source: Path) -> None:
    class Newer(ReadConfig):
        version: ClassVar[int] = 2

    run_read(store, ReadConfig(source=source))
    assert run_read(store, Newer(source=source)).why == ("parse's code is version 2, was 1",)


def test_work_stops_where_an_input_came_out_the_same(store: Store, source: Path) -> None:
    config = ReadConfig(source=source)
    counted = run_count(store, run_read(store, config).ref)
    (source / "c.txt").write_text("one\n", encoding="utf-8")  # says nothing new
    parsed = run_read(store, config)
    assert not parsed.reused
    assert run_count(store, parsed.ref).reused
    (source / "c.txt").write_text("five\n", encoding="utf-8")
    after = run_count(store, run_read(store, config).ref)
    assert after.ref != counted.ref
    assert after.why == ("parse came out different",)


def test_what_tells_of_an_artifact_is_not_in_its_digest(store: Store, source: Path) -> None:
    (source / "c.txt").write_text("one\n", encoding="utf-8")
    first = run_read(store, ReadConfig(source=source)).ref
    (source / "c.txt").write_text("one\ntwo\n", encoding="utf-8")
    second = run_read(store, ReadConfig(source=source)).ref
    assert first.digest == second.digest
    rejects = [list(read_jsonl(store.path(ref) / ABOUT / "rejects.jsonl", Reject)) for ref in (first, second)]
    assert [len(each) for each in rejects] == [1, 2]
    assert store.manifest(second).rejects == {"duplicate": 2}


def test_force_makes_it_again(store: Store, source: Path) -> None:
    config = ReadConfig(source=source)
    first, forced = run_read(store, config), run_read(store, config, force=True)
    assert not forced.reused
    assert forced.why == ("asked for by --force",)
    assert forced.ref == first.ref


@pytest.mark.parametrize("harm", ["missing", "shorter", "manifest", "nonsense"])
def test_a_damaged_artifact_is_made_again_and_says_why(store: Store, source: Path, harm: str) -> None:
    config = ReadConfig(source=source)
    folder = store.path(run_read(store, config).ref)
    match harm:
        case "missing":
            (folder / "lines.jsonl").unlink()
        case "shorter":
            (folder / "lines.jsonl").write_text("", encoding="utf-8")
        case "manifest":
            (folder / "manifest.json").unlink()
        case "nonsense":
            (folder / "manifest.json").write_text("{", encoding="utf-8")
    again = run_read(store, config)
    assert not again.reused
    assert str(folder) in again.why[0]
    assert [line.text for line in read_jsonl(folder / "lines.jsonl", Line)] == ["one", "two", "三", "四"]


def test_a_stage_that_fails_leaves_no_artifact_but_its_scratch(store: Store, source: Path) -> None:
    config, seen = ReadConfig(source=source), []

    def fail(work: Work[ReadConfig]) -> None:
        seen.append((work.scratch / "checkpoint").is_file())
        (work.scratch / "checkpoint").write_text("half way", encoding="utf-8")
        work.write("lines.jsonl", [{"id": "half"}])
        raise RuntimeError("power cut")

    def attempt() -> None:
        produce(store, config, {}, fail, progress=Progress(terminal=False))

    for _ in range(2):
        with pytest.raises(RuntimeError, match="power cut"):
            attempt()
    assert seen == [False, True]
    assert list(store.refs()) == []
    ref = produce(store, config, {}, read, progress=Progress(terminal=False)).ref
    assert ref.rows == 4
    assert not list((store.root / "work").iterdir())


def test_the_key_is_that_of_the_plan(store: Store, source: Path) -> None:
    parsed = run_read(store, ReadConfig(source=source)).ref
    plan = plan_for(CountConfig(), {"parse": parsed})
    assert run_count(store, parsed).ref.key == plan.key
    other = Ref(stage="parse", key="another key", digest=parsed.digest)
    assert Plan("count", 1, {}, {}, {"parse": other}).key == plan.key  # by what the input is, not how it was made


def test_the_manifest_accounts_for_the_work(store: Store, source: Path) -> None:
    manifest = store.manifest(run_read(store, ReadConfig(source=source)).ref)
    assert manifest.counts == {"in": 4, "kept": 4}
    assert manifest.rows == 4
    assert {file.path: file.rows for file in manifest.files} == {"about/rejects.jsonl": 0, "lines.jsonl": 4}
    assert manifest.outside.keys() == {"a.txt", "b.txt"}
    assert "torch" in manifest.libraries


def test_what_lies_beside_is_looked_at_and_is_not_in_the_key(store: Store, source: Path) -> None:
    parsed = run_read(store, ReadConfig(source=source)).ref
    seen: list[str] = []

    def check(work: Work[CountConfig]) -> None:
        seen.extend(line.text for line in work.read("other", "lines.jsonl", Line))
        work.counts["kept"] = work.write("count.jsonl", [])

    def made(beside: Ref) -> Outcome:
        quiet = Progress(terminal=False)
        return produce(store, CountConfig(), {"parse": parsed}, check, beside={"other": beside}, progress=quiet)

    first = made(parsed)
    (source / "a.txt").write_text("another\n", encoding="utf-8")
    changed = run_read(store, ReadConfig(source=source)).ref
    again = made(changed)
    assert seen, "the check could read it"
    assert again.reused
    assert store.manifest(first.ref).beside == {"other": parsed}
    assert store.manifest(first.ref).inputs == {"parse": parsed}
