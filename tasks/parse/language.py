"""The language of a text, by its script; among Latin scripts by langdetect, where there is enough text."""

from __future__ import annotations

from collections import Counter

# Ranges of code points, the first and the last of each.
SCRIPTS = {
    "zh": ((0x4E00, 0x9FFF), (0x3400, 0x4DBF)),
    "ja": ((0x3040, 0x30FF),),
    "ko": ((0xAC00, 0xD7AF), (0x1100, 0x11FF)),
    "ru": ((0x0400, 0x04FF),),
    "el": ((0x0370, 0x03FF),),
    "ar": ((0x0600, 0x06FF),),
    "he": ((0x0590, 0x05FF),),
    "hi": ((0x0900, 0x097F),),
    "th": ((0x0E00, 0x0E7F),),
    "latin": ((ord("A"), ord("Z")), (ord("a"), ord("z")), (0x00C0, 0x024F)),
}
LETTERS_A_WORD = 4  # one character of Chinese says as much as some letters do
FEWEST_OF_SCRIPT = 8  # a section with fewer is in the document's own language
FEWEST_LETTERS = 50  # of different words in small letters: names and codes tell nothing
PUNCTUATION = ".,;:!?()[]\"'|*"
LEAST_PROBABILITY = 0.9
SAMPLE = 5_000  # characters that tell a document's language
# A third of English prose, and a tenth at most of what else is written in Latin letters.
ENGLISH = frozenset(
    ["the", "of", "and", "to", "is", "that", "for", "it", "as", "with", "be", "on", "are", "this", "by"]
)
LEAST_ENGLISH = 0.18  # share of the words; then langdetect, which takes half a second to load, is not asked


def letters(text: str) -> Counter[str]:
    """How many letters of each script a text has."""
    import numpy as np

    points = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    names = ("latin",) if text.isascii() else SCRIPTS
    return Counter(
        {
            name: sum(int(np.count_nonzero((points >= first) & (points <= last))) for first, last in SCRIPTS[name])
            for name in names
        }
    )


def script_of(counts: Counter[str], otherwise: str = "latin") -> str:
    """The language that letters tell by their script, or "latin"; `otherwise` where there are too few to tell."""
    weights = counts.copy()
    weights["latin"] //= LETTERS_A_WORD
    if weights["ja"] * 10 > weights["zh"] and weights["ja"]:  # Japanese mixes kana into Han characters
        weights["ja"] += weights.pop("zh", 0)
    name, count = weights.most_common(1)[0]
    return name if count >= FEWEST_OF_SCRIPT else otherwise


def latin_language(texts: list[str]) -> str:
    """The language of a document's texts in Latin script; English where they are too few to tell."""
    words = " ".join(texts)[:SAMPLE].split()
    bare = (word.strip(PUNCTUATION) for word in words)
    told = " ".join(dict.fromkeys(word for word in bare if word.isalpha() and word.islower()))  # a table repeats itself
    english = sum(word.lower() in ENGLISH for word in words)
    if letters(told)["latin"] < FEWEST_LETTERS or english >= LEAST_ENGLISH * len(words):
        return "en"
    from langdetect import DetectorFactory, LangDetectException, detect_langs

    DetectorFactory.seed = 0
    try:
        best = detect_langs(told)[0]
    except LangDetectException:
        return "en"
    return str(best.lang) if best.prob >= LEAST_PROBABILITY else "en"


def languages(texts: list[str]) -> list[str]:
    """The language of each text of one document."""
    counts = [letters(text) for text in texts]
    main = script_of(sum(counts, Counter[str]()))
    scripts = [script_of(own, main) for own in counts]
    latin = [text for text, script in zip(texts, scripts, strict=True) if script == "latin"]
    language = latin_language(latin) if latin else "en"
    return [language if script == "latin" else script for script in scripts]
