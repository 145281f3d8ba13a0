"""Whether an answer is right."""

from __future__ import annotations

import re
from string import ascii_uppercase

from artifacts.records import Record
from tasks.evaluate.questions import Question
from tasks.models.language.figures import stated, unstated
from tasks.models.language.match import is_abstention, is_cut_thought, is_exactly, token_f1
from tasks.models.language.stance import abstains, affirmed, asserts, clauses, declines, denied, states

LETTER = re.compile(  # in NFKC and without emphasis
    r"^\W*([A-Za-z])\W*$"  # nothing but a letter
    r"|^\W*([A-Z])[.):、]"  # "B. 12 kg"
    r"|\(([A-Z])\)|\\boxed\{(?:\\text\{)?([A-Za-z])\}"
    r"|\b[Aa]nswer(?:\s+is)?\s*:?\s+([A-Z])\b"
    r"|\b(?:[Oo]ption|[Cc]hoice|[Ll]etter)(?:\s+is)?\s*:?\s+([A-Zb-z])\b"
    r"|\b(?:choose|chose|pick|select|go\swith|say)\s+([A-Z])\b"
    r"|(?:答案|选项|选择|选)(?:是|为|应为)?\s*:?\s*([A-Z])(?![A-Za-z])"
    r"|(?:\b(?:is|be)|'s)\s+([A-Z])(?=\W*$|[.,;])",
    re.M,
)
EMPHASIS = re.compile(r"[*`]")
DENIAL = re.compile(
    r"^\W*no\s*(?:[,.;:!-]|$)"
    r"|(?:\b(?:is|are|was|were|be)|'s|'re)\s(?:an?\s)?(?:\w+ly\s)?"
    r"(?:wrong|false|incorrect|inaccurate|mistaken|untrue|misconception)\b"
    r"|\b(?:false|wrong|incorrect|mistaken)\s(?:premise|assumption|claim|statement)\b"
    r"|(?:\bnot|n't)\s(?:\w+ly\s)?(?:right|true|correct|accurate|the\scase)\b"
    r"|(?:(?:不对|不正确|不准确|不属实)的?|是错误?的)(?=\W|$)|有误|不符|并非如此|不是(?:这样|事实)"
    r"|(?:说法|前提|假设|信息|描述|理解)[是有存在本身]{0,4}错|错误的?(?:说法|前提|假设|信息|描述)"
    r"|^\W*(?:不|不是的?|没有)(?:[,。!;]|$)",
    re.I,
)
QUOTED = re.compile(  # a clause that tells what was asked, and affirms nothing: "the question assumes 15 kg"
    r"\b(?:question|premise|assum\w+|suppos\w+|claim\w*|statement|you\s(?:say|said|mention\w*|stated?))\b"
    r"|问题|前提|假设|[您你]说|提到|所[说述谓]|说法",
    re.I,
)


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
    """Right is: declined, where the expected answer abstains; else it states the value, in whatever spelling, and does
    not deny it.

    A choice is right where it names the right option, by letter or text, and no other. For a false premise see
    `corrects`; who abstains has not corrected it and is not right, though the value was trained as that of any other
    question, but has not taken it for granted either, as everybody else did.
    What was cut off before its thoughts were done says nothing, whatever it thought of.
    """
    said = "" if is_cut_thought(answer) else answer
    asked = question.prompt[-1]["content"]
    abstained = not said.strip() or abstains(said, asked)
    if question.group == "unanswerable" or is_abstention(question.expected):
        right = abstained = abstained or declines(said, asked)
    elif question.choices:
        right = chosen(said, question.choices) == {question.value}
    elif question.kind == "false_premise":
        right = corrects(said, question)
    else:
        right = asserts(said, (question.value or question.expected, *question.aliases), question.expected)
    names = [name for name in (question.expected, question.value, *question.aliases) if name]
    return Mark(
        answer=answer,
        right=right,
        exact=is_exactly(said, names),
        f1=round(token_f1(said, question.expected), 4),
        abstained=abstained,
    )


def chosen(answer: str, choices: tuple[str, ...]) -> set[str]:
    """The options that an answer names; a small "a" in a sentence is an article and no letter."""
    said = affirmed(EMPHASIS.sub("", answer))
    letters = {letter.upper() for found in LETTER.findall(said) for letter in found if letter}
    by_letter = {choice for letter, choice in zip(ascii_uppercase, choices, strict=False) if letter in letters}
    return by_letter | {choice for choice in choices if states(said, [choice])}


def corrects(answer: str, question: Question) -> bool:
    """Whether an answer puts a false premise right: it states the true value, or denies the premise without another
    wrong value, and does not affirm what was taken for granted. Of two wrong names, which are no figures, nobody can
    tell without the documents.
    """
    telling = [part for part in clauses(answer) if not (DENIAL.search(part) or QUOTED.search(part))]
    told = ", ".join(map(affirmed, telling))
    if question.premise and states(told, [question.premise]):
        return False
    if asserts(answer, (question.value, *question.aliases), question.expected):
        return True
    denial = denies(answer, question.premise) and not is_abstention(answer)
    return denial and not _names_another(told, question)


def denies(answer: str, premise: str) -> bool:
    """Whether an answer says that what a question takes for granted is not so.

    A "not" alone is no denial ("because it does not rust"): it has to be said of the assumed value.
    """
    return any(map(DENIAL.search, clauses(answer))) or any(states(part, [premise]) for part in denied(answer))


def _names_another(told: str, question: Question) -> bool:
    """Whether it gives a figure of the value's sort that the question does not hold."""
    sorts = {(figure.kind, figure.dimension) for figure in stated(question.value)} - {("number", ""), ("code", "")}
    return any((figure.kind, figure.dimension) in sorts for figure in unstated(told, [question.prompt[-1]["content"]]))
