"""Can a question stand alone? One that points at a text, or names nothing, is asked for in other words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from tasks.generate.exercise import Exercise
from tasks.generate.grounding.language import wrong_language
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item

PAPER = (
    "document|text|passage|article|chapter|section|page|table|figure|excerpt|paragraph|slide|manual|handbook|guide|faq"
)
TOLD = "(?:mentioned|described|stated|given|listed|shown|noted|explained|discussed)"
GIVEN = "(?:provided|given|above|here)"
BY = rf"(?:according to|based on|(?:as )?per|{TOLD} (?:in|by|on))"
THE = r"(?:the|this|that|these)(?: (?:above|following|provided|given))?"
SAYS = r"(?:says?|states?|mentions?|describes?|shows?|explains?|lists?)"
NO_GIVER = r"(?! (?:in|by|to|on|about|for)\b)"  # "the information given by the customer"
NO_NAME = r"(?! (?:of|between|in the|field|box)\b)"  # "the section of pipe", "section 4.2 of the Rental Act"

NAMES_PAPER = re.compile(
    rf"\b(?:{PAPER}|{TOLD}|example|information|context|heading|list|fig\.|above|author)", re.I
)  # all forms below do

PAPER_ZH = "文本|文档|文章|文件(?!夹)|段落|章节|表格|报告"
MATERIAL_ZH = f"{PAPER_ZH}|材料|资料|原文|正文"
RULES_ZH = "手册|指南|说明书|办法|制度|规定|规范|标准|条例|合同|协议"
BY_ZH = "(?:根据|按照|依据|基于|参照|结合|参考)"
SAYS_ZH = "(?:规定|提到|提及|说明|指出|列出|描述|介绍|要求|给出|记载|显示|讲述|认为|强调)"
START_ZH = "(?:^|[。,，、：:；;])[在从]?"

# What stands before and behind keeps out words that hold the same characters: 版本文件, 网上文档, 这段时间, 本章程
POINTS_AT_TEXT = {
    "en": (
        rf"\b(?:{BY}|in|from|of|by|does) {THE} (?:text|passage|context|section|paragraph|excerpt|example)s?\b{NO_NAME}",
        rf"\b{BY} (?:the {GIVEN} information|{THE} information {GIVEN})\b{NO_GIVER}",
        r"\b(?:mentioned|described|discussed)\W*$|^what (?:is|are|was|were) (?:mentioned|stated|discussed) about\b",
        rf"\b{BY} {THE} (?:document|table|article|list|figure|slide|page|heading)s?\b(?! (?:of|control)\b)",
        rf"^in {THE} (?:document|table|article|list|figure|slide),",
        rf"\b(?:{BY}|in|see|from) (?:table|figure|fig\.) \d[\d.-]*(?![\d.-]){NO_NAME}",
        rf"(?:^|[.:;] )(?:{BY}|in|see) (?:section|chapter|paragraph) \d[\d.-]*(?![\d.-]){NO_NAME}",
        rf"\bthis (?:{PAPER})\b{NO_NAME}|\bthe (?:{PAPER}) (?:above|below)\b",
        rf"\bthe (?:{PAPER}) (?:(?!lamp|field|control)\w+ )?{SAYS}\b",
        rf"\b{TOLD} (?:above|below|here|earlier|previously|before)\b|\bthe above\b|\bthe author\b(?! of\b)",
    ),
    "zh": (
        rf"{BY_ZH}(?:上文|上述|上面|以上|本文|该文|此文|原文|这段)",
        rf"{BY_ZH}(?:{MATERIAL_ZH})(?:[，,。：:中里内所可]|提供|给出|的(?:内容|描述|说法|介绍|信息))",
        rf"{BY_ZH}(?:(?:所|已|上面)?(?:提供|给出|给定)|[所已]给)的?(?:信息|内容|{MATERIAL_ZH})",
        rf"{START_ZH}(?:{MATERIAL_ZH}|作者)[中里内]?(?:(?<=[中里内])|[所还]|是?如何|怎[么样]){SAYS_ZH}",
        rf"{START_ZH}(?:{MATERIAL_ZH}|作者)(?:{SAYS_ZH}了|提到|提及|指出|认为|强调)",
        rf"{START_ZH}第[一二三四五六七八九十\d]+(?:自然段|段(?:落|文字)?)(?:[讲说写提中里]|主要|的?(?:内容|大意|主旨))",
        r"(?:总结|概括|概述|归纳|复述)(?:一下)?(?:全文|[本原]文(?![件化档])|(?:文章|文档|材料|段落)(?:[，。？！?!]|$))",
        r"(?<![网线])上文(?![件档化])|(?<!线)下文(?![件档化])|(?<![目之以])前文(?![件档化案明])|上述|前述",
        r"(?<![中英法日德俄韩语作论译])文中|以上(?:内容|文字|文本|材料|信息|说法)|(?:^|[，,])以[上下]哪",
        r"如[上下]?[文表图]\s*[\d.-]*所[示述]|如[上下][文表图所]|(?<![网线])[上下][表图](?![示书面现达明案纸标])",
        rf"{BY_ZH}[表图]\s*\d|{START_ZH}[表图]\s*\d[\d.-]*(?:[中里]|所示|显示)",
        rf"(?:(?<![基日版成样资根文课剧书])本|[该此这][篇份段张本]?)(?:{PAPER_ZH}|{RULES_ZH})",
        r"(?:(?<![基日版成样资根文课剧书])本|[该此这])(?:文(?![化科员凭件档本章])|段(?!时|期|日(?!志)|路)|节(?![目日约点能])"
        r"|章(?!程)|页(?!岩)|表(?![现示达明面演])|图(?![书案纸标]))",
    ),
}
THING = (
    r"(?:device|machine|product|unit|model|system|equipment|instrument|tool|pump|company|policy|rule|regulation|"
    r"procedure|process|method|service|contract|agreement|plan|project|feature|function|software|term|item)s?"
)
NAMES_NOTHING = {
    # "How long does it take to ..." and "Is it possible ..." speak of what comes after
    "en": re.compile(
        r"^\W*(?:(?:and|so|but|please|tell me|do you know|can you tell me),? )*"
        r"(?:what|how|when|where|why|which|who|whose|is|are|was|were|does|do|did|can|could|should|must|may|will|has|have)\b"
        r"(?: (?!it\b|its\b|they\b|their\b|them\b|he\b|she\b)[a-z]+){0,3} (?:"
        r"(?:they|their|its|he|she)\b|it\b(?! (?:take|mean|possible|necessary|allowed|required|important|safe|better|"
        r"called|advisable|permitted|forbidden|true|that|if|when)s?\b)(?![^?]*\bto\b)"
        rf"|(?:[a-z]+ ){{0,3}}(?:this|that|these|those) {THING}\b(?! (?:of|for|called|named)\b))",
        re.I,
    ),
    "zh": re.compile(
        r"^(?:请问|请告诉我|请说明|请介绍|我想知道|我想了解|你知道|想问一下|那么|关于|对于|在)?[，,：: ]*"
        r"(?:它们?(?!山)|其(?![他它余实次间])|[该此](?:设备|产品|机器|系统|装置|型号|仪器|工具|公司|项目|服务|软件|功能|方法|流程|材料)"
        r"|这(?:个|款|台|种|些|项|套|类)(?:设备|产品|机器|系统|装置|型号|仪器|工具|公司|项目|服务|软件|功能|方法|流程|材料))"
    ),
}


class Rewritten(Item):
    """A question that can stand alone, in the place of one that can't."""

    row: int
    question: str


def points_at_text(question: str, language: str) -> bool:
    """Whether a question (or an answer) is about "the text above", which nobody has at hand who is asked it.

    What has several lines brings the text along that it speaks of.
    """
    script = _script(language)
    if "\n" in question.strip() or (script == "en" and not NAMES_PAPER.search(question)):
        return False
    return any(form.search(question) for form in _forms(script))


@cache
def _forms(script: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(form, re.IGNORECASE) for form in POINTS_AT_TEXT[script])


def stands_alone(question: str, language: str) -> bool:
    """Whether a question neither points at a text nor leaves open what "it" is."""
    return not points_at_text(question, language) and not NAMES_NOTHING[_script(language)].search(question.strip())


async def stand_alone(lesson: Lesson, asked: Sequence[tuple[str, str]]) -> list[str | None]:
    """A wording that can stand alone for each pair of question and answer; None where the teacher finds none.

    Those that can't are all rewritten in one exercise; the others cost nothing.
    """
    language = lesson.section.language
    questions: list[str | None] = [question if stands_alone(question, language) else None for question, _ in asked]
    wanted = [place for place, question in enumerate(questions) if question is None]
    rows = [{"question": asked[place][0], "answer": asked[place][1]} for place in wanted]
    text = "\n\n".join(with_headings(section) for section in lesson.sections)
    exercise = Exercise("rewrite", Rewritten, text)
    for place, item in await ask_each(lesson, exercise, rows, "row", recorded=False):
        fit = stands_alone(item.question, language) and not wrong_language(item.question, lesson.sections)
        if item.question and fit:
            questions[wanted[place]] = item.question
    return questions


def _script(language: str) -> str:
    return "zh" if language == "zh" else "en"
