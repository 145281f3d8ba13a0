"""Rows of one's own among those that a teacher makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from artifacts.records import QAPair, write_jsonl
from artifacts.stage import SettingError
from tasks.generate.config import GenerateConfig
from tests.generate.school import PUMP, TANK, pairs, probes, rejects, run


def own(question: str, answer: str, **values: object) -> QAPair:
    return QAPair.model_validate(
        {"id": f"{question} {answer}", "fact": question, "question": question, "answer": answer, "kind": "own"} | values
    )


def offline(*files: Path) -> GenerateConfig:
    return GenerateConfig(own=files)


@pytest.fixture
def save(tmp_path: Path) -> Path:
    return tmp_path / "own.jsonl"


def test_rows_of_ones_own_come_along_and_take_the_place_of_made_ones(tmp_path: Path, save: Path) -> None:
    made = pairs(*run(tmp_path / "without", offline(), [PUMP, TANK]))
    pump, tank = (next(row for row in made if row.origin.file == each.file) for each in (PUMP, TANK))
    asked = own(tank.question, "一百二十升整。", language="zh")
    followed = own(pump.question, "It is.", turns=[{"role": "user", "content": "Hi"}])
    new = own("Who mends the pumps?", "The plumber does.")
    write_jsonl(save, [asked, followed, new, new])

    store, outcome = run(tmp_path / "with", offline(save), [PUMP, TANK])
    rows = pairs(store, outcome)
    assert rows[:3] == [asked, followed, new]
    assert [row.answer for row in rows if row.question == tank.question] == ["一百二十升整。"]
    assert pump in rows, "a row of one's own that follows on others asks something else"
    left_out = [(reject.reason, reject.record["id"]) for reject in rejects(store, outcome)]
    assert ("own_row", tank.id) in left_out
    assert ("duplicate_row", new.id) in left_out
    assert store.manifest(outcome.ref).counts["own"] == 4


def test_a_row_that_asks_what_is_held_out_is_not_trained(tmp_path: Path, save: Path) -> None:
    probe = probes(*run(tmp_path / "without", offline(), [PUMP]))[0]
    leak = own(probe.question, "Ten.")
    write_jsonl(save, [leak])
    store, outcome = run(tmp_path / "with", offline(save), [PUMP])
    assert leak.id not in [row.id for row in pairs(store, outcome)]
    assert ("probe_leak", leak.id) in [(reject.reason, reject.record["id"]) for reject in rejects(store, outcome)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"question": "谁？", "answer": "我。"}', "line 2: id: Field required"),
        ("问题,答案", "line 2: Invalid JSON"),
        ("", "line 2: Invalid JSON"),
        (own("Who?", " ").model_dump_json(), "line 2: lacks its question or its answer"),
        (own("Who?", "I.", kind="fact").model_dump_json(), "line 2: is a row of the kind 'fact'"),
        (b"PK\x03\x04\xff\xfe".decode("latin-1"), "line 2: Invalid JSON"),
    ],
)
def test_a_line_that_was_not_imported_is_named(tmp_path: Path, save: Path, line: str, told: str) -> None:
    save.write_bytes(own("Why?", "So.").model_dump_json().encode() + b"\n" + line.encode("utf-8") + b"\n")
    with pytest.raises(SettingError, match=r"own\.jsonl, ") as error:
        run(tmp_path / "store", offline(save))
    assert told in str(error.value)
    assert "graft data import own.jsonl" in str(error.value)


def test_a_changed_file_is_a_changed_key_though_two_have_one_name(tmp_path: Path) -> None:
    files = [tmp_path / folder / "own.jsonl" for folder in "ab"]
    for file in files:
        write_jsonl(file, [own("Who?", str(file.parent.name))])
    before = offline(*files).outside()
    write_jsonl(files[0], [own("Who?", "Another.")])
    after = offline(*files).outside()
    assert [name for name in after if after[name] != before[name]] == ["own 1 own.jsonl"]
    files[1].unlink()
    with pytest.raises(SettingError, match="no such file"):
        offline(*files).outside()
