"""Which readers a reading right keeps from which kinds of examinations; asked for every plan, so answers are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hospitals.selectors.reading_rights import ReadingRights, first_bar

Rights = Mapping[int, ReadingRights]
Bars = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, order=True)
class KindAsked:
    """What decides who may read an examination, as hospitals.selectors.reading_rights.first_bar asks for it."""

    hospital_code: str
    jurisdiction: str
    modalities: tuple[str, ...]
    subspecialty: str


class _Kept:
    """The answers for the rights that were in force last; other rights begin anew."""

    answers: tuple[Rights, dict[KindAsked, Bars]] = ({}, {})


def barred_by_kind(rights: Rights, kinds: Sequence[KindAsked]) -> list[Bars]:
    """Return for each kind the ids of those it is kept from, sorted, by the first reason in words."""
    known, bars = _Kept.answers
    if known != rights:
        bars = {}
        _Kept.answers = (dict(rights), bars)
    return [bars[kind] if kind in bars else bars.setdefault(kind, _bars(rights, kind)) for kind in kinds]


def _bars(rights: Rights, kind: KindAsked) -> Bars:
    found: dict[str, list[int]] = {}
    for reader_id in sorted(rights):
        reason = first_bar(
            rights[reader_id],
            hospital_code=kind.hospital_code,
            jurisdiction=kind.jurisdiction,
            modalities=kind.modalities,
            subspecialty=kind.subspecialty,
        )
        if reason:
            found.setdefault(reason, []).append(reader_id)
    return {reason: tuple(found[reason]) for reason in sorted(found)}
