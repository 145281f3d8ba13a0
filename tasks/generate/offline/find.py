"""Facts that stand in the structure of a text: tables, key: value lines, and sentences of a few plain forms.

No language model reads here. What has none of these forms is not found, and the stage says so of every such section.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from artifacts.records import Origin, Quote, Section
from tasks.generate.grounding.quotes import locate
from tasks.generate.offline.wordings import Language, Statement, material

MAX_ATTRIBUTE = {"en": 7, "zh": 12}  # words in English, characters in Chinese: longer ones are prose
MAX_VALUE = {"en": 16, "zh": 40}
TITLE_TAIL = re.compile(
    r"(?:[\s:,\u2013\u2014-]+(?:(?:product|user|owner's|staff|employee|operating|technical|training|quick|service)\s+)*"
    r"(?:handbook|manual|guide|sheet|slides|brochure|datasheet|instructions|fact sheet|course|deck|FAQs?))+$",
    re.IGNORECASE,
)
TITLE_TAIL_CHINESE = re.compile(
    "(?:产品|用户|使用|员工|操作|技术|培训)*(?:手册|说明书|指南|说明|教材|课件|资料|常见问题|问答)$"
)
QUESTION = re.compile(r"[?？]\s*$|^(?:如何|怎[么样]|为什么|什么是)")
NUMBERING = re.compile(
    r"^\s*(?:\d+(?:\.\d+)*[.)]?\s+|第[一二三四五六七八九十百\d]+[章节条编]\s*|[一二三四五六七八九十]+[、.]\s*)"
)
LATIN_NAME = re.compile(r"[A-Za-z]|\d(?![\d.]*\s*[年月日天周个小分次元万条项级岁步章节])")
KEY_VALUE = re.compile(
    r"^\s*(?:[-*+•]\s+|\d+[.)]\s+)?(?P<key>[^:：|]{1,60}?)\s*(?:(?<!\d)[:：]|[:：](?!\d))\s*(?P<value>\S.*?)\s*$"
)
FURTHER_KEY = re.compile(r"[^\W\d]\s*(?::\s|：)")  # within a value: the line is a run of pairs whose borders are lost
ENGLISH_OF = re.compile(
    r"^The (?P<a>[\w' -]{2,60}?) of (?:the )?(?P<e>[\w'&. -]{2,50}?) (?:is|are) (?P<v>[^;:]{1,120})$"
)
ENGLISH_IS = re.compile(
    r"^(?:An? |The )?(?!An? |The )(?P<e>[\w'-]+(?: [\w'-]+){0,3}) (?:is (?=an? |the )|means )(?P<v>[^;:]{3,120})$"
)
CHINESE_OF = re.compile(r"^(?P<e>[\w-]{2,16}?)的(?P<a>[\w-]{2,12}?)(?:是|为)(?P<v>[^，；：]{1,40})$")
CHINESE_IS = re.compile(r"^“?(?P<e>[\w-]{2,12}?)”?(?:是指|指的是|是一种(?=\w)|是一个(?=\w))(?P<v>[^；：]{3,60})$")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|(?<=[。！？])")


def find_facts(section: Section) -> Iterator[Statement]:
    """Every fact of one section, in the order of the text."""
    language: Language = "zh" if section.language == "zh" else "en"
    origin = Origin(document=section.document, file=section.file, section=section.id, page=section.page)
    for headings, text in section.parts():
        subject, part = subject_of(headings, language)
        for name, attribute, value, line in _in_part(subject, text, language):
            evidence = locate(line, (section,)) or Quote(text=line, section=section.id)
            yield Statement(name, attribute, value, evidence, language, origin, part if name == subject else "")


def tell_apart(statements: Iterable[Statement]) -> list[Statement]:
    """One document's statements, where headings that say different values of one attribute are taken for things.

    So are the products of a catalogue that have a price each; the title would be one subject for all of them.
    """
    held = list(statements)
    said: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)  # the value that each part says
    for one in held:
        if one.part:
            said[one.subject, one.attribute].setdefault(one.part, one.value)
    things = {
        (subject, part) for (subject, _), values in said.items() if len(set(values.values())) > 1 for part in values
    }
    return [replace(one, subject=one.part) if (one.subject, one.part) in things else one for one in held]


def _in_part(subject: str, text: str, language: Language) -> Iterator[tuple[str, str, str, str]]:
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().splitlines()
        if lines and lines[0].lstrip().startswith("|"):
            found = _from_table(lines, subject, language)
        else:
            found = (one for line in lines for one in _from_line(_plain(line), subject, language))
        for name, attribute, value, evidence in found:
            if name and _fits(attribute, value, language):
                yield name, attribute, value, evidence


def subject_of(headings: tuple[str, ...], language: Language) -> tuple[str, str]:
    """What a section is about, and the part of it that the section holds.

    The subject is the deepest heading that is spelled as a name. Where none is, it is the first that says more than
    "settings" or "overview": mostly the title, since a heading below it mostly names a part of the document.
    """
    names = [_bare(_plain(NUMBERING.sub("", heading)), language) for heading in headings]
    telling = [name for name in names if not is_question(name) and _own(name, language)]
    spelled = (name for name in reversed(telling) if _spelled_as_name(name, language))
    subject = next(spelled, (telling or names or [""])[0])
    return subject, telling[-1] if telling and telling[-1] != subject else ""


def _bare(name: str, language: Language) -> str:
    tail = TITLE_TAIL_CHINESE if language == "zh" else TITLE_TAIL
    return tail.sub("", name).strip() or name


def _own(name: str, language: Language) -> list[str]:
    """What a heading says beside the words that name a part of any document; numbers alone say nothing."""
    parts = material(language)["parts"]
    if language == "zh":
        own = re.split("|".join(map(re.escape, parts)), name)
    else:
        own = [word for word in re.findall(r"[\w'-]+", name) if word.lower() not in parts]
    own = [word for word in own if word]
    return own if any(letter.isalpha() for word in own for letter in word) else []


def _spelled_as_name(name: str, language: Language) -> bool:
    """Whether its letters say so: a digit or, in English, two words or more that all begin with a capital.

    Chinese has no capitals, but names of models have Latin letters or digits that count nothing: R2, and not 24小时.
    """
    own = _own(name, language)
    if language == "zh":
        return own == [name] and bool(LATIN_NAME.search(name))
    return any(letter.isdigit() for word in own for letter in word) or (
        len(own) > 1 and all(word[0].isupper() for word in own)
    )


def is_question(heading: str) -> bool:
    return bool(QUESTION.search(heading))


def _plain(text: str) -> str:
    """Without Markdown's marks for emphasis, code and headings."""
    text = re.sub(r"^\s{0,3}(?:#{1,6}\s+|>\s?)", "", text)
    return re.sub(r"\*\*|__|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)", "", text).strip()


def _fits(attribute: str, value: str, language: Language) -> bool:
    if not value or value in {"-", "—", "/", "n/a", "N/A", "无"}:
        return False
    if language == "zh":
        return len(attribute) <= MAX_ATTRIBUTE["zh"] and len(value) <= MAX_VALUE["zh"]
    return len(attribute.split()) <= MAX_ATTRIBUTE["en"] and len(value.split()) <= MAX_VALUE["en"]


def _lower_first(text: str) -> str:
    """A noun phrase as it stands within a sentence: "Net weight" -> "net weight", "PIN code" as it is."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] in {" ", "-"} else text


def _cells(line: str) -> list[str]:
    return [_plain(cell.strip().replace("\\|", "|")) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _from_table(lines: list[str], subject: str, language: Language) -> Iterator[tuple[str, str, str, str]]:
    """Rows of a pipe table: properties of the subject, or things in the first column with a property a column."""
    values = {"", *material(language)["value_headers"]}
    rows = [(_cells(line), line.strip()) for line in lines if line.lstrip().startswith("|")]
    rows = [(cells, line) for cells, line in rows if not all(re.fullmatch(r":?-{2,}:?|", cell) for cell in cells)]
    if len(rows) < 2:
        return
    header = rows[0][0]
    for cells, line in rows[1:]:
        if len(cells) != len(header) or len(cells) < 2:
            continue
        if len(header) == 2 and header[1].lower() in values:
            yield subject, _lower_first(cells[0]), cells[1], line
        else:
            for name, value in zip(header[1:], cells[1:], strict=True):
                yield cells[0], _lower_first(name), value, line


def _from_line(line: str, subject: str, language: Language) -> Iterator[tuple[str, str, str, str]]:
    """A key: value line, several such sentences in a line, or the sentences of a paragraph that have a plain form."""
    sentences = [text.strip() for text in SENTENCE_END.split(line) if text.strip()]
    pairs = [_pair(text.rstrip("。")) for text in sentences]
    if len(pairs) > 1 and all(pairs):
        yield from ((subject, *pair, text) for pair, text in zip(pairs, sentences, strict=True) if pair)
        return
    if pair := _pair(line):
        yield subject, *pair, line
        return
    for text in SENTENCE_END.split(re.sub(r"^\s*(?:[-*+•]|\d+[.)])\s+", "", line)):
        sentence = text.strip().rstrip(".。")
        of, is_a = (CHINESE_OF, CHINESE_IS) if language == "zh" else (ENGLISH_OF, ENGLISH_IS)
        if match := of.match(sentence):
            yield match["e"], _lower_first(match["a"]), match["v"], text.strip()
        elif match := is_a.match(sentence):
            yield match["e"], "", match["v"], text.strip()


def _pair(line: str) -> tuple[str, str] | None:
    """The key and the value of a line that is such a pair, and one alone."""
    pair = KEY_VALUE.match(line)
    if not pair or "://" in line or re.search(r"[.。!?！？,，]", pair["key"]) or FURTHER_KEY.search(pair["value"]):
        return None
    value = pair["value"]
    return None if value.endswith(("。", ":", "：")) else (_lower_first(pair["key"]), value.rstrip("."))
