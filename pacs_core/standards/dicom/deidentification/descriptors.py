"""Clean free text by what is known to be harmless: words of radiology stay, every other word goes (PS3.15 E.3.5).

A list of words to remove is never complete; a list of words to keep only loses something. Whoever bears the name of a
part of the body ("Head") is not told from it.
"""

import re
from functools import cache
from pathlib import Path

_PUNCTUATION = "+-/.,"
_MEASURE = r"\d{1,3}(?:[.,]\d{1,2})?(?:mm|cm|ml|kvp?|deg|ms|sec|s|min)(?![^\W_])"
_TOKEN = re.compile(rf"{_MEASURE}|[^\W_]+|[+\-/.,]", re.IGNORECASE)
_IS_MEASURE = re.compile(_MEASURE, re.IGNORECASE)
_SMALL_NUMBER = re.compile(r"\d{1,3}")


@cache
def _harmless_words() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("harmless_words.txt").read_text(encoding="utf-8").split())


def cleaned_text(text: str) -> str:
    """Return the words that are known to be harmless, in their order, on one line; "" when none is left.

    A measure stays ("5mm"), and a number of up to three digits that stands alone: several together are a date or
    somebody's number.
    """
    tokens = _TOKEN.findall(text)
    kept: list[str] = []
    for position, token in enumerate(tokens):
        if token in _PUNCTUATION:
            if kept and kept[-1] not in _PUNCTUATION:
                kept.append(token)
        elif token.lower() in _harmless_words() or _IS_MEASURE.fullmatch(token) or _stands_alone(tokens, position):
            kept.append(token)
    while kept and kept[-1] in _PUNCTUATION:
        kept.pop()
    return " ".join(kept)


def _stands_alone(tokens: list[str], position: int) -> bool:
    """Tell whether a token is a small number whose neighbours, past punctuation, are none."""
    if not _SMALL_NUMBER.fullmatch(tokens[position]):
        return False
    before = next((token for token in reversed(tokens[:position]) if token not in _PUNCTUATION), "")
    after = next((token for token in tokens[position + 1 :] if token not in _PUNCTUATION), "")
    return not any(character.isdigit() for character in before + after)
