"""What a Word document's styles say of a paragraph: its heading level, its list, its looks, what it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tasks.parse.word.names import OFF, W, switch, value

WORD_SIZE = 10.0  # points
NO_OUTLINE = 9  # the outline level of body text
HEADING = re.compile(
    r"(?:heading|标题|標題|überschrift|titre|título|titulo|titolo|заголовок|見出し|제목|kop|nagłówek|rubrik|overskrift"
    r"|otsikko|başlık|nadpis|cabeçalho) ?([1-9])"
)
TITLE = re.compile(r"title|标题|標題|titel|titre|título|titolo|название|表題|제목")
UNRANKED = "heading"  # LibreOffice's, which it also gives to the titles of old documents
SUBTITLE = re.compile(r"subtitle|author|date|abstract|副标题|副標題|untertitel")  # often based on the title
USES = {
    "contents": re.compile(
        r"(?:toc|目录|目錄|contents) ?(?:[1-9]|heading|标题)|table of (?:figures|authorities)|(?:图表目录|圖表目錄)"
    ),
    "code": re.compile(r"(?:source ?)?code(?: block)?|html ?preformatted|preformatted ?text|代码"),
    "list": re.compile(r"list ?(?:bullet|number) ?[2-5]?"),
}
LIST_LEVEL = re.compile(r"list ?(?:bullet|number|continue)? ?([2-5])")
HEAVY_FONTS = ("黑体", "SimHei", "方正小标宋")  # Chinese headings are set in these, and not in bold
MOST_BASES = 20  # styles that one may be based on, one on the other


@dataclass(frozen=True)
class Style:
    name: str = ""
    base: str = ""
    kind: str = "paragraph"
    properties: Any = None  # of the paragraph
    look: Any = None  # of its characters


@dataclass
class Styles:
    """The styles of a document by their ids; one that is used without being defined is known by its id alone."""

    defined: dict[str, Style] = field(default_factory=dict)
    usual: str = ""  # the style of a paragraph that names none
    look: Any = None  # of characters whose styles say nothing

    def __post_init__(self) -> None:
        self._levels: dict[str, int | None] = {}
        self._uses: dict[str, str] = {}

    @classmethod
    def of(cls, root: Any) -> Styles:
        if root is None:
            return cls()
        defined, usual = {}, ""
        for element in root.iterchildren(f"{W}style"):
            key, kind = element.get(f"{W}styleId", ""), element.get(f"{W}type", "paragraph")
            defined[key] = Style(
                value(element, "name") or "",
                value(element, "basedOn") or "",
                kind,
                element.find(f"{W}pPr"),
                element.find(f"{W}rPr"),
            )
            if kind == "paragraph" and element.get(f"{W}default", "0") not in OFF:
                usual = key
        return cls(defined, usual, root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"))

    def chain(self, key: str) -> Iterator[Style]:
        """A style and those that it is based on."""
        for _ in range(MOST_BASES):
            style = self.defined.get(key)
            if style is None:
                if key:
                    yield Style(name=key)
                return
            yield style
            key = style.base

    def level(self, key: str) -> int | None:
        """The heading level of a style; 0 is the document's title."""
        if key not in self._levels:
            self._levels[key] = next(self._told_levels(key), None)
        return self._levels[key]

    def _told_levels(self, key: str) -> Iterator[int | None]:
        """What a style and its bases say, the nearest first; one that is body text by its outline says None."""
        for style in self.chain(key):
            name = style.name.lower().strip()
            if match := HEADING.fullmatch(name):
                yield int(match[1])
            elif TITLE.fullmatch(name):
                yield 0
            elif name == UNRANKED:
                yield 1
            elif SUBTITLE.fullmatch(name):
                yield None
            outline = outline_of(style.properties)
            if outline is not None:
                yield outline + 1 if outline < NO_OUTLINE else None

    def use(self, key: str) -> str:
        """What a style is for, where that changes how it is read: "contents", "code", "list" or nothing of these."""
        if key not in self._uses:
            names = [style.name.lower().strip() for style in self.chain(key)]
            found = (use for name in names for use, pattern in USES.items() if pattern.fullmatch(name))
            self._uses[key] = next(found, "")
        return self._uses[key]

    def numbering(self, key: str) -> tuple[str | None, str | None]:
        """The list that a style puts its paragraphs into, and the level in it."""
        listed = [style.properties.find(f"{W}numPr") for style in self.chain(key) if style.properties is not None]
        names, levels = ([value(one, name) for one in listed] for name in ("numId", "ilvl"))
        return next(filter(None, names), None), next(filter(None, levels), None)

    def list_level(self, key: str) -> int:
        """The level that a built-in list style has by its name: that of "List Bullet 2" is the second."""
        found = (LIST_LEVEL.fullmatch(style.name.lower().strip()) for style in self.chain(key))
        return next((int(match[1]) - 1 for match in found if match), 0)

    def list_styles(self) -> dict[str, str]:
        """The lists that list styles stand for."""
        lists = {key: style for key, style in self.defined.items() if style.kind == "numbering"}
        return {key: name for key, style in lists.items() if (name := value(style.properties, "numPr/numId"))}

    def looks(self, paragraph_style: str, look: Any) -> list[Any]:
        """All that says how characters look, the nearest first: their own, their style's, their paragraph's style's."""
        own = [look] if look is not None else []
        for key in (value(look, "rStyle") or "", paragraph_style or self.usual):
            own += [style.look for style in self.chain(key) if style.look is not None]
        return [*own, self.look] if self.look is not None else own


def outline_of(properties: Any) -> int | None:
    told = value(properties, "outlineLvl")
    return int(told) if told in tuple("0123456789") else None


def size_of(looks: list[Any]) -> float:
    """In points; Word's own size where none is told."""
    told = (value(look, "sz") or "" for look in looks)
    return next((float(size) / 2 for size in told if re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]+)?", size)), WORD_SIZE)


def is_heavy(looks: list[Any]) -> bool:
    """Bold, or in a typeface that is as heavy as bold."""
    if next((told for look in looks if (told := switch(look, "b")) is not None), False):
        return True
    fonts = (found for look in looks if (found := look.find(f"{W}rFonts")) is not None)
    named = (font for one in fonts if (font := one.get(f"{W}eastAsia")))
    return next(named, "").startswith(HEAVY_FONTS)
