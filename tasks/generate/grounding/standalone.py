"""Can a question stand alone? One that points at a text, or names nothing, is asked for in other words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.generate.exercise import Exercise
from tasks.generate.lesson import Lesson
from tasks.generate.numbered import ask_each
from tasks.generate.prompts import with_headings
from tasks.generate.reply import Item

PAPER = (
    r"(?:document|text|passage|article|chapter|section|page|table|figure|excerpt|paragraph|slide|manual|handbook|guide)"
)
POINTS_AT_TEXT = {
    "en": re.compile(
        r"\b(?:according to|based on|in|from|of|by|does) (?:the|this|that|these)"
        r"(?: (?:above|following|provided|given))? (?:text|passage|context|section|paragraph|excerpt)s?\b"
        r"|\b(?:according to|based on|(?:mentioned|described|stated|given|listed|shown) (?:in|by|on))"
        r" (?:the|this|that|these)(?: (?:above|following|provided|given))?"
        r" (?:document|table|article|list|figure|slide|page|heading)s?\b(?! of\b)"
        rf"|\bthis {PAPER}\b|\bthe {PAPER} (?:above|below)\b"
        rf"|\bthe {PAPER} (?:\w+ )?(?:says?|states?|mentions?|describes?|shows?|explains?|lists?)\b"
        r"|\b(?:mentioned|described|listed|shown|stated|given) (?:above|below|here)\b|\bthe above\b|\bthe author\b",
        re.I,
    ),
    # what stands before and after keeps out words that hold the same characters: 版本文件, 网上文档, 这段时间, 本章程
    "zh": re.compile(
        r"(?:根据|按照|依据|参照|结合)(?:上文|上述|上面|以上|本文|该文|此文|原文|这段|材料|资料|文本|段落)"
        r"|(?<![网线])上文(?![件档化])|(?<!线)下文(?![件档化])|(?<![中英法日德俄韩语作论译])文中|上述|前述|如[上下](?:文|表|图|所)"
        r"|(?<![网线])[上下][表图](?![示书面现达明案纸标])|以上(?:内容|文字|文本|材料|信息)"
        r"|(?:(?<![基日版成样资根文课剧])本|[该这此])(?:"
        r"文(?![化科员凭件档本章])|段(?!时|期|日|路)|节(?![目日约点能])|章(?!程)|页(?!岩)|表(?![现示达明面演])|图(?![书案纸标])"
        r"|文本|文档|文章|段落|章节|表格|文件|手册|指南|说明书|报告|办法|制度|规定|规范|标准|条例|合同|协议)"
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
        rf"|(?:this|that|these|those) {THING}\b(?! (?:of|for|called|named)\b))",
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
    return "\n" not in question.strip() and bool(POINTS_AT_TEXT[_script(language)].search(question))


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
        if item.question and stands_alone(item.question, language):
            questions[wanted[place]] = item.question
    return questions


def _script(language: str) -> str:
    return "zh" if language == "zh" else "en"
