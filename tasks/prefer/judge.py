"""What an answer is worth, by the reference alone.

    score = (1 + F1) / 2   it holds the reference's value or an alias: right, and better the nearer to the reference
            F1             the reference names no value that could tell right from wrong
            0.25           it abstains: no answer, but no false one either
            0              it states something else, or was cut off before its thoughts were done

F1 is over tokens, of CJK over characters. A false statement is worth nothing however near it comes to the reference's
wording: the wording is the frame, the value is the fact, and a model that is fluent and wrong must not be preferred to
one that says it does not know. Where the reference itself abstains (the asked thing does not exist), to abstain is
worth 1 and anything else 0. A value that stands in the question proves nothing when it stands in the answer, so there
F1 decides. A denial ("it is not 12 litres") counts as holding the value; F1 lowers it only a little.
"""

from __future__ import annotations

from artifacts.records import QAPair
from tasks.models.match import contains_value, is_abstention, is_cut_thought, token_f1

RIGHT = 0.5
ABSTENTION = 0.25


def score(text: str, row: QAPair) -> float:
    """Worth of an answer to the row's question, in [0, 1]."""
    if is_cut_thought(text):
        return 0.0
    abstains = is_abstention(text)
    if is_abstention(row.answer):
        return 1.0 if abstains else 0.0
    if abstains:
        return ABSTENTION
    f1 = token_f1(text, row.answer)
    if not row.value or contains_value(row.question, row.value, row.aliases):
        return f1
    return (1 + f1) / 2 if contains_value(text, row.value, row.aliases) else 0.0
