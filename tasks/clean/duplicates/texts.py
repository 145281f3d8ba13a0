"""A text as duplicates are told by: its words in one spelling, and a form that survives a typing error."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from tasks.models.language.match import CJK, tokens
from tasks.models.language.wording import normalize

TYPED_LENGTH = 6  # letters: changed by one, a shorter word is more often another word ("inlet", "west")
FUNCTION_WORDS = frozenset(
    (*("a", "an", "the", "is", "are", "do", "does", "please"), *"的了呢吗嘛啊吧呀请问来就也着是为么")
)
ONE_SPELLING = str.maketrans("帐它您与及跟象做惟", "账他你和和和像作唯")
BRITISH = (
    (re.compile(r"(?<=[a-z]{2})our(?=s?$|ed$|ing$|able$|al$)"), "or"),  # colour
    (re.compile(r"(?<=[^aeiou]t)re(?=s?$|d$)"), "er"),  # litre, metre and centre
    (re.compile(r"(?<=[a-z]{3})ell(?=(?:ed|ing|ers?)$)"), "el"),  # labelled
    (re.compile(r"(?<=[a-z]{3})ys(?=e[ds]?$|ing$)"), "yz"),  # analyse
    (re.compile(r"(?<=[a-z]{3})is(?=e[drs]?$|ing$|ations?$)"), "iz"),  # organise
)
LOOK_ALIKE = {character: group[0] for group in ("己已巳", "日曰", "戊戌戍", "侯候", "徽微") for character in group}
BOTH_WORDS = re.findall(  # characters read alike that make two words beside one other: 定金 and 订金, 中止 and 终止
    r"\w+",
    "买卖 受授售收 付负复副 检监 力利 机极 钢缸 铜桶筒 氯铝滤 油邮 铅签 硫流 锌芯 钾甲 定订 限线 制指 氨胺铵 "
    "进近禁 整证征 公共 增赠 不补部 试适使式 报保包 退推 底低 专转 中终 连联链 费废 会汇回",
)
SURNAMES = (  # of nine people in ten
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆"
    "郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
NAMED = re.compile(
    r"[《「『“\"][^》」』”\"]{1,30}[》」』”\"]"
    rf"|[{CJK}]{{1,6}}(?=公司|集团|银行|学院|大学|医院|酒店|工厂|[省市县镇村街厂岛港桥楼])"
    rf"|(?:^|(?<=[^{CJK}])|(?<=[由叫和与问向给是责找让派经员理师人长任]))[{SURNAMES}][{CJK}]{{1,2}}"
    rf"(?=[的是在于有由将和与、，,]|[^{CJK}]|负责|担任|什么|何时|哪|属于|主管|经理|老师|先生|女士|$)"
)
CAPITAL = re.compile(r"\b[A-Z]\w*")
SIGNS = re.compile(  # which tokens leave out, and "C#" is no "C", "√" no "×"
    r"[^\w\s.,;:!?'\"()\[\]{}…—–\-`*~|，。、；：！？‘’“”（）《》〈〉【】「」『』·•％＋＜＞\ufffd]"
)
LATIN = re.compile(r"[A-Za-z]\w*", re.ASCII)
CASED = re.compile(  # where a capital makes another word
    r"`[^`\n]+`"
    r"|(?<=\d)[^\S\n]?[A-Za-z]{1,3}(?![A-Za-z])"  # units: 5 mW, 5 MW
    r"|\b[A-Za-z]*[a-z][A-Z]\w*"  # userName
    rf"|(?<=[{CJK}])[A-Za-z](?![A-Za-z])"  # 按键A
)
VERBATIM = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*|(?<=\d)[eE]-\d+")  # flags, and exponents below zero: 1e-3
RAISED = str.maketrans({high: f"^{low}" for high, low in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True)})
DOTTED = re.compile(r"(?<=[^\W\d_])['’](?=[^\W\d_])")


@dataclass(frozen=True)
class Text:
    """A question or an answer."""

    text: str
    source: str = ""  # the words that prove its row

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Tokens in one spelling; a character typed twice counts once."""
        text = self.text.translate(RAISED)  # 10⁵ is no 105
        said = [_spelled(token) for token in tokens(DOTTED.sub("", text))]
        once = [word for word, before in zip(said, ["", *said], strict=False) if word != before or len(word) > 1]
        return (*once, *SIGNS.findall(text))

    @cached_property
    def content(self) -> str:
        """The words that are no function words as one text, in the normal form that likeness is measured of."""
        return normalize(" ".join(word for word in self.words if word not in FUNCTION_WORDS))

    @property
    def skeleton(self) -> str:
        """What two texts share that differ in typing errors alone."""
        heard = (sound(word) for word in self.words if word not in FUNCTION_WORDS)
        return " ".join(each for each in heard if each not in _function_sounds())

    @cached_property
    def capitals(self) -> frozenset[str]:
        """The words that may be names, by their capital."""
        return frozenset(word.casefold() for word in CAPITAL.findall(unicodedata.normalize("NFKC", self.text)))

    @cached_property
    def cased(self) -> frozenset[str]:
        """The words that another case makes others: in code, units, and with a capital inside."""
        return frozenset(_cased(self.text))

    @cached_property
    def latin(self) -> frozenset[str]:
        """The words in Latin letters as they are written."""
        return frozenset(LATIN.findall(self.text))

    @cached_property
    def verbatim(self) -> frozenset[str]:
        return frozenset(VERBATIM.findall(self.text))

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that Chinese shows: what is quoted, a person's name, and what a company or a place is called."""
        return frozenset(NAMED.findall(self.text))


def _cased(text: str) -> list[str]:
    return [word for found in CASED.findall(text) for word in LATIN.findall(found)]


def as_written(text: str) -> list[str]:
    """What of a text counts letter by letter, capitals and dashes too."""
    return sorted(_cased(text)) + VERBATIM.findall(text)


@lru_cache(maxsize=1 << 16)  # a corpus has its few thousand words over and over
def _spelled(word: str) -> str:
    if not word.isascii():
        return word.translate(ONE_SPELLING)
    if len(word) > 4:
        for form, plain in BRITISH:
            word = form.sub(plain, word)
    return word


@cache  # as many as there are characters and words of a language
def _reading(character: str) -> str:
    from text_unidecode import unidecode

    if like := LOOK_ALIKE.get(character):
        return like
    heard = unidecode(character).strip().casefold()
    return re.sub(r"(?<=^[zcs])h", "", heard).replace("ng", "n") or character


def is_chinese(word: str) -> bool:
    return len(word) == 1 and "\u3400" <= word <= "\u9fff"


@cache
def _function_sounds() -> frozenset[str]:
    return frozenset(_reading(word) for word in FUNCTION_WORDS if is_chinese(word))


def are_both_words(one: str, other: str) -> bool:
    """Whether two characters that are read alike each make sense where the other stands: 买 and 卖, 铝 and 氯."""
    return any(one in group and other in group for group in BOTH_WORDS)


def is_typed(word: str) -> bool:
    """Whether a word is long enough that one letter of it may be a typing error."""
    return len(word) >= TYPED_LENGTH and word.isascii() and word.isalpha()


def sound(word: str) -> str:
    """One for what is typed for another: a character's reading without its tone (or its shape, where a scanner takes
    one for another), and a longer word's first letter."""
    if is_chinese(word):
        return _reading(word)
    return f"{word[0]}~" if len(word) >= TYPED_LENGTH - 1 and word.isascii() and word.isalpha() else word
