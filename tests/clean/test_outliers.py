"""Cuts that follow from the data: each language's own distribution of what the filters measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest
from pydantic import ValidationError

from artifacts.records import QAPair
from tasks.clean.config import CleanConfig, Outliers
from tasks.clean.outliers import bounds_of
from tests.clean.conftest import Cleaned, Run, pair

LENGTHS = [{"text_length_filter": {"field": "answer", "min_len": 1, "max_len": 100_000}}]
ROWS = 400  # of each language
MEDIAN = {"en": 120, "zh": 30}  # characters: the same is said in a quarter of them in Chinese
BROKEN = {"en": 2_500, "zh": 600}  # a page that was taken for an answer


def texts(language: str, lengths: list[int]) -> Iterator[str]:
    alphabet = "abcdefghij klmno " if language == "en" else "保修期为两年自购买之日起计算"
    for length in lengths:
        yield (alphabet * (length // len(alphabet) + 1))[:length].replace("  ", " x").strip().ljust(length, "x")


def skewed(language: str, seed: int) -> list[QAPair]:
    """Rows whose answers' lengths are log-normal, eight pages among them, and one that holds a whole document."""
    drawn = numpy.random.default_rng(seed).lognormal(numpy.log(MEDIAN[language]), 0.45, ROWS)
    lengths = [max(2, round(length)) for length in drawn]
    rows = [
        pair(f"{language}{n}", f"{language} {n}?", text, language=language)
        for n, text in enumerate(texts(language, lengths))
    ]
    pages = [BROKEN[language]] * 8 + [BROKEN[language] * 20]
    rows += [
        pair(f"{language}-page{n}", f"{language} {n}?", text, language=language)
        for n, text in enumerate(texts(language, pages))
    ]
    return rows


@pytest.fixture
def cut(cleaned: Run) -> Callable[[Any], Cleaned]:
    rows = [*skewed("en", 1), *skewed("zh", 2)]

    def run(outliers: Any) -> Cleaned:
        return cleaned(rows, operators=LENGTHS, outliers=outliers)

    return run


def lost(result: Cleaned) -> tuple[set[str], set[str]]:
    """The pages that were left out, and the good rows."""
    gone = {reject.record["id"] for reject in result.rejects if reject.reason == "outlier"}
    pages = {id_ for id_ in gone if "page" in id_}
    return pages, gone - pages


@pytest.mark.parametrize(
    ("outliers", "good"),
    [
        ("mad", 0.04),
        ({"method": "quantile", "lowest": 0, "highest": 0.975}, 0.01),
    ],
)
def test_median_and_quantiles_find_the_pages_among_skewed_lengths(
    cut: Callable[[Any], Cleaned], outliers: Any, good: float
) -> None:
    pages, others = lost(cut(outliers))
    assert len(pages) == 18, "each of both languages"
    assert len(others) <= good * 2 * ROWS


def test_sigma_is_blinded_by_the_longest(cut: Callable[[Any], Cleaned]) -> None:
    pages, others = lost(cut("sigma"))
    assert pages == {"en-page8", "zh-page8"}, "one document makes the deviation so large that pages are within it"
    assert not others


def test_a_chinese_page_is_shorter_than_the_longest_good_english_answer(cut: Callable[[Any], Cleaned]) -> None:
    bounds = {fact["language"]: fact for fact in cut("mad").manifest.facts["outliers"]}
    assert bounds["zh"]["high"] < MEDIAN["en"] < bounds["en"]["high"]
    assert (bounds["zh"]["rows"], bounds["zh"]["statistic"]) == (ROWS + 9, "text_len")


def test_a_reject_names_statistic_value_cut_and_language(cut: Callable[[Any], Cleaned]) -> None:
    result = cut("mad")
    fact = next(each for each in result.manifest.facts["outliers"] if each["language"] == "zh")
    reject = result.reject("zh-page0")
    said = rf"answer: text_len 600 is above {fact['high']:.4g}, the cut of 409 zh rows \(text_length_filter\)"
    assert re.fullmatch(said, reject.detail)
    assert fact["left_out"] == sum("zh rows" in each.detail for each in result.rejects)
    assert result.statistics["zh-page0"]["kept"] is False


def test_a_row_far_out_in_several_statistics_goes_once_with_all_of_them(cleaned: Run) -> None:
    both = [*LENGTHS, {"text_length_filter": {"field": "question", "min_len": 1}}]
    rows = [pair(f"r{n}", f"{n}".rjust(20 + n % 5, "w") + "?", "v" * (40 + n % 7)) for n in range(60)]
    rows.append(pair("far", "w" * 900, "v" * 900))
    result = cleaned(rows, operators=both, outliers={"method": "mad", "min_rows": 10})
    (reject,) = result.rejects
    assert reject.detail.count("text_len 900 is above") == 2
    assert {fact["field"]: fact["left_out"] for fact in result.manifest.facts["outliers"]} == {
        "answer": 1,
        "question": 1,
    }


def test_only_the_named_statistics_cut(cleaned: Run) -> None:
    measured = [*LENGTHS, {"alphanumeric_filter": {"field": "answer", "min_ratio": 0.0}}]
    rows = [pair(f"r{n}", f"{n}?", "ab c." + "d" * (n % 9)) for n in range(60)]
    rows.append(pair("signs", "Which?", "-" * 8))
    named = {"method": "mad", "min_rows": 10, "statistics": ["text_len"]}
    assert "signs" in cleaned(rows, operators=measured, outliers=named).ids
    named["statistics"] = ["alnum_ratio"]
    result = cleaned(rows, operators=measured, outliers=named)
    assert "signs" not in result.ids
    assert {fact["statistic"] for fact in result.manifest.facts["outliers"]} == {"alnum_ratio"}


def test_what_no_filter_measures_is_said_before_the_run() -> None:
    with pytest.raises(ValidationError, match=r"measures text_length; they measure alnum_ratio.*text_len"):
        CleanConfig(outliers=Outliers(statistics=("text_length",)))


def test_what_is_named_and_never_measured_is_noted(cleaned: Run) -> None:
    rows = [pair(f"r{n}", f"{n}?", "ab c") for n in range(20)]
    tokens = {"method": "mad", "statistics": ["alpha_token_ratio"]}  # which the operator measures by a tokenizer alone
    result = cleaned(rows, operators=[{"alphanumeric_filter": {"min_ratio": 0}}], outliers=tokens)
    assert any("no row has a number for alpha_token_ratio" in note for note in result.manifest.notes)
    assert len(result.ids) == 20


def test_of_a_filter_that_stands_there_twice_it_is_said_how_many_cut_nothing(cleaned: Run) -> None:
    repeated = [{"character_repetition_filter": {"field": "answer", "rep_len": size}} for size in (2, 40)]
    rows = [pair(f"r{n}", f"{n}?", "ab" * (n % 7) + "cdefghijklmnop"[: 3 + n % 11]) for n in range(300)]
    notes = cleaned(rows, operators=repeated, outliers="mad").manifest.notes
    assert any("not cut by char_rep_ratio of answer (1 of 2 filters): most rows have one" in note for note in notes)


def test_a_language_with_few_rows_is_not_cut_and_said_so(cleaned: Run) -> None:
    rows = [*skewed("en", 3), *skewed("zh", 4)[-60:]]
    result = cleaned(rows, operators=LENGTHS, outliers="mad")
    assert {reject.record["language"] for reject in result.rejects} == {"en"}
    assert any(
        "outliers of zh are not cut by text_len of answer: fewer than 200 rows" in n for n in result.manifest.notes
    )


def test_rows_that_a_filter_refused_have_no_say(cleaned: Run) -> None:
    operators = [{"text_length_filter": {"field": "answer", "min_len": 1, "max_len": 200}}]
    rows = [pair(f"r{n}", f"{n}?", "v" * (50 + n % 9)) for n in range(100)]
    rows += [pair(f"long{n}", f"long {n}?", "v" * 5_000) for n in range(40)]
    result = cleaned(rows, operators=operators, outliers={"method": "sigma", "min_rows": 10})
    (fact,) = result.manifest.facts["outliers"]
    assert (fact["rows"], fact["left_out"]) == (100, 0)
    assert fact["high"] < 70


@pytest.mark.parametrize("method", ["sigma", "mad", "quantile"])
def test_one_value_for_all_cuts_nothing(method: Any) -> None:
    assert bounds_of(numpy.full(300, 1 / 3), Outliers(method=method)) is None


def test_no_deviation_of_most_cuts_nothing_by_mad() -> None:
    mostly_zero = numpy.concatenate([numpy.zeros(200), numpy.linspace(0.1, 0.4, 90)])
    assert bounds_of(mostly_zero, Outliers(method="mad")) is None
    low, high = bounds_of(mostly_zero, Outliers(method="quantile")) or (1, 0)
    assert (low, round(high, 1)) == (0, 0.4)


def test_the_bounds_are_what_their_names_say() -> None:
    values = numpy.array([1.0, 2.0, 3.0, 4.0, 10.0])
    assert bounds_of(values, Outliers(method="mad", k=2)) == pytest.approx((3 - 2 * 1.4826, 3 + 2 * 1.4826))
    assert bounds_of(values, Outliers(method="sigma", k=1)) == pytest.approx((4 - 10**0.5, 4 + 10**0.5))
    assert bounds_of(values, Outliers(method="quantile", lowest=0.25, highest=0.75)) == (2, 4)
