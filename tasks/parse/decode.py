"""Bytes to text: UTF-8, UTF-16 with and without a mark, GB18030 and Windows-1252."""

from __future__ import annotations

import codecs

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like UTF-16's, so it is looked for first
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
GUESSES = ("gb18030", "utf-16-le", "utf-16-be", "cp1252")
# Characters that stand in any page of Chinese: punctuation and the most frequent ones.
FREQUENT = frozenset(
    "，。、；：？！“”《》（）的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民"
    "得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心"
)
SAMPLE = 1 << 16


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of a file, in the encoding that reads most like writing; line ends as they stand."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and error.reason == "unexpected end of data":  # cut within a character
            return data.decode("utf-8", "ignore")
    return data.decode(max(GUESSES, key=lambda encoding: _likeness(data[:SAMPLE], encoding)), "replace")


def _likeness(data: bytes, encoding: str) -> float:
    """The share of characters that are usual in English, Chinese or, among enough ASCII, West European text."""
    text = data.decode(encoding, "replace")
    if "\x00" in text:
        return 0.0
    ascii_text = sum(character.isascii() and (character.isprintable() or character in "\t\r\n") for character in text)
    usual = ascii_text + sum(character in FREQUENT for character in text)
    if encoding == "cp1252" and ascii_text > 0.7 * len(text):
        usual += sum(not character.isascii() and character != "\ufffd" for character in text)
    return usual / len(text)
