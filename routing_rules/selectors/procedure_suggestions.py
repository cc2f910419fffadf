"""Which procedure a hospital's name may mean, with the reasons, for a person to decide."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from routing_rules.models import Procedure, ProcedureMapping
from routing_rules.procedure_likeness import likeness, words_of
from routing_rules.procedure_words import same_modality
from routing_rules.selectors.procedures import catalogue

SHOWN, LEAST_SCORE, SURE_SCORE = 4, 45.0, 85.0
# A person's decision about the same words, or the same code, at another hospital.
SAME_WORDS_SCORE, SAME_CODE_SCORE = 98.0, 88.0


@dataclass(frozen=True)
class Suggestion:
    """A procedure, how sure (0 to 100), and why, in words."""

    procedure: Procedure
    score: float
    reasons: tuple[str, ...]

    @property
    def is_sure(self) -> bool:
        return self.score >= SURE_SCORE


def suggest(mapping: ProcedureMapping) -> list[Suggestion]:
    """Return the likeliest procedures of the mapping's modality, the best first; retired ones never."""
    return suggestions_for([mapping])[mapping.pk]


def suggestions_for(mappings: Iterable[ProcedureMapping]) -> dict[int, list[Suggestion]]:
    """Return suggestions by mapping id; two queries for all."""
    mappings = list(mappings)
    if not mappings:
        return {}
    precedents = _Precedents(mappings)
    entries = [
        (entry, words_of(f"{entry.name} {entry.body_part} {entry.modality}"))
        for entry in catalogue().filter(is_active=True)
    ]
    found = {}
    for mapping in mappings:
        local = (
            words_of(f"{mapping.local_description} {mapping.modality}") if mapping.local_description else frozenset()
        )
        candidates = [
            _judged(mapping, local, entry, words, precedents.for_entry(mapping, entry.pk))
            for entry, words in entries
            if same_modality(mapping.modality, entry.modality)
        ]
        likely = [candidate for candidate in candidates if candidate.score >= LEAST_SCORE and candidate.reasons]
        found[mapping.pk] = sorted(likely, key=lambda one: (-one.score, one.procedure.code))[:SHOWN]
    return found


def _judged(
    mapping: ProcedureMapping,
    local: frozenset[str],
    entry: Procedure,
    words: frozenset[str],
    precedent: tuple[float, str] | None,
) -> Suggestion:
    alike = likeness(mapping.local_code, local, entry.code, words, entry.body_part)
    score, reasons = alike.score, alike.reasons
    if precedent and precedent[0] > score:
        score, reasons = precedent[0], (precedent[1], *reasons)
    return Suggestion(entry, score, reasons)


class _Precedents:
    """What other hospitals in view have mapped under the same words or the same code."""

    def __init__(self, mappings: list[ProcedureMapping]) -> None:
        rows = ProcedureMapping.objects.filter(
            Q(local_description__in={mapping.local_description for mapping in mappings} - {""})
            | Q(local_code__in={mapping.local_code for mapping in mappings} - {""}),
            procedure__is_active=True,
        )
        self.by_words: dict[str, dict[int, tuple[int, str]]] = defaultdict(dict)
        self.by_code: dict[str, dict[int, tuple[int, str]]] = defaultdict(dict)
        columns = ("pk", "local_description", "local_code", "procedure_id", "hospital__code")
        for pk, description, code, procedure_id, hospital in rows.order_by("pk").values_list(*columns):
            self.by_words[description].setdefault(procedure_id, (pk, hospital))
            self.by_code[code].setdefault(procedure_id, (pk, hospital))

    def for_entry(self, mapping: ProcedureMapping, procedure_id: int) -> tuple[float, str] | None:
        if mapping.local_description:
            same_words = self.by_words[mapping.local_description].get(procedure_id)
            if same_words and same_words[0] != mapping.pk:
                return SAME_WORDS_SCORE, f"Same words at {same_words[1]}"
        if mapping.local_code:
            same_code = self.by_code[mapping.local_code].get(procedure_id)
            if same_code and same_code[0] != mapping.pk:
                return SAME_CODE_SCORE, f"Same code at {same_code[1]}"
        return None
