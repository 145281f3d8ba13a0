"""Questions that can't stand alone are found, and asked for in other words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.generate.grounding.standalone import points_at_text, stand_alone, stands_alone
from tasks.generate.lesson import Lesson
from tests.generate.school import PUMP, TANK, attend
from tests.generate.teachers import by_prompt


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("According to the text, what does the KX-200 weigh?", "en"),
        ("What is mentioned in the table about the KX-200?", "en"),
        ("What does the passage say about leave?", "en"),
        ("How much leave is described above?", "en"),
        ("Which pump is listed in this section?", "en"),
        ("What is the maximum weight given in the document?", "en"),
        ("What is the purpose of this manual?", "en"),
        ("What is the weight, as shown above?", "en"),
        ("In Table 3, which value is the largest?", "en"),
        ("In section 4.2, what must be done?", "en"),
        ("See Figure 2: what does it show?", "en"),
        ("Per the document, what is the fee?", "en"),
        ("As mentioned earlier, what is the limit?", "en"),
        ("Based on the provided information, how heavy is the KX-200?", "en"),
        ("Based on the information given, how heavy is the KX-200?", "en"),
        ("In the above example, how heavy is the KX-200?", "en"),
        ("What is mentioned about the KX-200?", "en"),
        ("Which two pumps are mentioned?", "en"),
        ("What is the purpose of this FAQ?", "en"),
        ("依据所给材料，费用是多少？", "zh"),
        ("这段日志里有什么错误？", "zh"),
        ("根据上文，水箱的容量是多少？", "zh"),
        ("文中提到的保修期多长？", "zh"),
        ("本节介绍了什么水箱？", "zh"),
        ("上表中水箱有多大？", "zh"),
        ("该文档规定的保修期是多久？", "zh"),
        ("这段文字讲了什么？", "zh"),
        ("本手册适用于哪些设备？", "zh"),
        ("根据文档，费用是多少？", "zh"),
        ("文档中规定了什么？", "zh"),
        ("根据表格，最大值是多少？", "zh"),
        ("根据表3，最大值是多少？", "zh"),
        ("第二段讲了什么？", "zh"),
        ("作者认为什么？", "zh"),
        ("材料中提到了几个部门？", "zh"),
        ("根据提供的信息，费用是多少？", "zh"),
        ("这篇文章的主题是什么？", "zh"),
        ("前文所说的水泵是哪种？", "zh"),
        ("原文如何描述水泵？", "zh"),
        ("请总结全文。", "zh"),
        ("如图所示的阀门叫什么？", "zh"),
    ],
)
def test_a_question_about_the_text_cannot_stand_alone(question: str, language: str) -> None:
    assert points_at_text(question, language)
    assert not stands_alone(question, language)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What does it weigh?", "en"),
        ("How heavy is it?", "en"),
        ("What is its weight?", "en"),
        ("When were they built?", "en"),
        ("How long does this device run?", "en"),
        ("What is the maximum weight of this model?", "en"),
        ("它的容量是多少？", "zh"),
        ("该设备的保修期多长？", "zh"),
        ("请问这款产品有多重？", "zh"),
        ("其额定功率是多少？", "zh"),
    ],
)
def test_a_question_that_names_nothing_cannot_stand_alone(question: str, language: str) -> None:
    assert not points_at_text(question, language)
    assert not stands_alone(question, language)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What does the KX-200 weigh?", "en"),
        ("What does the KX-200 weigh when it is full?", "en"),
        ("How long does it take to fill the KX-200?", "en"),
        ("Is it possible to run the KX-200 dry?", "en"),
        ("What is the weight of the table of the canteen?", "en"),
        ("According to the leave policy, how many days does a senior get?", "en"),
        ("Which list price does the KX-200 have?", "en"),
        ("Who pays by section 4.2 of the Rental Act?", "en"),
        ("In section 4.2 of the Rental Act, who pays?", "en"),
        ("According to the document control procedure, who signs?", "en"),
        ("Based on the information given by the customer, which form is used?", "en"),
        ("Where is the information about the KX-200 kept?", "en"),
        ("What does the KX-200 need when this machine runs dry?", "en"),
        ("What may be entered in the text field of the KX-200?", "en"),
        ("How long is the section of pipe below the KX-200?", "en"),
        ("租赁合同第3条规定了什么？", "zh"),
        ("网上文档系统如何归档？", "zh"),
        ("如何根据文档管理制度归档？", "zh"),
        ("根据材料的硬度如何选择刀具？", "zh"),
        ("会议材料中应附什么？", "zh"),
        ("第二段管道的材质是什么？", "zh"),
        ("18岁以下哪些人可以参加？", "zh"),
        ("目前文档有几份？", "zh"),
        ("版本文件保存在哪里？", "zh"),
        ("日本文化节在几月？", "zh"),
        ("中文中如何称呼 KX-200？", "zh"),
        ("网上文档保留多久？", "zh"),
        ("这段时间内保修期如何计算？", "zh"),
        ("这段日子里保修期如何计算？", "zh"),
        ("公司的基本章程由谁批准？", "zh"),
        ("公司的基本制度有哪些？", "zh"),
        ("成本表由谁填写？", "zh"),
        ("其他水箱的保修期多长？", "zh"),
        ("TX 型水箱满了以后，它有多重？", "zh"),
        ("Explain this text:\nThe pump runs dry.", "en"),
    ],
)
def test_a_question_with_like_words_can(question: str, language: str) -> None:
    assert stands_alone(question, language)


def test_all_that_cannot_stand_alone_are_rewritten_in_one_exercise(tmp_path: Path) -> None:
    asked = [
        ("What does it weigh?", "12 kg"),
        ("What does the KX-200 weigh?", "12 kg"),
        ("According to the text, who?", "x"),
    ]
    script = by_prompt(
        rewrite=[{"row": 1, "question": "What does the KX-200 weigh?"}, {"row": 2, "question": "Who is it?"}]
    )

    async def work(lesson: Lesson) -> list[str | None]:
        return await stand_alone(lesson, asked)

    found, lesson, server = attend(tmp_path, script, work, PUMP)
    assert found == ["What does the KX-200 weigh?", "What does the KX-200 weigh?", None]
    (request,) = server.requests
    rows = json.loads(request.prompt.split("<rows")[1].partition(">\n")[2].partition("\n</rows")[0])
    assert rows == [
        {"row": 1, "question": "What does it weigh?", "answer": "12 kg"},
        {"row": 2, "question": "According to the text, who?", "answer": "x"},
    ]
    assert "## KX-200" in request.prompt
    assert lesson.rejects == []


def test_nothing_is_asked_where_all_can(tmp_path: Path) -> None:
    async def work(lesson: Lesson) -> list[str | None]:
        return await stand_alone(lesson, [("水箱的容量是多少？", "120 升")])

    found, _, server = attend(tmp_path, by_prompt(), work, TANK)
    assert found == ["水箱的容量是多少？"]
    assert server.requests == []
