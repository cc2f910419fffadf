"""Read the parameters of a QIDO-RS search (PS3.18 8.3.4, 10.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.http import QueryDict
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from pacs_core.network.dicomweb.errors import InvalidRequest

MAXIMUM_RESULTS = 5000
_CONTROLS = frozenset({"accept", "limit", "offset", "fuzzymatching", "includefield", "disablewildcard"})
_TAG = re.compile(r"[0-9A-Fa-f]{8}")


@dataclass(frozen=True)
class SearchQuery:
    """`matches` maps a keyword to the wanted values (any of them); `included_tags` are hexadecimal, upper case."""

    matches: dict[str, tuple[str, ...]]
    included_tags: tuple[str, ...]
    includes_all: bool
    limit: int
    offset: int
    ignored: tuple[str, ...] = field(default_factory=tuple)
    asks_fuzzy: bool = False


def parse_search(parameters: QueryDict, *, matchable: frozenset[str], default_limit: int) -> SearchQuery:
    """Read a query string; InvalidRequest names the parameter that can't be read.

    An attribute of the dictionary that this level can't match is ignored and told (PS3.18 8.3.4.1); what is in no
    dictionary is refused, because a misspelt PatientID must not answer everybody.
    """
    matches: dict[str, tuple[str, ...]] = {}
    ignored: list[str] = []
    for name, values in parameters.lists():
        if name.lower() in _CONTROLS:
            continue
        keyword = _keyword(name, matchable)
        wanted = tuple(value for text in values for value in _split(keyword, text) if value not in ("", "*"))
        if not wanted:
            continue
        if keyword in matchable:
            matches[keyword] = wanted
        else:
            ignored.append(keyword)
    included = [item.strip() for text in parameters.getlist("includefield") for item in text.split(",") if item.strip()]
    return SearchQuery(
        matches=matches,
        included_tags=tuple(dict.fromkeys(_tag(name) for name in included if name != "all")),
        includes_all="all" in included,
        limit=min(_count(parameters, "limit", default_limit), MAXIMUM_RESULTS),
        offset=_count(parameters, "offset", 0),
        ignored=tuple(ignored),
        asks_fuzzy=_truth(parameters, "fuzzymatching"),
    )


def _split(keyword: str, text: str) -> list[str]:
    """A UID list is divided by commas or backslashes (PS3.18 8.3.4.1); elsewhere a comma belongs to the value."""
    if keyword.endswith("UID") or keyword == "ModalitiesInStudy":
        return [value.strip() for value in re.split(r"[,\\]", text)]
    return [text.strip()]


def _keyword(name: str, matchable: frozenset[str]) -> str:
    """Return the path in keywords when it is matched as one, else its last step: OHIF and dcm4che name series
    attributes inside a study search as a path.
    """
    steps = [_keyword_of_step(step) for step in name.split(".")]
    if not all(steps):
        raise InvalidRequest(f"{name!r} is no attribute of the DICOM dictionary. Maybe it is misspelt.")
    path = ".".join(steps)
    return path if path in matchable else steps[-1]


def _keyword_of_step(step: str) -> str:
    if _TAG.fullmatch(step):
        return keyword_for_tag(int(step, 16))
    return step if tag_for_keyword(step) is not None else ""


def _tag(name: str) -> str:
    """Return the tag of an included field; a sequence path is answered with its whole sequence."""
    first = name.split(".", 1)[0]
    if _TAG.fullmatch(first):
        return first.upper()
    tag = tag_for_keyword(first)
    if tag is None:
        raise InvalidRequest(f"includefield {name!r} is no attribute of the DICOM dictionary. Maybe it is misspelt.")
    return f"{tag:08X}"


def _truth(parameters: QueryDict, name: str) -> bool:
    text = parameters.get(name, "false").lower()
    if text not in ("true", "false"):
        raise InvalidRequest(f"{name} is {text!r}, expected true or false.")
    return text == "true"


def _count(parameters: QueryDict, name: str, default: int) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidRequest(f"{name} is {text!r}, expected a whole number from 0.")
    return int(text)
