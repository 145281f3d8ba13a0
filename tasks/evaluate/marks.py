"""Whether an answer is right."""

from __future__ import annotations

from artifacts.records import Record
from tasks.evaluate.questions import Question
from tasks.models.match import contains_value, is_abstention, is_cut_thought, is_exactly, token_f1


class Mark(Record):
    """What one model answered to a question, and what that is worth."""

    answer: str
    right: bool
    exact: bool  # nothing but the expected answer or its value
    f1: float  # tokens shared with the expected answer
    abstained: bool  # said that it does not know, or nothing


class Marked(Record):
    """A question with each model's mark: a row of answers.jsonl."""

    question: Question
    marks: dict[str, Mark]  # by model: base, sft, aligned

    def right(self, model: str) -> bool:
        return self.marks[model].right


def mark(question: Question, answer: str) -> Mark:
    """Right is: abstained, where the expected answer abstains; else it contains the value, or one of its aliases.

    What was cut off before its thoughts were done says nothing, whatever it thought of.
    """
    said = "" if is_cut_thought(answer) else answer
    abstained = not said.strip() or is_abstention(said)
    if question.group == "unanswerable" or is_abstention(question.expected):
        right = abstained
    else:
        right = contains_value(said, question.value or question.expected, question.aliases)
    names = [name for name in (question.expected, question.value, *question.aliases) if name]
    return Mark(
        answer=answer,
        right=right,
        exact=is_exactly(said, names),
        f1=round(token_f1(said, question.expected), 4),
        abstained=abstained,
    )
