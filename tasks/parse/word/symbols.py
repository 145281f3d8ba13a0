"""Characters of the symbol fonts, whose codes mean nothing elsewhere: Greek letters, arrows, ticks and boxes."""

from __future__ import annotations

PRIVATE = range(0xF020, 0xF100)  # where Office keeps the codes of symbol fonts
SYMBOL = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼".ljust(0xA0 - 0x20)
    + "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭ "
)
WINGDINGS = dict(
    zip(
        bytes.fromhex("28 4a 6c 6e 6f 71 74 75 76 9f a7 a8 d8 df e0 e1 e2 e8 ef f0 fb fc fd fe"),
        "☎☺●■☐❑◆◆❖•▪☐➢←→↑↓➔⇦⇨✗✓☒☑",
        strict=True,
    )
)
WINGDINGS_2 = dict(zip(bytes.fromhex("4f 50 51 52 53 54 97 98 a2 a3"), "✗✓☒☑☒☒●●■☐", strict=True))


def shown_as(code: int, font: str) -> str:
    """The character that a code shows in a font; nothing for a picture that no character stands for."""
    place = code - 0xF000 if code in PRIVATE else code
    match font.lower():
        case "symbol" if 0x20 <= place < 0x20 + len(SYMBOL):
            return SYMBOL[place - 0x20].strip()
        case "wingdings":
            return WINGDINGS.get(place, "")
        case "wingdings 2":
            return WINGDINGS_2.get(place, "")
    return "" if code in PRIVATE or not 0x20 <= code < 0xD800 else chr(code)
