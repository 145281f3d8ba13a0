"""Does a row stand in its source, and can its question stand alone?"""

from __future__ import annotations

import re
import unicodedata

from artifacts.records import Section
from tasks.generate.reply import TaughtFact

CJK = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN = re.compile(
    rf"[{CJK}]"  # a character of a script without spaces
    r"|(?:(?<![\w)])-)?\d+(?:[.:]\d+)*"  # a number with its sign, its point, or the colon of a time
    rf"|(?:(?![{CJK}])[^\W\d_])+"  # a word
    r"|[%‰°$€£¥<>≤≥±+]"  # signs that change what a figure says; other punctuation and Markdown do not
)
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

POINTS_AT_TEXT = {
    "en": re.compile(
        r"\b(?:according to|based on|in|from|of|by|does) (?:the|this|that|these)"
        r"(?: (?:above|following|provided|given))? (?:text|passage|context|section|paragraph|excerpt)s?\b"
        r"|\b(?:according to|based on|(?:mentioned|described|stated|given|listed|shown) (?:in|by|on))"
        r" (?:the|this|that|these)(?: (?:above|following|provided|given))?"
        r" (?:document|table|article|list|figure|slide|page|heading)s?\b(?! of\b)"
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
        r"|文本|文档|文章|段落|章节|表格)"
    ),
}


def tokens(text: str) -> str:
    """Text as its words, figures and CJK characters, a space before, between and after them.

    So `in` finds whole words and figures only: "12 kg" stands in "| 12kg |", and not in "112 kg" or "1.12 kg".
    """
    plain = THOUSANDS.sub("", unicodedata.normalize("NFKC", text).casefold())
    return f" {' '.join(TOKEN.findall(plain))} "


def question_key(question: str) -> str:
    """What two questions share that differ in case, spaces or punctuation only."""
    return tokens(question).strip()


def fault(fact: TaughtFact, section: Section) -> tuple[str, str] | None:
    """Why a fact can't be trained (a reason and what was seen), or None for one that its section bears out."""
    source = tokens("\n".join([*section.headings, section.text]))
    evidence, value = tokens(fact.evidence), tokens(fact.short_answer)
    if not value.strip() or not fact.answer:
        return "no_answer", "the answer or the short answer is empty"
    if not evidence.strip() or evidence not in source:
        return "evidence_not_in_section", f"the section does not hold: {fact.evidence!r}"
    if value not in evidence and value not in source:
        return "value_not_in_evidence", f"neither the evidence nor the section holds: {fact.short_answer!r}"
    if not any(tokens(name) in tokens(fact.answer) for name in (fact.short_answer, *fact.aliases) if name):
        return "value_not_in_answer", f"the answer does not hold: {fact.short_answer!r}"
    return None


def points_at_text(question: str, language: str) -> bool:
    """Whether a question is about "the text above", which nobody has at hand who is asked it."""
    return bool(POINTS_AT_TEXT["zh" if language == "zh" else "en"].search(question))
