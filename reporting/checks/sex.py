"""Does the text name an organ that the patient's recorded sex does not have?"""

import re
from collections.abc import Iterator, Mapping

from reporting.checks.check import Check, Facts, utf16_offset

_ORGANS = {
    "F": re.compile(
        r"\b(prostat(?:e|es|ic|itis|ectomy)|seminal vesicles?|test(?:is|es|icles?|icular)|scrot(?:um|al)"
        r"|epididym(?:is|al|itis)|vas deferens|peni(?:s|le))\b",
        re.IGNORECASE,
    ),
    "M": re.compile(
        r"\b(uter(?:us|ine)|endometri(?:um|al|osis|oma)|myometri(?:um|al)|ovar(?:y|ies|ian)|adnex(?:a|ae|al)"
        r"|fallopian|vagin(?:a|al)|cervix|hysterectomy|pregnan(?:t|cy)|gravid)\b",
        re.IGNORECASE,
    ),
}
_SEX_WORDS = {"F": "female", "M": "male"}
_SENTENCE = re.compile(r"[^.;\n]+")
# Relatives, and organs said to be absent ("no uterus or ovaries") pass; "no ovarian mass" stays suspicious.
_RELATIVE = re.compile(
    r"\b(family history|father|brother|mother|sister|husband|wife|partner|maternal|paternal)\b", re.IGNORECASE
)
_ABSENT_BEFORE = re.compile(r"\b(?:no|absent|without|absence of(?: the| a)?)\s+(?:\w+\s+or\s+)?$", re.IGNORECASE)
_ADJECTIVE = re.compile(r"(?:ic|al|ian|ine|ile)$", re.IGNORECASE)


def check_sex(sections: Mapping[str, str], facts: Facts) -> Iterator[Check]:
    """Warn of organs that contradict the patient's sex (PID-8, (0010,0040)); the radiologist may know better."""
    organs = _ORGANS.get(facts.patient_sex)
    if organs is None:
        return
    for section, text in sections.items():
        for start, end in _mentions(text, organs):
            yield Check(
                code="sex",
                section=section,
                severity="warning",
                message=f'"{text[start:end]}", but the patient is recorded as {_SEX_WORDS[facts.patient_sex]}.',
                start=utf16_offset(text, start),
                end=utf16_offset(text, end),
            )


def _mentions(text: str, organs: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    for sentence in _SENTENCE.finditer(text):
        if _RELATIVE.search(sentence.group()):
            continue
        for match in organs.finditer(sentence.group()):
            absent = _ABSENT_BEFORE.search(sentence.group()[: match.start()])
            if not (absent and not _ADJECTIVE.search(match.group())):
                yield sentence.start() + match.start(), sentence.start() + match.end()
