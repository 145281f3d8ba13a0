"""Can a question stand alone?"""

from __future__ import annotations

import re

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


def points_at_text(question: str, language: str) -> bool:
    """Whether a question is about "the text above", which nobody has at hand who is asked it."""
    return bool(POINTS_AT_TEXT["zh" if language == "zh" else "en"].search(question))
