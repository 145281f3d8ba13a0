"""What a model as teacher will be asked, before it is asked: requests, tokens, money."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from artifacts.memo import Memo
from artifacts.records import Section
from tasks.generate.config import GenerateConfig, OfflineTeacher
from tasks.generate.numbered import A_CALL
from tasks.generate.prompts import Prompts, with_headings
from tasks.generate.reply import schema_of
from tasks.generate.strategies.facts import Found
from tasks.models.chat import KIND, request_key
from tasks.models.match import CJK

CHARACTERS_A_TOKEN, CJK_CHARACTERS_A_TOKEN = 4.0, 1.5
TOKENS_A_QUESTION, TOKENS_A_FACT = 20, 120  # in the reply; a fact's are its answer, short answer and evidence
SOURCE_TOKENS_A_FACT = 30  # a text states about one fact in as many of its tokens


@dataclass(frozen=True)
class Estimate:
    """What is still to be asked and paid. A reply that has to be asked for again, or cut in two, comes on top."""

    requests: int = 0
    kept: int = 0  # sections whose reply is in the memo
    input_tokens: int = 0
    output_tokens: int = 0
    money: float = 0.0
    currency: str = "USD"


def estimate(sections: Sequence[Section], config: GenerateConfig, memo: Memo | None = None) -> Estimate:
    """A forecast by the number of characters, right to within a factor of about two; with a memo, less what it keeps.

    A section with a reply in the memo counts as done, paraphrases and all.
    """
    teacher = config.teacher
    if isinstance(teacher, OfflineTeacher):
        return Estimate()
    prompts = Prompts(config)
    requests = kept = sent = received = 0
    for section in {section.id: section for section in sections}.values():
        text = with_headings(section)
        messages = prompts.messages("facts", section.language, text=text, values={"most": config.max_facts})
        if memo is not None and memo.get(KIND, request_key(teacher, messages, schema_of("facts", Found))) is not None:
            kept += 1
            continue
        facts = min(config.max_facts, max(1.0, count_tokens(text) / SOURCE_TOKENS_A_FACT))
        requests += 1 + 2 * math.ceil(facts / A_CALL)
        sent += sum(count_tokens(message["content"]) for message in messages)
        received += round(facts * (TOKENS_A_FACT + config.wordings * TOKENS_A_QUESTION))
    return Estimate(requests, kept, sent, received)


def count_tokens(text: str) -> int:
    """About how many tokens a text has, by its characters: tokenizers differ, and endpoints don't lend theirs."""
    chinese = len(re.findall(rf"[{CJK}]", text))
    return round(chinese / CJK_CHARACTERS_A_TOKEN + (len(text) - chinese) / CHARACTERS_A_TOKEN)
