"""The language of a text, by its script; among Latin scripts by langdetect, where there is enough text."""

from __future__ import annotations

import re
from collections import Counter

SCRIPTS = {
    "zh": r"\u4e00-\u9fff\u3400-\u4dbf",
    "ja": r"\u3040-\u30ff",
    "ko": r"\uac00-\ud7af\u1100-\u11ff",
    "ru": r"\u0400-\u04ff",
    "el": r"\u0370-\u03ff",
    "ar": r"\u0600-\u06ff",
    "he": r"\u0590-\u05ff",
    "hi": r"\u0900-\u097f",
    "th": r"\u0e00-\u0e7f",
    "latin": r"A-Za-z\u00c0-\u024f",
}
PATTERNS = {name: re.compile(f"[{characters}]") for name, characters in SCRIPTS.items()}
LETTERS_A_WORD = 4  # one character of Chinese says as much as some letters do
FEWEST_OF_SCRIPT = 8  # a section with fewer is in the document's own language
FEWEST_LETTERS = 200
LEAST_PROBABILITY = 0.9


def script_of(text: str, otherwise: str = "latin") -> str:
    """The language that the script tells, or "latin"; `otherwise` where there are too few letters to tell."""
    counts = Counter({name: len(pattern.findall(text)) for name, pattern in PATTERNS.items()})
    counts["latin"] //= LETTERS_A_WORD
    if counts["ja"] * 10 > counts["zh"] and counts["ja"]:  # Japanese mixes kana into Han characters
        counts["ja"] += counts.pop("zh", 0)
    name, count = counts.most_common(1)[0]
    return name if count >= FEWEST_OF_SCRIPT else otherwise


def latin_language(texts: list[str]) -> str:
    """The language of a document's texts in Latin script; English where they are too few to tell."""
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    text = " ".join(texts)[:20_000]
    if len(PATTERNS["latin"].findall(text)) < FEWEST_LETTERS:
        return "en"
    DetectorFactory.seed = 0
    try:
        best = detect_langs(text)[0]
    except LangDetectException:
        return "en"
    return str(best.lang) if best.prob >= LEAST_PROBABILITY else "en"


def languages(texts: list[str]) -> list[str]:
    """The language of each text of one document."""
    main = script_of(" ".join(texts))
    scripts = [script_of(text, main) for text in texts]
    latin = [text for text, script in zip(texts, scripts, strict=True) if script == "latin"]
    language = latin_language(latin) if latin else "en"
    return [language if script == "latin" else script for script in scripts]
