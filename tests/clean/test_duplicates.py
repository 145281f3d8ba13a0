"""Which rows repeat another, and which only look as if they did."""

from __future__ import annotations

import pytest

from artifacts.records import Probe
from tasks.models.language.wording import normalize
from tests.clean.conftest import Run, pair

LONG_EN = "The regional finance director approves travel expenses above the standard limit for sales offices."
LONG_ZH = "员工在公司连续服务满五年以后，可以享受带薪年休假，未休完的部分不得折算成工资，也不得转让给其他同事使用。"
QUESTION_EN = "Who approves travel expenses above the standard limit for regional sales offices?"
QUESTION_ZH = "员工在公司连续服务满五年以后，没有休完的带薪年休假可以怎样处理，能不能折算成工资或者转让给其他同事使用？"


def test_short_rows_do_not_collapse(cleaned: Run) -> None:
    rows = [pair(f"en{n}", f"{word}?", word) for n, word in enumerate(["Why", "Who", "Now", "Yes", "Red", "Sun"])]
    rows += [pair(f"zh{n}", f"{word}？", word) for n, word in enumerate(["工期", "保修", "年假", "电压", "重量"])]
    assert cleaned(rows).ids == [row.id for row in rows]


def test_questions_of_one_template_with_other_values_stay(cleaned: Run) -> None:
    rows = []
    for n in range(60):
        part, grams = f"AX-{100 + n}", f"{250 + 7 * n} g"
        rows.append(pair(f"en{n}", f"What is the weight of part {part}?", f"Part {part} weighs {grams}.", value=grams))
        rows.append(pair(f"zh{n}", f"零件{part}的重量是多少？", f"零件{part}的重量是{grams}。", value=grams))
    assert cleaned(rows).ids == [row.id for row in rows]


def test_facts_of_one_value_that_differ_in_a_word_stay(cleaned: Run) -> None:
    sides = [("left", "左"), ("right", "右"), ("inner", "内"), ("outer", "外")]
    english = "What is the colour of the {} cover of the pressure vessel in the main machine hall?"
    chinese = "主机房内压力容器{}侧盖板的颜色在正常运行状态以及检修状态下分别应当是什么颜色，需要符合哪个标准？"
    rows = [pair(side, english.format(side), "It is dark red.", value="dark red") for side, _ in sides]
    rows += [pair(side, chinese.format(side), "应当是深红色。", value="深红色") for _, side in sides]
    assert cleaned(rows).ids == [row.id for row in rows]


def test_words_in_another_order_stay(cleaned: Run) -> None:
    rows = [
        pair(f"{one} {other}", f"Which {one} of the {other} is used in the northern hall of the company?", "The first.")
        for one, other in (("filter", "pump"), ("pump", "filter"), ("pump filter", "valve"), ("filter pump", "valve"))
    ]
    result = cleaned(rows, duplicates={"min_similarity": 0.5})
    assert result.ids == [row.id for row in rows]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("What is C?", "A language."), ("What is C++?", "A language.")),
        (("What is the offset?", "It is 5 mm."), ("What is the offset?", "It is -5 mm.")),
        (("What is the dose?", "It is 3.5 ml."), ("What is the dose?", "It is 35 ml.")),
        (("保修期多久？", "三年。"), ("保修期多久？", "二年。")),
    ],
)
def test_signs_and_numbers_count(cleaned: Run, first: tuple[str, str], second: tuple[str, str]) -> None:
    assert cleaned([pair("a", *first), pair("b", *second)]).ids == ["a", "b"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("How long is the warranty?", "It is 2 years."), ("how long  is the Warranty", "It is 2 years")),
        (("保修期是 24 个月吗？", "是的，（24个月）。"), ("保修期是24个月吗?", "是的,(24个月)")),
    ],
)
def test_rows_of_one_normal_form_go_even_as_wordings_of_one_fact(
    cleaned: Run, one: tuple[str, str], other: tuple[str, str]
) -> None:
    rows = [pair("a", *one, fact="f", wording="1"), pair("b", *other, fact="f", wording="2")]
    result = cleaned(rows, operators=[])
    assert result.ids == ["a"]
    assert result.reject("b").reason == "duplicate"
    assert "duplicates a " in result.reject("b").detail
    assert result.manifest.counts["facts_lost"] == 0


def test_what_comes_before_a_question_counts(cleaned: Run) -> None:
    for question, answer in ((QUESTION_EN, LONG_EN), (QUESTION_ZH, LONG_ZH)):
        context = f"Document 1:\n{LONG_EN}\n\n资料2：\n{LONG_ZH}"
        turns = ({"role": "user", "content": "Hello. 你好。"}, {"role": "assistant", "content": "Hello. 你好。"})
        row = pair("plain", question, answer, fact="f")
        shown = row.model_copy(update={"id": "raft", "kind": "raft", "context": context})
        other = shown.model_copy(update={"id": "other", "context": f"{context} More."})
        later = row.model_copy(update={"id": "turns", "turns": turns})
        again = shown.model_copy(update={"id": "again", "context": context.replace("\n", " ")})
        near = later.model_copy(update={"id": "near", "answer": answer.replace("expenses", "expences")[:-1] + "!"})
        assert cleaned([row, shown, other, later, again, near]).ids == ["plain", "raft", "other", "turns"]


@pytest.mark.parametrize(
    ("question", "answer", "near"),
    [
        (QUESTION_EN, LONG_EN, LONG_EN.replace("expenses", "expences")),
        (QUESTION_ZH, LONG_ZH, LONG_ZH.replace("同事使用", "同事来使用")),
    ],
)
def test_near_duplicates_go_and_the_reject_names_the_row_that_stays(
    cleaned: Run, question: str, answer: str, near: str
) -> None:
    rows = [pair("first", question, answer), pair("other", "Who is it? 是谁？", "Nobody. 没有人。")]
    result = cleaned([*rows, pair("near", question, near)])
    assert result.ids == ["first", "other"]
    reject = result.reject("near")
    assert reject.reason == "document_simhash_deduplicator"
    assert reject.detail.startswith("duplicates first (similarity 0.")
    assert result.manifest.counts["facts_lost"] == 1, "the fact has no row of its own left, and that is counted"


def test_wordings_of_one_fact_stay_though_they_are_alike(cleaned: Run) -> None:
    rows = [
        pair("1", f"Please say: {QUESTION_EN}", LONG_EN, fact="f", wording="say"),
        pair("2", f"Please say {QUESTION_EN}", LONG_EN + " It does.", fact="f", wording="say it"),
        pair("3", QUESTION_ZH, LONG_ZH, fact="g", wording="1"),
        pair("4", QUESTION_ZH.replace("怎样", "怎么样"), LONG_ZH, fact="g", wording="2"),
    ]
    assert cleaned(rows).ids == ["1", "2", "3", "4"]
    same = [row.model_copy(update={"wording": ""}) for row in rows]
    assert cleaned(same).ids == ["1", "2", "3"], "without the label of a wording, the near repeat goes"


def test_a_row_that_asks_a_probe_is_a_leak(cleaned: Run) -> None:
    probes = [
        Probe(id="p1", fact="f", kind="wording", question="Tell me the warranty.", answer="2 years", value="2 years"),
        Probe(id="p2", fact="f", kind="frame", question="保修期 有多长？", answer="两年", language="zh"),
    ]
    rows = [
        pair("leak1", "tell me the Warranty", "Two years.", fact="f"),
        pair("leak2", "保修期, 有多长?", "两年。", fact="f"),
        pair("fine", "How long is the warranty?", "Two years.", fact="f"),
    ]
    result = cleaned(rows, probes)
    assert result.ids == ["fine"]
    assert (result.reject("leak1").reason, result.reject("leak2").reason) == ("probe_leak", "probe_leak")
    assert result.reject("leak2").detail == "asks the question of probe p2: 保修期 有多长？"


def test_a_row_that_nearly_asks_a_probe_is_a_leak(cleaned: Run) -> None:
    probe = Probe(id="p", fact="f", kind="paraphrase", question="What does the Kavenlor 90 pump weigh?", answer="9 kg")
    rows = [
        pair("article", "What do Kavenlor 90 pumps weigh, please?", "It is 9 kg.", fact="other"),
        pair("word", "What does the new Kavenlor 90 pump weigh?", "It is 9 kg.", fact="f"),
        pair("turn", "And in pounds?", "20.", turns=({"role": "user", "content": probe.question},)),
        pair("model", "What does the Kavenlor 80 pump weigh?", "It is 9 kg.", fact="f"),
        pair("subject", "What does the new Kavenlor 90 pump weigh?", "It is 7 kg.", fact="other"),
    ]
    result = cleaned(rows, [probe])
    assert result.ids == ["model", "subject"]
    assert result.manifest.rejects == {"probe_leak": 3}


def test_rows_with_a_fact_id_of_their_own_are_told_by_their_answer(cleaned: Run) -> None:
    question = "Who signs orders of the northern plant?"
    probe = Probe(id="p", fact="f", kind="paraphrase", question=question, answer="Ann Lee does.", value="Ann Lee")
    near = question.replace("Who", "Who then")
    rows = [pair("own", near, "Ann Lee does.", kind="own"), pair("other", near, "Nobody does.", kind="study")]
    assert cleaned(rows, [probe]).ids == ["other"]


def test_the_same_rows_give_the_same_artifact(cleaned: Run) -> None:
    rows = [pair(str(n), f"What is the weight of part {n % 7}?", f"It is {n % 5} g.") for n in range(50)]
    one, other = (cleaned(rows, duplicates={"min_similarity": least}) for least in (0.85, 0.8500001))
    assert one.manifest.key != other.manifest.key
    assert one.manifest.digest == other.manifest.digest
    assert one.manifest.counts["kept"] == 35


def test_normal_form_keeps_what_tells_apart() -> None:
    assert normalize("  ＡＸ－２００　的 重量，是多少？") == "ax-200的重量,是多少"
    assert normalize("What is C++?") != normalize("What is C?")
