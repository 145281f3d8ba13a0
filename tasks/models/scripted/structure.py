"""Facts that stand in the structure of a text: in `key: value` lines and in the cells of pipe tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

KEY_VALUE = re.compile(r"^\s*(?:[-*]\s+)?\**([^:：|*\n]{2,40})\**\s*[:：]\s*\**([^|\n]{1,120}?)\**[.。]?\s*$")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


SMALL_WORDS = {
    *("the", "a", "an", "of", "is", "are", "as", "has", "its", "in", "on", "at", "to", "and", "or"),
    *("what", "which", "how"),
    *"的是了为在有",
}


@dataclass(frozen=True)
class Stated:
    """What a text says of a subject; `attribute` is empty where only the whole claim is known."""

    subject: str
    attribute: str
    value: str
    claim: str
    evidence: str

    @property
    def chinese(self) -> bool:
        return CHINESE.search(self.claim) is not None

    @property
    def asked(self) -> str:
        """What a question about the value asks for: "weight of KX-200", or the claim with a gap in it."""
        if self.attribute:
            return named(self.attribute, self.subject, chinese=self.chinese)
        gap = self.claim.replace(self.value, "…") if self.value else self.claim
        return f"“{gap}”中缺少的内容" if self.chinese else f'missing part of "{gap}"'


def named(attribute: str, subject: str, *, chinese: bool) -> str:
    if not subject:
        return attribute
    return f"{subject}的{attribute}" if chinese else f"{attribute} of {subject}"


def read_facts(text: str) -> Iterator[Stated]:
    header: list[str] = []
    heading = ""
    for line in text.splitlines():
        if line.lstrip().startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not header:
                header = cells
            elif not set("".join(cells)) <= set("-: "):
                pairs = zip(header[1:], cells[1:], strict=False)
                yield from (_stated(cells[0], name, value, line) for name, value in pairs if name and value)
            continue
        header = []
        if line.startswith("#"):
            heading = line.lstrip("# ").strip()
        elif match := KEY_VALUE.match(line):
            yield _stated(heading, match.group(1).strip(), match.group(2).strip(), line)


def _stated(subject: str, attribute: str, value: str, line: str) -> Stated:
    chinese = CHINESE.search(f"{attribute} {line}") is not None  # the row of a Chinese table may be figures alone
    thing = named(attribute, subject, chinese=chinese)
    claim = f"{thing}是{value}。" if chinese else f"The {thing} is {value}."
    return Stated(subject, attribute, value, claim, line.strip())


def read_claim(subject: str, claim: str, value: str) -> Stated:
    """A fact that is given as a claim, with its attribute where the claim is of the form that `read_facts` makes."""
    chinese = CHINESE.search(claim) is not None
    form = rf"(?P<thing>.+?)[是为]{re.escape(value)}。?" if chinese else rf"The (?P<thing>.+?) is {re.escape(value)}\.?"
    attribute = ""
    if value and (match := re.fullmatch(form, claim.strip())):
        thing = match["thing"]
        attribute = thing.removeprefix(f"{subject}的") if chinese else thing.removesuffix(f" of {subject}")
    return Stated(subject, attribute, value, claim, claim)


def subject_of(text: str) -> str:
    """The last of the headings that a text begins with."""
    heading = ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ").strip()
        elif line.strip():
            break
    return heading


def terms(text: str) -> set[str]:
    """Words and numbers in lower case, and Chinese characters; without those that say nothing of their own."""
    found = re.findall(r"\d+(?:[.,]\d+)*|[^\W\d_\u4e00-\u9fff]+|[\u4e00-\u9fff]", text.lower())
    return set(found) - SMALL_WORDS


def distractors(fact: Stated, others: Sequence[Stated], most: int = 3) -> list[str]:
    """Wrong values of the same sort: those of other facts, then the number changed; where there is none, any other."""
    number = re.search(r"\d+(?:\.\d+)?", fact.value)
    found = [other.value for other in others if bool(re.search(r"\d", other.value)) == bool(number)]
    if number:
        places = len(number[0].partition(".")[2])
        changed = (float(number[0]) * factor + add for factor, add in ((2, 0), (1, 1), (3, 0)))
        found += [fact.value.replace(number[0], f"{value:.{places}f}", 1) for value in changed]
    found = found if any(value != fact.value for value in found) else [other.value for other in others]
    return [value for value in dict.fromkeys(found) if value != fact.value][:most]
