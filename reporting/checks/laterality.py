"""Does the text name the side that was not ordered?

A bare match on the other side's word marks many true sentences, so each mention is judged in its sentence: a
comparison, a history, a denied side and structures that have a side of their own are let pass. What stays doubtful is
a warning the radiologist confirms, never a refusal. tests/reporting/test_checks_laterality.py is the test set.
"""

import re
from collections.abc import Iterator, Mapping

from reporting.checks.check import Check, Facts, utf16_offset

SIDES = {"L": "left", "R": "right"}
_SENTENCE = re.compile(r"[^.;\n]+(?:\.(?=\d)[^.;\n]+)*")
_SIDE = {side: re.compile(rf"\b{side}(?:-sided)?\b", re.IGNORECASE) for side in SIDES.values()}

# A sentence that sets the two sides against each other may name either.
_COMPARISON = re.compile(
    r"\b(bilateral(?:ly)?|both|either|contralateral|opposite|unaffected|asymptomatic|uninvolved|non-?affected"
    r"|compar(?:ed|ison|ing|ative)|versus|vs|than|symmetric(?:al|ally)?|asymmetr(?:y|ic|ical))\b",
    re.IGNORECASE,
)
_HISTORY = re.compile(
    r"\b(histor(?:y|ies)|prior|previous(?:ly)?|former(?:ly)?|status post|s/p|post-?operative change|known|old"
    r"|years? ago|months? ago)\b",
    re.IGNORECASE,
)
# "not the left", "rather than left": the side itself is denied.
_DENIED_SIDE = re.compile(r"\b(?:not(?: in| on| of)?|rather than|instead of)(?: the| at the)? $", re.IGNORECASE)
# "No left pleural effusion": a negative finding elsewhere. Negation of the ordered part's wrong side stays suspicious.
_NEGATED_BEFORE = re.compile(r"\b(?:no|without|absent|negative for|denies)\b[^,:]*$", re.IGNORECASE)
# Structures with a side of their own, words that only look like a side, and the side of a person's hand.
_OWN_SIDE_AFTER = re.compile(
    r"^\s+(?:and\s+\w+\s+)?(?:ventric\w+|atri(?:um|al|a)|heart\w*|main (?:coronary|bronch\w+|pulmonary)|coronary"
    r"|anterior descending|circumflex|bundle|hepatic|lobes?|hemiliver|portal|gastric|colon|colic|upper quadrant"
    r"|lower quadrant|brachiocephalic|subclavian|common carotid|handed(?:ness)?|angle[sd]?|away|now|decubitus"
    r"|(?:anterior |posterior )?oblique|lateral decubitus|click|button)\b|^-handed",
    re.IGNORECASE,
)
_VERB_LEFT = re.compile(
    r"\b(?:was|is|were|are|be|been|being|has|have|had|patient|she|he|they|who|nothing|tissue|remains?)\s+$",
    re.IGNORECASE,
)
_VERB_LEFT_AFTER = re.compile(
    r"^\s+(?:in (?:place|situ|position)|the (?:department|hospital|room|scanner|examination|ward)|against|untreated"
    r"|over|behind|unchanged|open|alone|without|before|after)\b",
    re.IGNORECASE,
)
_TO_THE_SIDE = re.compile(r"\b(?:to(?:wards?)?|from) the $", re.IGNORECASE)


def check_laterality(sections: Mapping[str, str], facts: Facts) -> Iterator[Check]:
    """Warn of each mention of the side that the order does not name; nothing when the order names no single side."""
    ordered = SIDES.get(facts.laterality)
    if ordered is None:
        return
    other = next(side for side in SIDES.values() if side != ordered)
    for section, text in sections.items():
        for start, end in _contradictions(text, ordered=ordered, other=other, body_part=facts.body_part):
            word = text[start:end]
            yield Check(
                code="laterality",
                section=section,
                severity="warning",
                message=f'"{word}", but the order is for the {ordered} side.',
                start=utf16_offset(text, start),
                end=utf16_offset(text, end),
                fix=_in_case_of(word, ordered),
            )


def _contradictions(text: str, *, ordered: str, other: str, body_part: str) -> Iterator[tuple[int, int]]:
    for sentence in _SENTENCE.finditer(text):
        words = sentence.group()
        if _COMPARISON.search(words) or _SIDE[ordered].search(words):
            continue
        for match in _SIDE[other].finditer(words):
            before, after = words[: match.start()], words[match.end() :]
            if not _is_excused(before, after, side=other, body_part=body_part):
                yield sentence.start() + match.start(), sentence.start() + match.start() + len(other)


def _is_excused(before: str, after: str, *, side: str, body_part: str) -> bool:
    if _HISTORY.search(before) or _DENIED_SIDE.search(before) or _OWN_SIDE_AFTER.search(after):
        return True
    if side == "left" and (_VERB_LEFT.search(before) or _VERB_LEFT_AFTER.search(after)):
        return True
    if side == "right" and re.search(r"\ball $", before, re.IGNORECASE):
        return True
    if _TO_THE_SIDE.search(before) and not _names_part(after, body_part):
        return True
    return bool(_NEGATED_BEFORE.search(before)) and not _names_part(before + after, body_part)


def _names_part(words: str, body_part: str) -> bool:
    return bool(body_part) and body_part.lower() in words.lower()


def _in_case_of(word: str, replacement: str) -> str:
    if word.isupper():
        return replacement.upper()
    return replacement.capitalize() if word[0].isupper() else replacement
