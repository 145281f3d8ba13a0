"""Numbers as lists and headings show them: 3, c, iii, 三, 丙, ③; the formats have the names that Word gives them."""

from __future__ import annotations

from collections.abc import Callable

DIGITS = "〇一二三四五六七八九"
FORMAL_DIGITS = "零壹贰叁肆伍陆柒捌玖"
ROMAN = {1000: "M", 900: "CM", 500: "D", 400: "CD", 100: "C", 90: "XC", 50: "L", 40: "XL", 10: "X", 9: "IX", 5: "V"}
ROMAN |= {4: "IV", 1: "I"}
LETTERS = {
    "lowerLetter": "abcdefghijklmnopqrstuvwxyz",
    "upperLetter": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "russianLower": "абвгдежзиклмнопрстуфхцчшщэюя",
    "russianUpper": "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯ",
}
CYCLES = {
    "ideographTraditional": "甲乙丙丁戊己庚辛壬癸",
    "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥",
    "aiueo": "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "iroha": "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン",
    "ganada": "가나다라마바사아자차카타파하",
    "chosung": "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ",
    "decimalEnclosedCircle": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "decimalEnclosedFullstop": "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛",
    "decimalEnclosedParen": "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇",
    "ideographEnclosedCircle": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
}
CYCLES["decimalEnclosedCircleChinese"] = CYCLES["decimalEnclosedCircle"]


def chinese(number: int, digits: str = DIGITS, units: str = "十百千") -> str:
    """A number in words, as chapters are counted: 十二, 一百零五."""
    if number >= 10_000:
        rest = number % 10_000
        zero = "零" if 0 < rest < 1000 else ""
        return f"{chinese(number // 10_000, digits, units)}万{zero}{chinese(rest, digits, units) if rest else ''}"
    said, gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            said += ("零" if gap and said else "") + digits[digit] + (units[place - 1] if place else "")
        gap = digit == 0
    if not said:
        return digits[0]
    return said.removeprefix("一") if digits == DIGITS and said.startswith("一十") else said


def roman(number: int) -> str:
    said = ""
    for worth, sign in ROMAN.items():
        said += sign * (number // worth)
        number %= worth
    return said


def ordinal(number: int) -> str:
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def sexagenary(number: int) -> str:
    stems, branches = CYCLES["ideographTraditional"], CYCLES["ideographZodiac"]
    return stems[(number - 1) % len(stems)] + branches[(number - 1) % len(branches)]


IN_WORDS: dict[str, Callable[[int], str]] = {
    "upperRoman": roman,
    "lowerRoman": lambda number: roman(number).lower(),
    "ordinal": ordinal,
    "decimalZero": lambda number: f"{number:02d}",
    "numberInDash": lambda number: f"- {number} -",
    "decimalFullWidth": lambda number: "".join(chr(ord("０") + int(digit)) for digit in str(number)),
    "ideographLegalTraditional": lambda number: chinese(number, "零壹貳參肆伍陸柒捌玖", "拾佰仟"),
    "chineseLegalSimplified": lambda number: chinese(number, FORMAL_DIGITS, "拾佰仟"),
    "ideographDigital": lambda number: "".join(DIGITS[int(digit)] for digit in str(number)),
    "ideographZodiacTraditional": sexagenary,
    "none": lambda number: "",
    **dict.fromkeys(
        ("chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand"), chinese
    ),
    **dict.fromkeys(("japaneseCounting", "koreanCounting"), chinese),
    **dict.fromkeys(
        ("japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital2"),
        lambda number: "".join(DIGITS[int(digit)] for digit in str(number)),
    ),
}


def formatted(number: int, kind: str) -> str:
    """A number in one of Word's formats; in digits where the format is not known, or does not reach so far."""
    if kind in LETTERS and number > 0:  # a ... z, aa, bb, cc
        letters = LETTERS[kind]
        return letters[(number - 1) % len(letters)] * ((number - 1) // len(letters) + 1)
    if kind in CYCLES and 0 < number <= len(CYCLES[kind]):
        return CYCLES[kind][number - 1]
    if kind in IN_WORDS and number > 0:
        return IN_WORDS[kind](number)
    return str(number)
