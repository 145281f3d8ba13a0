"""Bytes to text: Unicode with and without a mark, and the encodings of the East and West from before it."""

from __future__ import annotations

import codecs
import re

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like UTF-16's, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
GUESSES = ("gb18030", "cp1252", "big5hkscs", "cp932", "cp949", "euc_jp", "cp1251")  # the likelier first
# Characters that stand in any page of Chinese (simplified, then traditional) and Korean: punctuation and the most
# frequent ones. In a wrong encoding a twentieth of the characters are such, in the right one a third to a half.
FREQUENT = frozenset(
    "，。、；：？！“”《》（）「」的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行"
    "学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样"
    "与关各重新线内数正心"
    "這為個國時來們於對會發動過說產種後學經進著電裡現實兩體機當點從業應開還間樣與關線內數"
    "이다는을를에의가고하지로한도사기인서자시대정리해어나라들일수제있보부그주전여성것스만아면과안으장게구원습니까요합된할않없우모"
)
KANA = re.compile("[ぁ-ヶー]")
CYRILLIC = re.compile(r"(?<![^\s!-/«])(?:[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+)(?![^\s!-/:;?»])")  # whole words
LATIN = re.compile("(?<![^\0-\x7f])[^\0-\x7f\ufffd]{1,2}(?![^\0-\x7f])")  # a letter or two among plain ones
FEWEST_PLAIN = 0.6  # share of plain letters in West European text
PLAUSIBLE = re.compile(r"[ -~\t\r\n\u00a0-\u00ff\u2000-\u20ff\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]")
MOST_ODD, FEWEST_USUAL = 0.02, 0.2  # shares of characters by which Unicode without a mark is known
PRINTABLE = re.compile(r"[ -~\t\r\n]")
SAMPLE = 1 << 16
FEWEST_RIGHT = 0.999  # the share of a file that its declared encoding must be able to read


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of a file, in the encoding that reads most like writing; line ends as they stand.

    A mark at the start and UTF-8 say for themselves what they are; then comes what the file declares, if it can be.
    """
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        text = data.decode("utf-8")
        if "\0" not in text:
            return text
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and error.reason == "unexpected end of data":  # cut within a character
            return data.decode("utf-8", "ignore")
    if declared and (named := _declared(data, declared)):
        return named
    sample = data[:SAMPLE]
    wide = [encoding for encoding in WIDE if _is_wide(sample, encoding)]
    return data.decode(max(wide or GUESSES, key=lambda encoding: _likeness(sample, encoding)), "replace")


def _declared(data: bytes, name: str) -> str | None:
    """The text in the encoding that a file names, where that is one that can read it."""
    try:
        name = codecs.lookup(name).name
        text = data.decode("gb18030" if name in ("gb2312", "gbk") else name, "replace")
    except (LookupError, ValueError):
        return None
    return text if "\0" not in text and text.count("\ufffd") <= (1 - FEWEST_RIGHT) * len(text) else None


def _is_wide(data: bytes, encoding: str) -> bool:
    """Whether bytes are Unicode of two or four bytes: read so, nearly all are letters of a living script."""
    text = data.decode(encoding, "replace")
    odd = len(text) - len(PLAUSIBLE.findall(text)) - text.endswith("\ufffd")  # the sample may end within a character
    return odd <= MOST_ODD * len(text) and _likeness(data, encoding) >= FEWEST_USUAL


def _likeness(data: bytes, encoding: str) -> float:
    """The share of characters that are usual in the languages written in an encoding; a wrong byte weighs double."""
    text = data.decode(encoding, "replace")
    plain = len(PRINTABLE.findall(text))
    usual = plain - 2 * text.count("\ufffd")
    if encoding == "cp1252":
        usual += len("".join(LATIN.findall(text))) if plain >= FEWEST_PLAIN * len(text) else 0
    elif encoding == "cp1251":
        usual += len("".join(CYRILLIC.findall(text)))
    else:
        usual += sum(character in FREQUENT for character in text) + len(KANA.findall(text))
    return usual / len(text)
