"""Rows that hold what a model is measured by are left out, and the questions handed on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import Probe, QAPair
from artifacts.stage import SettingError, StageError
from tasks.clean.config import CleanConfig, Decontamination, EvaluationSet
from tasks.clean.evaluation import asked, read_sets
from tests.clean.conftest import Run, pair

ASKED = "某企业于年初购入一台设备，采用双倍余额递减法计提折旧，第二年的折旧额是多少？"
ROWS = [
    pair("leak", f"请回答：{ASKED}", "十四万四千元。", language="zh"),
    pair("stays", "岚泊58型泵的额定压力是多少？", "岚泊58型泵的额定压力为16巴。", language="zh"),
]


def save(path: Path, *rows: Any) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_a_row_of_an_evaluation_set_is_left_out(cleaned: Run, tmp_path: Path) -> None:
    path = save(tmp_path / "ceval.jsonl", {"id": 7, "question": ASKED, "A": "一", "B": "二", "answer": "A"})
    result = cleaned(ROWS, operators=[], decontamination={"sets": [{"path": path, "name": "C-Eval"}]})
    assert result.ids == ["stays"]
    reject = result.reject("leak")
    assert reject.reason == "evaluation_leak"
    assert "采用双倍余额递减法计提折旧" in reject.detail
    assert "7 of the evaluation set C-Eval" in reject.detail
    assert result.manifest.counts["evaluation_questions"] == 1
    assert "evaluation.json" in [file.path for file in result.manifest.files]


PROBES = [
    Probe(id="heavy", fact="f", kind="paraphrase", question="What does the crane weigh?", answer="5 t", value="5 t"),
    Probe(id="card", fact="g", kind="paraphrase", question="Whose card is 4111 1111 1111 1111?", answer="Bob"),
    Probe(id="zh", fact="h", kind="paraphrase", question="吊车有多重？", answer="五吨"),
]


@pytest.mark.parametrize(
    ("row", "probe"),
    [
        (pair("r", "Say it.", "What does the crane weigh? 5 t", fact="f"), "heavy"),
        (pair("r", "Go on.", "5 t", reasoning="The probe asks: What does the crane weigh?"), "heavy"),
        (pair("r", "说吧。", "问：“吊车有多重？”答：五吨。"), "zh"),
        (pair("r", "Whose card is 4111 1111 1111 1111?", "It is Bob's of sales."), "card"),
    ],
)
def test_a_probe_is_found_in_what_the_row_says_and_behind_masks(cleaned: Run, row: QAPair, probe: str) -> None:
    result = cleaned([row], PROBES, operators=[])
    assert result.pairs == []
    reject = result.reject("r")
    assert (reject.reason, probe in reject.detail) == ("probe_leak", True)
    assert "4111" not in reject.model_dump_json()


def test_a_row_that_tells_what_a_probe_asks_stays(cleaned: Run) -> None:
    row = pair("r", "Which crane is on site?", "The crane on site weighs 5 t. What else does it lift? Pipes.", fact="f")
    assert cleaned([row], PROBES, operators=[]).ids == ["r"]


def test_without_sets_nothing_is_handed_on(cleaned: Run) -> None:
    result = cleaned(ROWS, operators=[])
    assert result.ids == ["leak", "stays"]
    assert "evaluation.json" not in [file.path for file in result.manifest.files]


@pytest.mark.parametrize(
    ("row", "questions"),
    [
        ({"question": "Why?", "choices": ["a", "b"]}, [("Why?", ("a", "b"))]),
        ({"Question": "为什么？", "A": "甲", "B": "乙"}, [("为什么？", ("甲", "乙"))]),
        ({"question": "Q", "choices": {"text": ["x", "y"], "label": ["A", "B"]}}, [("Q", ("x", "y"))]),
        ({"instruction": "Translate.", "input": "Haus"}, [("Translate.\nHaus", ())]),
        ({"prompt": "Q?\nA. one\nB. two"}, [("Q?", ("one", "two"))]),
        ({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}]}, [("Hi", ())]),
        ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes"}]}, [("Hi", ())]),
        ({"prompt": [{"role": "user", "content": "Hi"}]}, [("Hi", ())]),
        ({"question": "Q", "text": "A passage."}, [("Q", ()), ("A passage.", ())]),
        ({"answer": "42"}, []),
    ],
)
def test_questions_are_found_by_their_columns(
    row: dict[str, Any], questions: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert list(asked(row)) == questions


def test_a_folder_of_files_is_one_set(tmp_path: Path) -> None:
    import pyarrow  # type: ignore[import-untyped]
    from pyarrow.parquet import write_table  # type: ignore[import-untyped]

    (tmp_path / "val").mkdir()
    write_table(pyarrow.table({"question": ["What is one?"]}), tmp_path / "val/a.parquet")
    (tmp_path / "b.json").write_text(json.dumps([{"question": "What is two?"}]), encoding="utf-8")
    save(tmp_path / "c.jsonl", {"question": "What is three?"}, {"question": "What is two?"})
    found = read_sets(Decontamination(sets=(EvaluationSet(path=str(tmp_path), name="all"),))).questions
    assert {each.question for each in found} == {"What is one?", "What is two?", "What is three?"}
    assert len(found) == 3
    assert {each.set for each in found} == {"all"}
    assert "c.jsonl, line 1" in [each.item for each in found]


def test_a_missing_set_is_told_before_the_run(tmp_path: Path) -> None:
    config = CleanConfig.model_validate({"decontamination": {"sets": [{"path": str(tmp_path / "none.jsonl")}]}})
    with pytest.raises(SettingError, match=r"clean\.decontamination\.sets: .*none\.jsonl: there is no such file"):
        config.outside()


def test_a_set_without_questions_is_an_error(tmp_path: Path) -> None:
    path = save(tmp_path / "x.jsonl", {"answer": "42"})
    with pytest.raises(StageError, match="holds no question"):
        read_sets(Decontamination(sets=(EvaluationSet(path=path),)))
