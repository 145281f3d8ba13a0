"""What the stage shows of itself: histograms with their bounds, rows on both sides, duplicates beside what stayed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import pytest

from artifacts.report.bars import histogram
from tasks.clean.page import bars
from tests.clean.conftest import Run, pair

HOSTILE = "</td><script>alert(1)</script> | **bold** `code`\n# heading"


def page_and_distributions(root: Path) -> tuple[str, list[dict[str, Any]]]:
    import json

    (about,) = root.glob("store/stages/clean/*/about")
    lines = (about / "distributions.jsonl").read_text(encoding="utf-8").splitlines()
    return (about / "page.md").read_text(encoding="utf-8"), [json.loads(line) for line in lines]


def lengths(language: str, middle: int) -> list[Any]:
    word = "v" if language == "en" else "字"
    return [
        pair(f"{language}{n}", f"{language} {n}?", f"{n}".rjust(middle + n % 7, word), language=language)
        for n in range(40)
    ]


def test_each_language_has_its_histogram_with_bounds_and_rows_on_both_sides(cleaned: Run, tmp_path: Path) -> None:
    rows = [*lengths("en", 60), *lengths("zh", 15)]
    rows += [
        pair("long", "Which is long?", "w" * 90),
        pair("over", "Which is over?", "w" * 120),
        pair("short", "Short?", "w"),
    ]
    operators = [{"text_length_filter": {"field": "answer", "min_len": 2, "max_len": 100}}]
    result = cleaned(rows, operators=operators, outliers={"method": "mad", "min_rows": 10})
    assert {reject.record["id"]: reject.reason for reject in result.rejects} == {
        "long": "outlier",
        "over": "text_length_filter",
        "short": "text_length_filter",
    }
    page, (english, chinese) = page_and_distributions(tmp_path)
    assert (english["rows"], english["left_out"]) == (43, 3)
    assert (chinese["rows"], chinese["left_out"]) == (40, 0)
    assert english["allowed"] == {"low": 2, "high": 100}
    assert chinese["cut"]["high"] < english["cut"]["low"]
    assert sum(english["within"]) == 40
    assert sum(english["outside"]) == 3
    shown = [(each["end"], each["value"], each["stays"]) for each in english["examples"]]
    assert shown == [
        ("low", 1, False),
        ("low", 60, True),
        ("low", 60, True),
        ("high", 120, False),
        ("high", 90, False),
        ("high", 66, True),
        ("high", 66, True),
    ]
    assert all(each["question"] and each["answer"] for each in english["examples"])
    assert "allowed 2 to 100; not far out" in page
    assert "| 90 | left out | Which is long? |" in page


def test_what_went_for_another_reason_is_not_counted_as_far_out(cleaned: Run, tmp_path: Path) -> None:
    rows = [*lengths("zh", 15), pair("wide", "哪个宽？", "字" * 90, language="zh")]
    rows.append(pair("phone", "怎么联系他？", "请拨打13812345678。" + "字" * 90, value="字", language="zh"))
    result = cleaned(
        rows,
        operators=[{"text_length_filter": {"field": "answer", "min_len": 2}}],
        privacy={"phones": "reject"},
        outliers={"method": "mad", "min_rows": 10},
    )
    assert {reject.record["id"]: reject.reason for reject in result.rejects} == {
        "phone": "private_phones",
        "wide": "outlier",
    }
    _, (chinese,) = page_and_distributions(tmp_path)
    assert (chinese["rows"], chinese["left_out"]) == (42, 1)


def test_a_cut_below_what_a_length_can_be_is_not_shown(cleaned: Run, tmp_path: Path) -> None:
    rows = [pair(str(n), f"第{n}个？", "字" * (2 + n), language="zh") for n in range(20)]
    cleaned(rows, operators=["text_length_filter"], outliers={"method": "mad", "k": 5, "min_rows": 10})
    page, (chinese,) = page_and_distributions(tmp_path)
    assert chinese["cut"]["low"] is None
    assert "not far out at most" in page


def test_a_duplicate_is_shown_beside_the_row_that_stays(cleaned: Run, tmp_path: Path) -> None:
    rows = [pair("a", "How tall is it?", "It is 3 m tall."), pair("b", "How tall is it?", "It is 3 m tall.")]
    cleaned(rows, operators=["text_length_filter"])
    page, _ = page_and_distributions(tmp_path)
    dropped, stays = (line for line in page.splitlines() if "How tall is it?" in line and line.count("|") == 6)
    assert "| 1.00 | left out | How tall" in dropped
    assert "| stays | How tall" in stays


def test_edited_rows_and_reasons_by_language_are_counted(cleaned: Run, tmp_path: Path) -> None:
    rows = [
        pair("a", "Which\u00a0one?", "This one."),
        pair("b", "长？", "三米", language="zh"),
        pair("c", "多长？", "三米长"),
    ]
    cleaned(
        rows, operators=["whitespace_normalization_mapper", {"text_length_filter": {"field": "question", "min_len": 3}}]
    )
    page, _ = page_and_distributions(tmp_path)
    assert "Of 3 rows: 1 edited" in page
    assert "| text length filter | 1 | 1 |" in page


def test_the_summary_has_a_line_for_each_statistic_and_an_example_of_each_reason(cleaned: Run, tmp_path: Path) -> None:
    operators = [{"text_length_filter": {"field": name, "min_len": 3}} for name in ("question", "answer")]
    cleaned([pair("a", "Why?", "So."), pair("b", "How many?", "Six"), pair("c", "Who?", "I")], operators=operators)
    page, _ = page_and_distributions(tmp_path)
    summary, details = page.split("<!-- more -->")
    assert "| text length filter | 1 | 1 | Who? |" in summary
    assert r"| text\_len of answer | text\_length\_filter | en | 3 | 1 | 3 | at least 3 | 1 |" in summary
    assert details.count("## ") == 2


def test_what_has_one_value_has_a_line_and_no_histogram(cleaned: Run, tmp_path: Path) -> None:
    cleaned([pair("a", "Why so?", "So."), pair("b", "Why me?", "Six")], operators=["text_length_filter"])
    page, _ = page_and_distributions(tmp_path)
    assert "| en | 2 | 11 | 11 | at least 10 | 0 |\n\n<!-- more -->" in page, page
    assert not page.partition("<!-- more -->")[2].strip()


def test_a_stage_without_rows_or_filters_has_its_page(cleaned: Run, tmp_path: Path) -> None:
    cleaned([pair("a", "Why?", "So.")], operators=[])
    assert page_and_distributions(tmp_path) == ("", [])


def test_text_stays_text(cleaned: Run, tmp_path: Path) -> None:
    hostile = [pair(f"h{n}", HOSTILE + str(n), HOSTILE, language="en") for n in range(3)]
    cleaned(hostile, operators=["text_length_filter"])
    page, _ = page_and_distributions(tmp_path)
    assert "<script" not in page
    assert "\n# heading" not in page
    assert "**bold**" not in page


@pytest.mark.parametrize("whole", [True, False])
def test_bars_hold_every_row_once_however_far_out(whole: bool) -> None:
    values = numpy.concatenate([numpy.random.default_rng(0).normal(50, 9, 2000), [1e7, -1e5]])
    values = values.round() if whole else values
    found = bars(values, values > 80, [80.0])
    assert sum(found["within"]) + sum(found["outside"]) == 2002
    assert sum(found["outside"]) == (values > 80).sum()
    assert found["edges"][0] < 50 < 80 <= found["edges"][-1] < 100
    assert not whole or all(edge == round(edge) for edge in found["edges"])


def test_a_histogram_as_text() -> None:
    told = {"edges": [0, 2, 4, 6], "within": [1, 40, 0], "outside": [0, 0, 3], "rows": 44, "lowest": 0, "highest": 9}
    assert histogram(told).splitlines() == [
        "   < 2 █ 1",
        "2 to 4 " + "█" * 40 + " 40",
        "  >= 4 ░░░ 0, 3 left out",
    ]
    assert histogram({**told, "edges": []}) == "all 44 rows: 0"
