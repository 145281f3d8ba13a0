"""Where general rows come from: files, folders, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from artifacts.stage import StageError
from tasks.mix.config import MixConfig, Source
from tasks.mix.sources import read
from tests.mix.conftest import Run, Save, chats, pairs

ROWS = [{"question": f"问题{n}？", "answer": f"Answer {n}."} for n in range(5)]


def rows_of(path: Path, **dials: Any) -> list[Any]:
    return [row for _, row in read(Source(path=str(path), **dials))]


def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
    (tmp_path / "rows.jsonl").write_text(f"\ufeff{lines}\n\n", encoding="utf-8")
    (tmp_path / "rows.json").write_text(json.dumps(ROWS, indent=1), encoding="utf-8")
    (tmp_path / "lines.json").write_text(lines, encoding="utf-8")
    Dataset.from_list(ROWS).to_parquet(tmp_path / "rows.parquet")
    Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    DatasetDict({"train": Dataset.from_list(ROWS)}).save_to_disk(tmp_path / "splits")
    for name in ("rows.jsonl", "rows.json", "lines.json", "rows.parquet", "saved", "splits"):
        assert rows_of(tmp_path / name) == ROWS, name
    with pytest.raises(StageError, match="set `split` to one of train"):
        rows_of(tmp_path / "splits", split="test")


def test_a_folder_of_files_is_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2.jsonl").write_text(json.dumps(ROWS[1]), encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(ROWS[:1]), encoding="utf-8")
    (tmp_path / "README.md").write_text("# general", encoding="utf-8")
    assert rows_of(tmp_path) == ROWS[:2]


def test_of_a_folder_with_splits_one_is_read_and_cards_are_none_of_it(tmp_path: Path) -> None:
    for name, row in (("train-00000-of-00001.jsonl", ROWS[0]), ("data/test-00000.jsonl", ROWS[1])):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(row), encoding="utf-8")
    (tmp_path / "dataset_info.json").write_text("{}", encoding="utf-8")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "x.json").write_text("{}", encoding="utf-8")
    assert rows_of(tmp_path) == ROWS[:1]
    assert rows_of(tmp_path, split="test") == ROWS[1:2]
    with pytest.raises(StageError, match="no file of the split 'dev'; set `split` to one of test, train"):
        rows_of(tmp_path, split="dev")


def test_files_of_a_folder_that_are_not_read_are_named(mixed: Run, tmp_path: Path) -> None:
    folder = tmp_path / "chats"
    folder.mkdir()
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in chats(40))
    (folder / "train-对话.jsonl").write_text(lines, encoding="utf-8")
    (folder / "README.md").write_text("# chats", encoding="utf-8")
    assert mixed(pairs(6), str(folder), validation_share=0, retention_rows=0).manifest.notes == []
    for name in ("表.csv", "more.jsonl.gz", "dev-tools.jsonl"):
        (folder / name).write_bytes(b"{}")
    (note,) = mixed(pairs(6), str(folder), validation_share=0, retention_rows=0).manifest.notes
    assert note.startswith(f"{folder}: not read are dev-tools.jsonl, more.jsonl.gz, 表.csv; read are .jsonl")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.csv", b"a,b", "convert it"),
        ("rows.jsonl", '{"question": "问"}'.encode("gb18030"), "is not UTF-8"),
        ("rows.parquet", b"PAR1 not really", "is not Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StageError, match=said):
        rows_of(tmp_path / name)


def test_a_missing_file_is_said_before_the_run() -> None:
    with pytest.raises(StageError, match=r"nowhere/train\.jsonl: there is no such file .* name the `revision`"):
        MixConfig(general=(Source(path="nowhere/train.jsonl"),)).outside()


def test_the_key_follows_the_files(save: Save) -> None:
    path = save("a.jsonl", chats(3))
    config = MixConfig(general=(Source(path=path), Source(path="org/set", revision="abc")))
    before = config.outside()
    save("a.jsonl", chats(4))
    assert before["org/set"] == config.outside()["org/set"] == "org/set@abc"
    assert before[path] != config.outside()[path]


@pytest.mark.parametrize(
    ("dials", "said"),
    [
        ({"general": [{"path": "a/x.jsonl"}, {"path": "b/x.jsonl"}]}, "two sources are called 'x'"),
        ({"general": [{"path": "domain.jsonl"}]}, "no source may be called 'domain'"),
        ({"general": [{"path": "documents.jsonl"}]}, "no source may be called 'documents'"),
        ({"rows": 100, "tokens": 1000}, "set one of them"),
        ({"curriculum": "qa_first"}, "set documents, such as 1.0"),
        ({"general": [{"path": "x.jsonl"}], "retention": {"path": "x.jsonl"}}, "is trained on"),
        ({"domain_share": 0}, "greater than 0"),
    ],
)
def test_a_mix_that_makes_no_sense_is_refused(dials: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        MixConfig.model_validate(dials)


def test_bad_rows_are_rejects_that_say_where_they_stand(mixed: Run, save: Save) -> None:
    good = chats(20)
    path = save("rows.jsonl", [*good, "{broken", {"question": "a", "answer": ""}, {"text": "a"}, good[0]])
    result = mixed(pairs(6), path, retention_rows=0)
    reasons = {reject.reason: reject for reject in result.rejects}
    assert set(reasons) == {"not_a_row", "empty_turn", "unknown_format", "duplicate"}
    assert reasons["not_a_row"].detail.startswith(f"{path}, line 21: ")
    assert reasons["not_a_row"].record == {"text": "{broken\n"}
    assert reasons["empty_turn"].record == {"question": "a", "answer": ""}
    assert reasons["duplicate"].detail == f"{path}, line 24: stands in rows already"


def test_a_source_without_a_usable_row_is_an_error(mixed: Run, save: Save) -> None:
    with pytest.raises(StageError, match=r"no row can be used \(.*line 1: has the columns text"):
        mixed(pairs(6), save("rows.jsonl", [{"text": "a"}]))


def test_a_row_that_is_no_utf8_is_left_out_and_the_others_are_used(mixed: Run, save: Save) -> None:
    bad = '{"question": "\\ud83d", "answer": "No emoji.", "\\ud83e": 1}'
    result = mixed(pairs(30), save("g.jsonl", [*chats(90), bad, '{"\\ud83d": 1}']), validation_share=0)
    assert [reject.reason for reject in result.rejects] == ["bad_text", "unknown_format"]
    assert result.rejects[0].record == {"question": "?", "answer": "No emoji.", "?": 1}
    assert len(result.general()) == 70
