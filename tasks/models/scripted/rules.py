"""A teacher without a model: it knows what stands in tables and `key: value` lines, and says it in the form asked for.

The prompts of the generate stage give it a text between context marks, and sometimes a JSON list of facts or of rows
between marks of their own. All that can be said of one fact or row is gathered as material, and the form of the reply
picks from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from tasks.models.scripted.form import Filler, wanted
from tasks.models.scripted.script import Request
from tasks.models.scripted.structure import (
    CHINESE,
    Stated,
    distractors,
    read_claim,
    read_facts,
    subject_of,
    terms,
)

CONTEXT = re.compile(r"<context(?P<mark>[^>\n]*)>\n?(?P<text>.*?)\n?</context(?P=mark)>", re.S)
PART = re.compile(r"<text \d[^>\n]*>\n(.*?)\n</text \d", re.S)
LISTED = re.compile(r"<(?P<kind>facts|rows)[^>\n]*>\s*(?P<rows>\[.*\])\s*</(?P=kind)", re.S)
QUESTIONS = {
    False: ("What is the {}?", "Tell me the {}.", "I would like to know the {}."),
    True: ("{}是什么？", "请告诉我{}。", "我想知道{}。"),
}
PARAPHRASES = {
    False: (
        "A colleague asks about the {}; what do you say?",
        "Could you look up the {} for me?",
        "A form has a field for the {}: what goes there?",
    ),
    True: ("有同事问起{}，该怎么回答？", "能帮我查一下{}吗？", "表格里要填写{}，应该填什么？"),
}
INSTRUCTION = {False: "Explain to a new colleague the {}.", True: "请向新同事说明{}。"}
FRAMES = {
    False: ("A colleague asks: {}", "Please help me out. {}"),
    True: ("有同事问：{}", "想请教一下，{}"),
}
POINTERS = re.compile(
    r"\b(?:according to|based on|as (?:shown|described|stated) in|in|from) (?:the|this) "
    r"(?:text|passage|document|section|table|context|above)(?: (?:above|below))?,?\s*|\bas shown above,?\s*"
    r"|(?:根据|按照|在)?(?:上文|本文|文中|上表|上述内容|本节|这段文字|该文档)(?:所述|中)?[，,]?",
    re.I,
)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
BORNE_OUT = 0.6  # share of a claim's words that stand in the text
DIRECT_WORDINGS = 2  # of a fact, where facts and questions come in one reply and a section has room for few


def teach_by_rule(request: Request) -> str:
    """Reply to the prompts of the generate stage, from structure alone."""
    asked = "\n".join(message["content"] for message in request.messages if message["role"] == "user")
    texts = [match["text"] for match in CONTEXT.finditer(asked)]
    stated = [fact for text in texts for fact in read_facts(text)]
    listed = LISTED.search(CONTEXT.sub("", asked))
    rows: list[dict[str, Any]] = json.loads(listed["rows"]) if listed else []
    if not listed:
        items = _of_text(texts, stated)
    elif all("claim" in row or "questions" in row for row in rows):
        items = _of_facts(rows)
    else:
        items = [_of_row(number, row, texts, stated) for number, row in enumerate(rows, start=1)]
    schema = wanted(request) or _DIRECT
    first = items[0] if items else {}
    return json.dumps(Filler(schema).fill(schema, {**first, "items": items}, first), ensure_ascii=False)


_STRINGS = {"type": "array", "items": {"type": "string"}}
_TEXT = {"type": "string"}
_DIRECT_ITEM = {"questions": _STRINGS, "answer": _TEXT, "short_answer": _TEXT, "aliases": _STRINGS, "evidence": _TEXT}
_DIRECT = {  # where a request shows no form
    "type": "object",
    "properties": {"items": {"type": "array", "items": {"type": "object", "properties": _DIRECT_ITEM}}},
}


def _of_text(texts: Sequence[str], stated: Sequence[Stated]) -> list[dict[str, Any]]:
    items = [_of_fact(number, fact, stated) for number, fact in enumerate(stated, start=1)]
    for item, following in zip(items, [*items[1:], *items[:1]], strict=True):
        item["questions"] = item["questions"][:DIRECT_WORDINGS]
        item["turns"] = [item, following]
    parts = [[fact.evidence for fact in read_facts(part)] for text in texts for part in PART.findall(text)]
    for number, quotes in enumerate(parts, start=1):  # of two texts that are to be joined
        for item in items:
            item[f"evidence_{number}"] = item["evidence"] if item["evidence"][0] in quotes else quotes[:1]
    return items


def _of_fact(number: int, fact: Stated, others: Sequence[Stated]) -> dict[str, Any]:
    """All that can be said of a fact, by the names that the forms of the replies give it."""
    wrong = distractors(fact, others)
    reversed_question, reversed_answer = _reverse(fact)
    premise = "为什么{}是{}？" if fact.chinese else "Why is the {} {}?"
    questions = [wording.format(fact.asked) for wording in QUESTIONS[fact.chinese]]
    return {
        "fact": number,
        "subject": fact.subject,
        "claim": fact.claim,
        "answer": fact.claim,
        "value": fact.value,
        "short_answer": fact.value,
        "aliases": [],
        "evidence": [fact.evidence],
        "question": questions[0],
        "questions": questions,
        "instruction": INSTRUCTION[fact.chinese].format(fact.asked),
        "paraphrases": [wording.format(fact.asked) for wording in PARAPHRASES[fact.chinese]],
        "reversed_question": reversed_question,
        "reversed_answer": reversed_answer,
        "false_premise": premise.format(fact.asked, wrong[0]) if wrong else "",
        "distractors": wrong,
    }


def _reverse(fact: Stated) -> tuple[str, str]:
    """A question for the subject and its answer; empty where there is none."""
    if not fact.subject or not fact.attribute:
        return "", ""
    if fact.chinese:
        return f"什么的{fact.attribute}是{fact.value}？", f"{fact.subject}的{fact.attribute}是{fact.value}。"
    return (
        f"What has {fact.value} as its {fact.attribute}?",
        f"{fact.subject} has {fact.value} as its {fact.attribute}.",
    )


def _of_facts(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    facts = [
        read_claim(row.get("subject", ""), row.get("claim") or row.get("answer", ""), row.get("value", ""))
        for row in rows
    ]
    items = []
    for number, (row, fact) in enumerate(zip(rows, facts, strict=True), start=1):
        item = _of_fact(number, fact, facts) | _numbers(row)
        if known := row.get("questions"):  # other questions than these are wanted
            frames = FRAMES[CHINESE.search(known[0]) is not None]
            item["questions"] = [frame.format(known[0]) for frame in frames]
        items.append(item)
    return items


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    """What a row is called by in the reply, whatever the name of that is."""
    return {name: value for name, value in row.items() if isinstance(value, int)}


def _of_row(number: int, row: dict[str, Any], texts: Sequence[str], stated: Sequence[Stated]) -> dict[str, Any]:
    """What the fact says that is nearest to a row: to its question, or among those of its text.

    An answer that stands in the row is judged; a row with a text and no question is told in the text's own words.
    """
    strings = [value for value in row.values() if isinstance(value, str)]
    longest, text = max(strings, key=len, default=""), "\n".join(texts)
    question, own = str(row.get("question", "")), list(read_facts(longest))
    nearest = max(own or stated, key=lambda fact: len(terms(fact.claim) & terms(question)), default=None)
    item = _of_fact(number, nearest, own or stated) if nearest else {}
    if not question:
        told = " ".join(fact.claim for fact in own) or longest
        item |= {"claim": told, "answer": told}
    else:
        item["question"] = _stand_alone(question, subject_of(texts[0]) if texts else "")
    if answer := str(row.get("answer", "")):
        sentences = [sentence.strip() for sentence in SENTENCE_END.split(answer) if sentence.strip()]
        claims = [{"claim": sentence, "verdict": _judge(sentence, text)} for sentence in sentences]
        item |= {"answer": answer, "claims": claims}
    return item | _numbers(row)


def _stand_alone(question: str, subject: str) -> str:
    """The question without words that point at a text, and with the subject's name in it."""
    freed = POINTERS.sub("", question).strip()
    freed = freed[:1].upper() + freed[1:]
    if not subject or subject.lower() in freed.lower():
        return freed
    return f"关于{subject}：{freed}" if CHINESE.search(freed) else f"About {subject}: {freed}"


def _judge(claim: str, text: str) -> str:
    said, known = terms(claim), terms(text)
    numbers = {term for term in said if term[0].isdigit()}
    words = said - numbers
    if len(words & known) < BORNE_OUT * len(words):
        return "absent"
    return "supported" if numbers <= known else "contradicted"
