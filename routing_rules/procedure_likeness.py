"""How alike two names of an examination are: words brought to one form first, then compared; pure."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

# Phrases that stand for words; single words are in the file of synonyms.
_PHRASES = (
    (r"\bW\s*/\s*O\b|\bOHNE\b|\bSEM\b|\bNATIVE?\b|\bPLAIN\b|\bNON[ -]?CONTRAST\b", " WITHOUT "),
    (r"\bW\s*/|\bMIT\b|\bCOM\b", " WITH "),
    (r"\bCTPA\b|\bPULMONARY EMBOLISM\b|\bPE PROTOCOL\b", " PULMONARY ANGIOGRAPHY "),
    (r"\b([LC])[ -]SPINE\b", r" \1SPINE "),
    (r"\bLOWER BACK\b", " LUMBAR SPINE "),
    (r"\bPET ?/ ?CT\b", " PET "),
    (r"\bX[ -]?RAYS?\b", " RADIOGRAPH "),
)
_SYNONYMS = Path(__file__).with_name("procedure_synonyms.txt")


def _read_synonyms() -> dict[str, frozenset[str]]:
    """Return the file's lines as word -> other words for it; a name in brackets collects its lines."""
    found: dict[str, frozenset[str]] = {}
    for line in _SYNONYMS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, _colon, others = line.partition(":")
            found[word] = found.get(word, frozenset()) | frozenset(others.split())
    return found


_OTHER_WORDS = _read_synonyms()
_EMPTY, _PLACES = _OTHER_WORDS.pop("(empty)"), _OTHER_WORDS.pop("(place)")
_WORDS = {other: word for word, others in _OTHER_WORDS.items() for other in others}
_NEAR_PLACES = ({"HEAD", "BRAIN"}, {"LIVER", "ABDOMEN"}, {"KIDNEY", "ABDOMEN"}, {"SPINE", "LUMBAR", "CERVICAL"})
_HINTS_OF_CONTRAST = frozenset({"WITH", "WITHOUT"})
_NO_CONTRAST = frozenset({"WITHOUT", "CONTRAST"})
# Letters alone are alike by chance below this.
SIMILAR_SPELLING = 65.0
# The modality agrees before words are compared: its name makes no two examinations more alike.
_MODALITY_WORDS = frozenset({"CT", "MRI", "RADIOGRAPH", "ULTRASOUND", "PET", "NM", "MAMMOGRAPHY"})


@dataclass(frozen=True)
class Likeness:
    """0 to 100, and the reasons for and against, in words."""

    score: float
    reasons: tuple[str, ...]


def words_of(text: str) -> frozenset[str]:
    """Return the words that tell one examination from another, in their one form."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
    for pattern, word in _PHRASES:
        plain = re.sub(pattern, word, plain)
    words: list[str] = re.findall(r"[A-Z0-9]+", plain)
    found = (_WORDS.get(word, word) for word in words)
    return frozenset(word for word in found if word not in _EMPTY)


def code_key(code: str) -> str:
    """Return the code's letters and digits: CT_HEAD and ct-head are one."""
    return re.sub(r"[^A-Z0-9]", "", code.upper())


def likeness(local_code: str, local: frozenset[str], code: str, words: frozenset[str], body_part: str) -> Likeness:
    """Compare a hospital's code and words with a catalogue entry's code, words and body part."""
    reasons = []
    local, words = local - _MODALITY_WORDS, words - _MODALITY_WORDS
    if not local & (_HINTS_OF_CONTRAST | _NO_CONTRAST) and "WITH" not in words:
        words -= _NO_CONTRAST  # who says nothing of contrast medium mostly means none
    left, right = " ".join(sorted(local)), " ".join(sorted(words))
    score = 0.55 * fuzz.token_set_ratio(left, right) + 0.45 * fuzz.token_sort_ratio(left, right) if local else 0.0
    if common := sorted(local & words):
        reasons.append(f"Words in common: {', '.join(common).lower()}")
    elif score >= SIMILAR_SPELLING:
        reasons.append("Similar spelling")
    if local_code and len(code_key(local_code)) > 3:
        closeness = fuzz.ratio(code_key(local_code), code_key(code))
        if closeness >= 85:
            score = max(score, closeness - 5)
            reasons.insert(0, f"Code like {code}")
    places, own = local & _PLACES, (words | words_of(body_part)) & _PLACES
    if places & own:
        score += 5
        reasons.append(f"Same body part: {', '.join(sorted(places & own)).lower()}")
    elif places and own and not any(places & near and own & near for near in _NEAR_PLACES):
        score -= 40
        reasons.append(f"Other body part: {', '.join(sorted(own)).lower()}")
    if _contrast_differs(local, words):
        score -= 12
        reasons.append("Contrast differs")
    return Likeness(max(0.0, min(99.0, score)), tuple(reasons))


def _contrast_differs(local: frozenset[str], words: frozenset[str]) -> bool:
    mine, theirs = local & _HINTS_OF_CONTRAST, words & _HINTS_OF_CONTRAST
    return bool(mine and theirs and mine != theirs)
