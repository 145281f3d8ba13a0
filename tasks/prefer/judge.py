"""What an answer is worth, by the reference alone.

    score = (1 + F1) / 2   it states the reference's value or an alias: right, and better the nearer to the reference
            F1             the reference names no value that could tell right from wrong
            0.25           it abstains: no answer, but no false one either
            0              it states something else, or was cut off before its thoughts were done

F1 is over tokens, of CJK over characters. A false statement is worth nothing however near it comes to the reference's
wording: the wording is the frame, the value is the fact, and a model that is fluent and wrong must not be preferred to
one that says it does not know. Where the reference itself abstains (the asked thing does not exist), to abstain or to
say that there is no such thing is worth 1 and anything else 0. A value that stands in the question proves nothing when
it stands in the answer, so there F1 decides. A denial ("it is not 12 litres") does not state the value; another
spelling of a figure does.
"""

from __future__ import annotations

from artifacts.records import QAPair
from tasks.models.language.match import is_abstention, is_cut_thought, token_f1
from tasks.models.language.stance import asserts, declines, states

RIGHT = 0.5
ABSTENTION = 0.25


def score(text: str, row: QAPair) -> float:
    """Worth of an answer to the row's question, in [0, 1]."""
    if is_cut_thought(text):
        return 0.0
    if is_abstention(row.answer):
        return 1.0 if declines(text, row.question) else 0.0
    if is_abstention(text):
        return ABSTENTION
    f1 = token_f1(text, row.answer)
    names = (row.value, *row.aliases)
    if not row.value or states(row.question, names):
        return f1
    return (1 + f1) / 2 if asserts(text, names, row.answer) else 0.0
