"""Personal data and secrets in a text, in English and Chinese: found precisely enough for manuals full of numbers.

A number alone says little, so each has to be right in itself (a check digit, a number that a telephone network has),
stand alone (and not within a longer code), and not be called something else: an order, a part, a serial number.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from artifacts.records import Probe
from tasks.models.language import credentials

FILE = "privacy.json"
MASKS = {
    "secrets": "<key>",
    "emails": "<email>",
    "id_numbers": "<id_number>",
    "bank_cards": "<bank_card>",
    "phones": "<phone>",
}
"""What stands in place of each kind; where two kinds claim the same place, the first has it."""

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}  # ０ ＠ ： ... and their ASCII
ASCII = FULL_WIDTH | dict.fromkeys((0x3000, 0xA0), ord(" ")) | dict.fromkeys(map(ord, "‐‑‒–—−"), ord("-"))  # 1 for 1
LONG_NUMBER = re.compile(r"\d(?:[\W_]{0,3}\d){8}")
PHONES = ("电话", "手机", "座机", "热线", "传真", "phone", "tel", "mobile", "cell", "fax", "whatsapp", "hotline")

EMAIL = re.compile(
    r"(?<![\w.%+-])[\w%+-]+(?:\.[\w%+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+(?P<top>[A-Za-z]{2,24})"
    r"(?![\w-])(?!:[~/A-Za-z0-9])",  # root@host.local:~$ and git@host.com:project are places
    re.ASCII,
)
SUFFIX = re.compile(r"png|jpe?g|gif|svg|webp|ico|bmp|[jt]s|css|json|ya?ml|xml|html|gz|zip|tar|py|md|txt", re.IGNORECASE)
USER = re.compile(r"://[^\s/?]*$")  # what stands before a host in an address

ALONE = r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9)][.#-])(?<![A-Za-z)][/=])"
ENDED = (
    r"(?![A-Za-z0-9_])(?!\.\d)(?!,\d{3}(?!\d))(?!-[A-Za-z0-9])(?!/[A-Za-z])"
    r"(?!\s?(?:%|[kKMG]?Hz|bytes?\b|rows?\b|[kKMG]?B\b|[mnu]s\b|USD|RMB|元|块|美元|人|次|台|件|个|字节|行|条|秒|毫秒))"
)
THING = re.compile(
    r"(?:单号|编号|编码|序列号|序号|料号|型号|批号|批次|流水号|条码|条形码|版本|货号|件号|图号|订单|发票号码?|合同号|时间戳"
    r"|\b(?:s/?n|p/?n|serial|part|order|batch|lot|model|version|invoice|tracking|ticket|case|item|asset|document"
    r"|sku|ean|upc|isbn|imei|iccid|id|timestamp|no)\b)"
    r"(?:\s?(?:number|no|code|id|号码?)(?: is| was)?)?[\s\".:#|*()=是为]{0,5}$",
    re.IGNORECASE,
)
CARD = re.compile(r"(?:卡号?|账[号户]|\bcard)[^\d\n]{0,12}$", re.IGNORECASE)
BEFORE = 24  # characters before a number that say what it is

ID_NUMBER = re.compile(rf"{ALONE}[1-9]\d{{5}}([ -]?)\d{{8}}\1\d{{3}}[\dXx]{ENDED}", re.ASCII)
PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83)
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643: sum of digit x weight, modulo 11 ...
CHECK = "10X98765432"  # ... has this for a last digit

BANK_CARD = re.compile(rf"{ALONE}\d{{3,}}(?:([ -])\d{{3,}}(?:\1\d{{3,}})*)?{ENDED}", re.ASCII)
BRANDS = (  # first digits and lengths
    (re.compile(r"62"), range(16, 20)),  # UnionPay
    (re.compile(r"9558"), (19,)),  # and what its banks gave out before
    (re.compile(r"4"), (16, 19)),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),
    (re.compile(r"352[89]|35[3-8]"), (16,)),
    (re.compile(r"30[0-5]|3[689]"), (14,)),
)

ABROAD = re.compile(rf"(?<![A-Za-z0-9_+.])(?:\(?\+|00(?=86))\d(?:[ ().-]{{0,2}}\d){{6,14}}{ENDED}", re.ASCII)
MOBILE = re.compile(rf"{ALONE}(?:\(?86\)?[ -]?)?1[3-9]\d([ -]?)\d{{4}}\1\d{{4}}{ENDED}", re.ASCII)
EXTENSION = r"(?:\s?(?:-|转|ext\.?)\s?\d{1,5})?"
LANDLINE = re.compile(
    rf"{ALONE}(?:\(0\d{{2,3}}\)[ -]?|0\d{{2,3}}[ -])\d{{3,4}}[ -]?\d{{4}}{EXTENSION}{ENDED}"
    rf"|{ALONE}[48]00-(?:\d{{3}}-\d{{4}}|\d{{4}}-\d{{3}}|\d{{7}}){ENDED}",
    re.ASCII,
)
NAMED = re.compile(
    r"(?:电话|手机|座机|热线|传真|(?<![A-Za-z])(?:telephone|tel|phone|mobile|cellphone|cell|fax|whatsapp|hotline))\.?"
    r"(?:\s?(?:号码?|numbers?|no\.?))?[\s\"*|]{0,4}(?:[:=]|is\b|at\b|是|为)?[\s\"*|]{0,4}"
    rf"(?P<number>\(?\d(?:[ ()-]{{0,2}}\d){{6,14}}{EXTENSION}){ENDED}",
    re.IGNORECASE | re.ASCII,
)
DAY = re.compile(r"(?:19|20)\d\d[- ]?(?:0?[1-9]|1[0-2])[- ]?(?:0?[1-9]|[12]\d|3[01])(?!\d)")


def hand_on(folder: Path, handling: Mapping[str, str]) -> None:
    """Write into clean's artifact what is done about each kind: later stages do the same with their own rows."""
    sought = {kind: handling[kind] for kind in MASKS if handling[kind] != "keep"}
    (folder / FILE).write_text(json.dumps(sought), encoding="utf-8")


def handling_of(folder: Path) -> dict[str, str]:
    """The kinds that clean's artifact says are looked for: `mask` or `reject`."""
    path = folder / FILE
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


class Find(NamedTuple):
    """A place of a text."""

    kind: str  # one of MASKS
    start: int
    end: int


def may_hold(text: str) -> bool:
    """Whether it is worth while to look closer: of most texts a quick look tells that they hold nothing."""
    return _may_hold_address_or_number(text) or credentials.may_hold(text)


def _may_hold_address_or_number(text: str) -> bool:
    return "@" in text or "＠" in text or bool(LONG_NUMBER.search(text)) or any(map(text.lower().__contains__, PHONES))


def finds(text: str, kinds: Collection[str] = tuple(MASKS)) -> list[Find]:
    """What a text holds of these kinds, in its order; no two overlap."""
    personal, opening = _may_hold_address_or_number(text), credentials.may_hold(text)
    if not personal and not opening:
        return []
    found: list[Find] = []
    for kind in MASKS:
        if kind in kinds and (opening if kind == "secrets" else personal):
            for start, end in FINDERS[kind](_plain(text)):
                if all(end <= other.start or other.end <= start for other in found):
                    found.append(Find(kind, start, end))
    return sorted(found, key=lambda find: find.start)


def public_passwords(texts: Iterable[str], question: str = "") -> set[str]:
    """The passwords that these texts call a maker's, or all in them where the question asks for a maker's."""
    all_are = credentials.asks_public(_plain(question))
    return {
        text[each.start : each.end]
        for text in texts
        if credentials.may_hold(text)
        for each in credentials.passwords(_plain(text))
        if all_are or each.is_public
    }


def _plain(text: str) -> str:
    return text if text.isascii() else text.translate(ASCII)


class Masked(NamedTuple):
    """Texts of one row with masks in place of what they held."""

    texts: tuple[str, ...]
    counts: Counter[str]  # different finds of each kind
    held: frozenset[str]  # what was found, as it stood


def mask(texts: Sequence[str], kinds: Collection[str], public: Collection[str] = ()) -> Masked:
    """Mask what texts that belong together hold: what one of them tells to be private, is so in all of them.

    A password that one of them calls a maker's default, or that is named as public, is so in none.
    """
    found = [finds(text, kinds) for text in texts]
    if any(find.kind == "secrets" for each in found for find in each):
        open_to_all = public_passwords(texts).union(public)
        found = [
            [find for find in each if text[find.start : find.end] not in open_to_all]
            for text, each in zip(texts, found, strict=True)
        ]
    held = {text[find.start : find.end]: find.kind for text, each in zip(texts, found, strict=True) for find in each}
    if not held:
        return Masked(tuple(texts), Counter(), frozenset())
    masked = [_replaced(text, each) for text, each in zip(texts, found, strict=True)]
    again = re.compile(
        "|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in sorted(held, key=len, reverse=True)), re.ASCII
    )
    return Masked(
        tuple(again.sub(lambda at: MASKS[held[at[0]]], text) for text in masked),
        Counter(held.values()),
        frozenset(held),
    )


def with_masked(probes: Iterable[Probe], kinds: Collection[str]) -> Iterator[Probe]:
    """Probes, and those that hold something also with masks: as a row reads that was masked and asks the same."""
    for probe in probes:
        yield probe
        texts = (probe.question, probe.answer, probe.value, *probe.aliases)
        masked = mask(texts, kinds, public_passwords([probe.answer], probe.question))
        if masked.held:
            question, answer, value, *aliases = masked.texts
            texts_of = {"question": question, "answer": answer, "value": value, "aliases": tuple(aliases)}
            yield probe.model_copy(update=texts_of)


def _replaced(text: str, found: Sequence[Find]) -> str:
    for find in reversed(found):
        text = text[: find.start] + MASKS[find.kind] + text[find.end :]
    return text


def _emails(text: str) -> Iterator[tuple[int, int]]:
    for found in EMAIL.finditer(text):
        in_address = USER.search(text, max(0, found.start() - BEFORE), found.start())
        if not SUFFIX.fullmatch(found["top"]) and not in_address:
            yield found.span()


def _id_numbers(text: str) -> Iterator[tuple[int, int]]:
    for found in ID_NUMBER.finditer(text):
        number = re.sub(r"[ -]", "", found[0]).upper()
        total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
        if int(number[:2]) in PROVINCES and _is_birthday(number[6:14]) and number[17] == CHECK[total % 11]:
            yield found.span()


def _is_birthday(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year // 100 in (18, 19, 20)
    except ValueError:
        return False


def _bank_cards(text: str) -> Iterator[tuple[int, int]]:
    for found in BANK_CARD.finditer(text):
        number = re.sub(r"[ -]", "", found[0])
        if not 13 <= len(number) <= 19 or not _luhn(number):
            continue
        is_card = CARD.search(text, max(0, found.start() - BEFORE), found.start())
        has_brand = any(first.match(number) and len(number) in lengths for first, lengths in BRANDS)
        if is_card or (has_brand and not _is_thing(text, found)):
            yield found.span()


def _luhn(number: str) -> bool:
    """Whether the last digit is right by the formula of ISO/IEC 7812."""
    doubled = (int(digit) * 2 for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(each - 9 * (each > 9) for each in doubled)) % 10 == 0


def _is_thing(text: str, found: re.Match[str]) -> bool:
    return bool(THING.search(text, max(0, found.start() - BEFORE), found.start()))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for found in ABROAD.finditer(text):
        if (end := _abroad(found)) is not None:
            yield found.start(), end
    for form in (MOBILE, LANDLINE):
        for found in form.finditer(text):
            if not _is_thing(text, found) and _in_china(found[0]):
                yield found.span()
    for found in NAMED.finditer(text):
        if not DAY.match(found["number"]):
            yield found.span("number")


def _abroad(found: re.Match[str]) -> int | None:
    """Where a number with a country's code ends: other figures may stand behind it."""
    for end in reversed([last.end() for last in re.finditer(r"\d(?!\d)", found[0])]):
        digits = re.sub(r"\D", "", found[0][:end].replace("(0)", "")).removeprefix("00")
        if _is_valid(f"+{digits}", None):
            return found.start() + end
    return None


def _in_china(number: str) -> bool:
    return _is_valid(re.split(r"转|ext|(?<=\d{7})-", number.lower())[0], "CN")


def _is_valid(number: str, region: str | None) -> bool:
    """Whether a telephone network has such numbers."""
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


FINDERS: dict[str, Callable[[str], Iterator[tuple[int, int]]]] = {
    "secrets": credentials.credentials,
    "emails": _emails,
    "id_numbers": _id_numbers,
    "bank_cards": _bank_cards,
    "phones": _phones,
}
