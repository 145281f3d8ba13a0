"""Which rows repeat another, and which only look as if they did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from artifacts.records import Probe, QAPair, Quote
from benchmarks.duplicates import FINDERS, LANGUAGES, Measured, labelled, measure
from tasks.clean.config import CleanConfig
from tasks.clean.duplicates.candidates import NEAREST
from tasks.clean.duplicates.find import Finder
from tasks.clean.duplicates.signature import of, signatures
from tasks.clean.engine.local import Local
from tasks.clean.rows import Rows
from tasks.models.language.wording import normalize
from tests.clean.conftest import Run, pair

LONG_EN = "The regional finance director approves travel expenses above the standard limit for sales offices."
LONG_ZH = "员工在公司连续服务满五年以后，可以享受带薪年休假，未休完的部分不得折算成工资，也不得转让给其他同事使用。"
QUESTION_EN = "Who approves travel expenses above the standard limit for regional sales offices?"
QUESTION_ZH = "员工在公司连续服务满五年以后，没有休完的带薪年休假可以怎样处理，能不能折算成工资或者转让给其他同事使用？"


@contextmanager
def finding(folder: Path, rows: Sequence[QAPair], **dials: object) -> Iterator[Finder]:
    config = CleanConfig(**dials)  # type: ignore[arg-type]
    with closing(Rows(folder / "rows.jsonl", rows)) as stored, closing(Local(config)) as engine:
        yield Finder(config, engine, stored)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_labelled_pairs_are_many_and_of_every_kind(language: str) -> None:
    _, pairs = labelled(language)
    kinds = Counter((each.kind, each.length) for each in pairs)
    assert len(pairs) >= 60
    assert {kind for kind, _ in kinds} == {
        *("repeat", "one character changed", "same template, other value"),
        *("paraphrase of another fact", "wordings of one fact"),
    }
    assert all(kinds[kind, length] >= 2 for kind, _ in kinds for length in ("short", "long"))
    assert sum(each.duplicate for each in pairs) >= 30


@pytest.fixture(scope="module")
def measured() -> dict[tuple[str, str], Measured]:
    return {(name, language): measure(find, language) for name, find in FINDERS.items() for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_labelled_pairs_are_told_where_published_settings_do_not(
    measured: dict[tuple[str, str], Measured], language: str
) -> None:
    for name in FINDERS:
        found = measured[name, language]
        if name.startswith("graft"):
            assert min(found.precision, found.recall()) >= 0.95, f"{name}: {found.wrong()}"
            assert min(found.recall("short"), found.recall("long")) >= 0.9, f"{name}: {found.wrong()}"
        else:
            assert min(found.precision, found.recall()) < 0.6, name


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
        (("第四项是否合格？", "√"), ("第四项是否合格？", "×")),
        (("Which key goes back in the menu?", "←"), ("Which key goes back in the menu?", "→")),
        (("??", "A reply."), ("----", "A reply.")),
    ],
)
def test_signs_and_numbers_count(cleaned: Run, first: tuple[str, str], second: tuple[str, str]) -> None:
    only = ["document_simhash_deduplicator"]  # filters have no say in rows that are all signs
    assert cleaned([pair("a", *first), pair("b", *second)], operators=only).ids == ["a", "b"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("What power does it emit?", "5 mW"), ("What power does it emit?", "5 MW")),
        (("激光的功率是多少？", "5mW"), ("激光的功率是多少？", "5MW")),
        (("What is the flag?", "-v"), ("What is the flag?", "-V")),
        (("What is the flag?", "--v"), ("What is the flag?", "-v")),
        (("What does tar -C do?", "As told."), ("What does tar -c do?", "As told.")),
        (("What is the variable?", "userName"), ("What is the variable?", "username")),
        (("What does `ls -l` do?", "It lists."), ("What does `ls -L` do?", "It lists.")),
        (("`Foo` 是什么？", "类名"), ("`foo` 是什么？", "类名")),
        (("按键A的作用是什么？", "启动"), ("按键a的作用是什么？", "启动")),
        (("测得的数是多少？", "10⁵"), ("测得的数是多少？", "105")),
        (("What is the value?", "1e3"), ("What is the value?", "1E-3")),
        (("What is the charge?", "Fe²⁺"), ("What is the charge?", "Fe2")),
    ],
)
def test_case_counts_in_code_and_units_and_raised_figures_are_no_others(
    cleaned: Run, one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert cleaned([pair("a", *one), pair("b", *other)]).ids == ["a", "b"]


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


def test_a_reject_says_where_two_short_rows_differ(cleaned: Run) -> None:
    rows = [pair("1", "How heavy is it?", "5 kg"), pair("2", "How heavy is it?", "5kg")]
    rows += [pair("3", "水泵的电压是多少？", "380伏"), pair("4", "水泵的电亚是多少？", "380伏")]
    rows.append(pair("5", "电机的电压高吗？", "不高"))
    result = cleaned(rows)
    assert result.reject("2").detail == "duplicates 1 (similarity 0.00; the same words): How heavy is it?"
    assert "; 亚 for 压): 水泵的电压是多少？" in result.reject("4").detail


def test_a_lost_question_of_a_whole_section_is_no_lost_fact(cleaned: Run) -> None:
    rows = [pair("a", QUESTION_EN, LONG_EN), pair("b", QUESTION_EN, LONG_EN, kind="study")]
    result = cleaned(rows, operators=[])
    counts = result.manifest.counts
    assert (result.ids, counts["facts"], counts["facts_lost"]) == (["a"], 1, 0)


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


def test_the_best_of_a_cluster_stays_wherever_it_stands(cleaned: Run) -> None:
    voltage = "What is the voltage of the pump?"
    proof = (Quote(text="The pump takes 380 V."),)
    rows = [
        pair("typed wrong", voltage.replace("voltage", "voltege"), "It is 380 V.", value="380 V", evidence=proof),
        pair("bare", voltage, "It is 380 V.", value="380 V"),
        pair("proven", voltage, "It is 380 V", value="380 V", evidence=proof),
        pair("motor", "Which voltage does the motor take?", "It takes 230 V.", value="230 V"),
        pair("broken", "水泵的电压是多少？", "380伏，见铭牌\ufffd", value="380伏"),
        pair("whole", "水泵的电压是多少？", "380伏，见铭牌。", value="380伏"),
        pair("without", "水泵的电压是多少？", "见铭牌。", value="380伏"),
    ]
    result = cleaned(rows)
    assert result.ids == ["proven", "motor", "whole", "without"]
    for gone in ("typed wrong", "bare"):
        assert result.reject(gone).detail.startswith("duplicates proven ")
    assert result.reject("broken").detail.startswith("duplicates whole ")


@pytest.mark.parametrize("wrong", ["yeellow", "yelloww"])
def test_of_two_words_that_no_other_row_has_the_one_in_the_dictionary_stays(cleaned: Run, wrong: str) -> None:
    right = pair("right", "Where is the yellow notebook kept?", "On the shelf.")
    typed = pair("typed", f"Where is the {wrong} notebook kept?", "On the shelf.")
    for rows in ([right, typed], [typed, right]):
        assert cleaned(rows, operators=["document_simhash_deduplicator"]).ids == ["right"]


def test_of_two_alike_the_row_with_steps_stays(cleaned: Run) -> None:
    rows = [
        pair("bare", "三加四是多少？", "7", value="7"),
        pair("steps", "三加四是多少？", "7", value="7", reasoning="先加三。"),
    ]
    assert cleaned(rows).ids == ["steps"]


def test_the_cap_on_wordings_is_of_each_kind(cleaned: Run) -> None:
    questions = ["多重？", "有多重？", "重量是多少？"]
    rows = [pair(str(n), text, "9 kg", fact="f", wording=str(n)) for n, text in enumerate(questions)]
    rows.append(pair("raft", "文中说重多少千克？", "9 kg", fact="f", kind="raft", context="重 9 kg。"))
    assert cleaned(rows, duplicates={"max_wordings": 2}).ids == ["0", "1", "raft"]


def test_a_chain_of_small_steps_does_not_merge_its_ends(tmp_path: Path) -> None:
    steps = ["ventilation", "ventilatien", "ventilatein", "vantilatein"]
    rows = [pair(str(n), f"Who pays for the {word} of hall 9?", "The tenant.") for n, word in enumerate(steps)]
    rows.append(pair("other", "Is the ventilation of hall 4 new?", "No."))
    with finding(tmp_path, rows) as finder:
        dropped = finder.dropped()
    assert {row: gone.of for row, gone in dropped.items()} == {1: 0, 3: 2}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Is the sulfite stored in tank 4?", "Is the sulfate stored in tank 4?"),
        ("Where is Anna Schmidt seated today?", "Where is Anna Schmitt seated today?"),
        ("谁负责赵敏的考勤记录？", "谁负责赵民的考勤记录？"),
        ("哪一天买入设备？", "哪一天卖入设备？"),
        ("《安全手册》由谁编写？", "《安全守册》由谁编写？"),
        ("定金的比例是多少？", "订金的比例是多少？"),
        ("仪表的上限是多少？", "仪表的上线是多少？"),
        ("制定规章的流程是什么？", "指定规章的流程是什么？"),
        ("合同的中止由谁批准？", "合同的终止由谁批准？"),
    ],
)
def test_words_that_no_other_row_has_are_no_typing_errors_where_they_may_be_meant(
    cleaned: Run, one: str, other: str
) -> None:
    rows = [pair("1", one, "As the manual says. 见手册。"), pair("2", other, "As the manual says. 见手册。")]
    assert cleaned(rows).ids == ["1", "2"]


def test_a_word_that_the_evidence_has_is_no_typing_error(cleaned: Run) -> None:
    def row(id_: str, word: str, proof: str) -> QAPair:
        return pair(
            id_, f"{word}的周期是多久？", "30日", value="30日", evidence=(Quote(text=f"{proof}的周期为30日。"),)
        )

    assert cleaned([row("1", "公示", "公示"), row("2", "公式", "公式")]).ids == ["1", "2"], "both are meant"
    assert cleaned([row("1", "公示", "公示"), row("2", "公式", "公示")]).ids == ["1"], "one is typed wrong"


def test_wordings_of_a_fact_stay_up_to_a_cap_the_best_of_them(cleaned: Run) -> None:
    questions = ["多重？", "有多重？", "重量是多少？", "重多少千克？", "What does it weigh?", "How heavy is it?"]
    rows = [
        pair(str(n), question, "9 kg" if n < 5 else "heavy", value="9 kg", fact="f", wording=str(n))
        for n, question in enumerate(questions)
    ]
    result = cleaned([rows[5], *rows[:5], pair("only", "Who?", "Ann.", fact="g")], duplicates={"max_wordings": 3})
    assert result.ids == ["0", "1", "2", "only"]
    assert result.manifest.rejects == {"too_many_wordings": 3}
    assert result.reject("5").detail == "3 better rows of its fact stay (duplicates.max_wordings)"
    assert result.manifest.counts["facts_lost"] == 0
    assert cleaned(rows).ids == [row.id for row in rows]


@pytest.mark.parametrize(
    "operator",
    [
        {"document_minhash_deduplicator": {"num_permutations": 64}},
        {"document_minhash_deduplicator": {"tokenization": "character", "num_bands": 16, "num_rows_per_band": 2}},
        {"document_simhash_deduplicator": {"tokenization": "punctuation", "window_size": 2}},
    ],
)
def test_any_deduplicator_with_its_own_parameters(cleaned: Run, operator: dict[str, object]) -> None:
    rows = [pair("1", QUESTION_ZH, LONG_ZH), pair("2", QUESTION_ZH.replace("处理", "处里"), LONG_ZH)]
    rows += [pair("3", QUESTION_EN, LONG_EN), pair("4", QUESTION_EN.replace("regional", "regionel"), LONG_EN)]
    rows.append(pair("5", "Which regional offices are there? 怎样处理？", "None. 不。"))
    result = cleaned(rows, operators=[operator])
    assert result.ids == ["1", "3", "5"]
    assert set(result.manifest.rejects) == set(operator)


@pytest.mark.parametrize("name", ["document_simhash_deduplicator", "document_minhash_deduplicator"])
def test_windows_fit_the_text_and_its_language(name: str) -> None:
    (hasher,) = of(CleanConfig(operators=[name]))  # type: ignore[arg-type]
    assert hasher.shingles("Why?") == ["why?"]
    assert len(hasher.shingles("What is the weight of the pump today?")) in (3, 4)
    assert hasher.shingles("水泵的重量是多少？")[0].startswith("水泵的重量")


@pytest.mark.parametrize("tokenization", ["space", "punctuation", "character"])
@pytest.mark.parametrize("name", ["document_simhash_deduplicator", "document_minhash_deduplicator"])
def test_texts_shorter_than_the_window_have_hashes_of_their_own(name: str, tokenization: str) -> None:
    config = CleanConfig(operators=[{name: {"tokenization": tokenization}}])  # type: ignore[list-item]
    rows = [pair(word, f"{word}？", word) for word in ("工期", "保修", "年假", "Why", "Who", "Now")]
    assert len({made.hashes for made in signatures(config)(rows)}) == len(rows)
    (hasher,) = of(config)
    long = pair("1", QUESTION_ZH + QUESTION_EN, LONG_ZH + LONG_EN)
    again = long.model_copy(update={"answer": long.answer.upper().replace("同事使用", "同事来使用")})
    table = np.array([hasher.hash(row) for row in (again, rows[0], rows[3])])
    far, _ = hasher.near(table, hasher.hash(long))
    assert far[0] < min(far[1:]), "texts that are alike have hashes that are alike"


def test_rows_of_one_template_are_compared_a_bounded_number_of_times(tmp_path: Path) -> None:
    many = 20_000
    rows = [
        pair(str(n), "What is the weight of the part?", f"It weighs {n} g.", value=f"{n} g", fact="f", wording=str(n))
        for n in range(many // 2)
    ]
    rows += [pair(f"zh{n}", f"零件{n}的重量是多少？", "很重。", value="很重") for n in range(many // 2)]
    with finding(tmp_path, rows, duplicates={"max_wordings": many}) as finder:
        assert finder.dropped() == {}
        assert finder.comparisons == 0
    named = [pair(str(n), "Who is on duty?", f"{chr(65 + n % 26)}{chr(97 + n // 26)}n.") for n in range(600)]
    with finding(tmp_path, named) as finder:
        assert finder.dropped() == {}
        assert 0 < finder.comparisons <= NEAREST * len(named)


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
