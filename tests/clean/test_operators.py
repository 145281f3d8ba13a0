"""data-juicer's operators over questions and answers in English and Chinese."""

from __future__ import annotations

import shutil
import socket
import threading
from pathlib import Path

import pytest

from artifacts.records import Quote
from artifacts.stage import SettingError, StageError
from tasks.clean.config import CleanConfig, Operator
from tasks.clean.operators.loaded import load
from tasks.clean.operators.offline import NetworkRefusedError, offline, operator_classes
from tasks.models.config import EMBEDDED_FOLDER
from tests.clean.conftest import Run, pair

GOOD = [
    ("How long is the warranty?", "24 months."),
    ("How many doors?", "5"),
    ("Is it waterproof?", "No."),
    ("What is the command to start the service?", "Run `sudo systemctl start ax-200 --now`."),
    ("What is the energy of a photon?", "$E = h \\nu = \\frac{hc}{\\lambda}$"),
    ("Which sizes are there?", "| Size | Weight |\n| --- | --- |\n| S | 1.2 kg |\n| M | 1.8 kg |\n| L | 2.4 kg |"),
    ("What are the steps?", "1. Unplug it.\n2. Open the cover.\n3. Take out the filter.\n4. Rinse it."),
    ("Whom do I write to?", "ops@example.com"),
    ("Which models are there?", "".join(f"| AX-{n}00 | 220 V AC | {n}50 W |\n" for n in range(1, 20)).strip()),
    ("What are the checks?", "\n".join(f"{n}. Press the button, wait {n} s, see that it is green." for n in range(9))),
    ("各型号的参数是什么？", "".join(f"| AX-{n}00 | 220伏 | {n}50瓦 | {n}.5千克 |\n" for n in range(1, 20)).strip()),
    ("保修期？", "两年。"),
    ("工期？", "5天"),
    ("谁审批？", "王伟"),
    ("工作电压是多少？", "220V±10%（50Hz）"),
    ("技术文档在哪里下载？", "请访问 https://example.com/docs，下载后按说明安装。"),
    ("水的化学式是什么？", "H₂O"),
    ("各型号的重量是多少？", "| 型号 | 重量 |\n| --- | --- |\n| 甲 | 1.2千克 |\n| 乙 | 1.8千克 |"),
    ("年假有几天？", "入职满一年享受5天年假；满十年享受10天年假；满二十年享受15天年假。"),
]
BAD = [
    ("?", "The warranty is two years."),
    ("………………", "2.4 kg"),
    ("——？？？", "两年。"),
    ("What is on page 4?", "................................ 4"),
    ("目录是什么？", "……………………………………………………"),
    ("Is there an answer?", "   "),
    ("What does it do?", "it works well and then it does " * 20),
    ("What must be done?", "The unit must be cleaned every week by the operator. " * 6),
    ("可以吗？", "好的好的" * 30),
    ("规定是什么？", "本公司员工手册规定，员工在工作期间应当遵守各项规章制度，不得迟到早退。" * 6),
    ("它有什么作用？", "该设备运行稳定可靠性能优良，" * 20),
]


def test_good_short_rows_stay_and_bad_ones_go_by_default(cleaned: Run) -> None:
    rows = [pair(f"good{n}", *texts) for n, texts in enumerate(GOOD)]
    rows += [pair(f"bad{n}", *texts) for n, texts in enumerate(BAD)]
    result = cleaned(rows)
    assert result.ids == [f"good{n}" for n in range(len(GOOD))]
    assert sorted(reject.record["id"] for reject in result.rejects) == sorted(f"bad{n}" for n in range(len(BAD)))
    assert [kept.answer for kept in result.pairs] == [answer for _, answer in GOOD], "no good answer was rewritten"
    counts = result.manifest.counts
    assert (counts["in"], counts["kept"], counts["facts_lost"]) == (len(rows), len(GOOD), len(BAD))
    assert f"{len(BAD)} facts have no row left" in result.manifest.notes[0]


def test_facts_are_those_of_generate_and_that_no_row_is_left_is_said_with_the_reasons(cleaned: Run) -> None:
    rows = [pair("a", "How long?", "It is long."), pair("b", "How wide?", "It is wide."), pair("c", "多长？", "三米。")]
    rows.append(pair("whole", "What does the manual say?", "All of it.", kind="section"))
    result = cleaned(rows, operators=[{"text_length_filter": {"field": "answer", "min_len": 100}}])
    counts = result.manifest.counts
    assert (counts["kept"], counts["facts"], counts["facts_lost"]) == (0, 3, 3)
    none, lost = result.manifest.notes
    assert none == "NO ROW IS LEFT of 4, so nothing can be trained: 4 text length filter"
    assert lost.startswith("3 facts have no row left (3 text length filter), such as: How long?")


def test_a_reject_names_operator_value_and_bounds_and_statistics_are_a_row_each(cleaned: Run) -> None:
    rows = [pair("long", "How long is it?", "It is long."), pair("short", "多长？", "三米长")]
    result = cleaned(rows, operators=[{"text_length_filter": {"field": "answer", "min_len": 5}}])
    assert result.ids == ["long"]
    reject = result.reject("short")
    assert (reject.stage, reject.reason) == ("clean", "text_length_filter")
    assert reject.detail == "answer: text_len 3 (allowed: min_len 5)"
    measured = {"operator": "text_length_filter", "field": "answer", "keep": True, "text_len": 11}
    assert result.statistics["long"] == {"id": "long", "language": "en", "kept": True, "stats": [measured]}
    assert result.statistics["short"]["kept"] is False


def test_a_sign_that_the_evidence_proves_is_an_answer(cleaned: Run) -> None:
    rows = [
        pair(text, f"What is sign {n}? 符号是什么？", text, value=text, evidence=(Quote(text=f"It is {text} 符号。"),))
        for n, text in enumerate(["㎡", "&&", "★★★★☆", "---", "=="])
    ]
    rows.append(pair("unproven", "Which operator is it?", "||", value="||"))
    assert cleaned(rows).ids == ["㎡", "&&", "★★★★☆"]


def test_the_same_operator_measures_each_field_anew(cleaned: Run) -> None:
    each = [{"text_length_filter": {"field": field, "min_len": 1}} for field in ("question", "answer", "both")]
    result = cleaned([pair("a", "多长？", "三米")], operators=each)
    assert [row["text_len"] for row in result.statistics["a"]["stats"]] == [3, 2, 6]


def test_a_mapper_edits_both_texts_and_keeps_the_id(cleaned: Run) -> None:
    rows = [
        pair("a", "  保修期\u3000是多久？", "两年\u00a0（含）。", value="两年"),
        pair("b", "Why?", "It is so.\nYes."),
    ]
    result = cleaned(rows, operators=["whitespace_normalization_mapper"])
    assert [(each.id, each.question, each.answer) for each in result.pairs] == [
        ("a", "保修期 是多久？", "两年 （含）。"),
        ("b", "Why?", "It is so.\nYes."),
    ]
    assert result.manifest.counts["edited"] == 1


def test_a_mapper_that_takes_the_value_away_costs_the_row(cleaned: Run) -> None:
    rows = [
        pair("lost", "Whom do I ask?", "Write to ops@example.com today.", value="ops@example.com"),
        pair("kept", "投诉联系谁？", "请联系客服部（ops@example.com）。", value="客服部"),
        pair("empty", "邮箱？", "ops@example.com"),
    ]
    result = cleaned(rows, operators=["clean_email_mapper"])
    assert [each.answer for each in result.pairs] == ["请联系客服部（）。"]
    assert "took 'ops@example.com' out" in result.reject("lost").detail
    assert result.reject("empty").detail == "left the answer empty"


@pytest.mark.parametrize(
    ("operator", "said"),
    [
        ("stopwords_filter", "would download from"),
        ("specified_field_filter", "correct or remove it"),
        ("chinese_convert_mapper", "the package opencc must be installed first"),
        ("language_id_score_filter", "the package fasttext-predict must be installed first"),
    ],
)
def test_what_cannot_run_is_said_before_the_run(
    operator: object, said: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    operator_classes()  # data-juicer looks its cache up when it is imported
    empty = str(tmp_path_factory.mktemp("assets"))
    if operator == "stopwords_filter":
        operator = {"stopwords_filter": {"stopwords_dir": empty}}
    with pytest.raises(SettingError, match=r"clean\.operators") as error:
        load([Operator.model_validate(operator)])
    assert said in str(error.value)


def test_a_mapper_that_splits_rows_is_refused_when_it_does(cleaned: Run) -> None:
    with pytest.raises(StageError, match="one text for each text"):
        cleaned([pair("a", "Why?", "word " * 400)], operators=[{"text_chunk_mapper": {"max_len": 50}}])


def test_no_package_is_ever_installed() -> None:
    operator_classes()
    from data_juicer.utils.lazy_loader import LazyLoader

    with pytest.raises(ImportError, match="no_such_package_xyz must be installed first"):
        LazyLoader("no_such_package_xyz").anything  # noqa: B018


def test_the_network_is_closed_to_the_operators_thread_alone() -> None:
    def reach() -> None:
        with socket.create_connection(server.getsockname(), timeout=5):
            reached.append("yes")

    reached: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server, offline() as wanted:
        with pytest.raises(NetworkRefusedError):
            reach()
        other = threading.Thread(target=reach)
        other.start()
        other.join()
    assert (reached, wanted) == (["yes"], ["127.0.0.1"])


def test_every_default_operator_says_its_bounds() -> None:
    for loaded in load(CleanConfig().operators):
        if loaded.name.endswith("_filter"):
            assert loaded.bounds.startswith(("min_", "max_"))


EN = ("Whom do I ask?", "Write\u00a0to ops@example.com or see https://example.com/help — “24 hours” is the limit.")
ZH = ("投诉联系谁？", "请写信给ops@example.com，或访问https://example.com/help，“24小时”内\u3000答复。")
CLEANED = {  # what each mapper of the seed list leaves of the two answers
    "clean_email_mapper": (EN[1].replace("ops@example.com", ""), ZH[1].replace("ops@example.com", "")),
    "clean_links_mapper": tuple(text.replace("https://example.com/help", "") for text in (EN[1], ZH[1])),
    "fix_unicode_mapper": (EN[1], ZH[1]),
    "punctuation_normalization_mapper": (EN[1].replace("“", '"').replace("”", '"').replace("—", " - "), ZH[1]),
    "whitespace_normalization_mapper": (EN[1].replace("\u00a0", " "), ZH[1].replace("\u3000", " ")),
    "clean_copyright_mapper": (EN[1], ZH[1]),
}
MEASURED = {  # what each filter of the seed list measures of the two answers below
    "alphanumeric_filter": ("alnum_ratio", 0.7778, 0.8),
    "average_line_length_filter": ("avg_line_length", 9.0, 5.0),
    "character_repetition_filter": ("char_rep_ratio", 0.0, 0.0),
    "maximum_line_length_filter": ("max_line_length", 9, 5),
    "text_length_filter": ("text_len", 18, 10),
    "words_num_filter": ("num_words", 4, 6),  # figures and signs alone are none
    "word_repetition_filter": ("word_rep_ratio", 0.0, 0.0),
}


@pytest.mark.parametrize("name", CLEANED)
def test_the_mappers_of_the_seed_list_work_offline_in_both_languages(name: str) -> None:
    (mapper,) = load([Operator.model_validate({name: {"field": "answer"}})])
    rows = [pair("en", *EN), pair("zh", *ZH, language="zh")]
    edited = mapper.edit(rows)
    assert tuple(each.answer for each in edited) == CLEANED[name]
    assert [each.question for each in edited] == [EN[0], ZH[0]], "the other field is left alone"


def test_a_mapper_edits_the_steps_with_the_answer() -> None:
    (mapper,) = load([Operator.model_validate({"fix_unicode_mapper": {"field": "answer"}})])
    rows = [pair("en", "Why?", "So.", reasoning="It\u00e2\u20ac\u2122s so."), pair("zh", "为何？", "如此。")]
    assert [each.reasoning for each in mapper.edit(rows)] == ["It's so.", ""]
    (mapper,) = load([Operator.model_validate({"fix_unicode_mapper": {"field": "question"}})])
    assert mapper.edit(rows) == rows


@pytest.mark.parametrize("name", MEASURED)
def test_the_filters_of_the_seed_list_work_offline_in_both_languages(name: str) -> None:
    (filter_,) = load([Operator.model_validate({name: {"field": "answer"}})])
    key, english, chinese = MEASURED[name]
    verdicts = filter_.judge([pair("en", "?", "two years\nor more."), pair("zh", "？", "保修期为\n24个月。")])
    assert [each.statistics for each in verdicts] == [{key: english}, {key: chinese}]


def test_a_filter_sees_the_field_that_it_is_told_and_both_as_one_text() -> None:
    row = pair("a", "工期？", "5天。")
    for field, length in (("question", 3), ("answer", 3), ("both", 7)):
        (filter_,) = load([Operator.model_validate({"text_length_filter": {"field": field, "min_len": 5}})])
        (verdict,) = filter_.judge([row])
        assert (verdict.statistics["text_len"], verdict.keep) == (length, length >= 5)


@pytest.mark.parametrize(
    ("field", "edited"), [("question", (True, False)), ("answer", (False, True)), ("both", (True, True))]
)
def test_a_mapper_edits_the_field_that_it_is_told_each_by_itself(field: str, edited: tuple[bool, bool]) -> None:
    """`clean_copyright_mapper` looks at how a text begins, so in one text it would miss the answer's."""
    notice = "# Copyright 2020 A. Lee\n"
    (mapper,) = load([Operator.model_validate({"clean_copyright_mapper": {"field": field}})])
    (row,) = mapper.edit([pair("a", f"{notice}Why?", f"{notice}So.")])
    assert (row.question, row.answer) == tuple(
        text if is_edited else notice + text for text, is_edited in zip(("Why?", "So."), edited, strict=True)
    )


def test_tokens_are_counted_by_a_tokenizer_that_is_there(tmp_path: Path) -> None:
    shutil.copytree(EMBEDDED_FOLDER, tmp_path / "tokenizer", ignore=shutil.ignore_patterns("*.safetensors"))
    rows = [pair("en", "?", "The warranty lasts for two years."), pair("zh", "？", "保修期为二十四个月。")]
    measured = []
    for tokenizer in ("embedded", str(tmp_path / "tokenizer")):
        dials = {"tokenization": True, "tokenizer": tokenizer, "field": "answer"}
        config = CleanConfig(operators=[{"alphanumeric_filter": dials}])  # type: ignore[list-item]
        assert config.outside(), "the tokenizer is in the key"
        measured.append([verdict.statistics["alpha_token_ratio"] for verdict in load(config.operators)[0].judge(rows)])
    english, chinese = measured[0]
    assert english > 1 > chinese > 0.3, "letters a token: several in English, a Chinese character takes one or two"
    assert measured[0] == measured[1]
