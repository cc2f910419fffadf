"""Until when a study's images are kept: the longest that any of its modalities asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from pacs_core.archive.models import Study
from pacs_core.archive.models_retention import RetentionRule

ADULT_YEARS = 18
# What is drawn or said about images goes with them.
_NOT_IMAGING = frozenset(("DOC", "KO", "PR", "SR"))


@dataclass(frozen=True)
class Keeping:
    """A hospital's rules by modality, "" for all others."""

    rules: Mapping[str, RetentionRule]

    @classmethod
    def of(cls, rules: Iterable[RetentionRule]) -> Keeping:
        return cls({rule.modality: rule for rule in rules})

    def kept_until(self, study: Study) -> datetime | None:
        """Return the instant after which the images may go; None for never. Needs study.patient and study.hospital."""
        ends = [self._end_of(rule, study) for rule in self._rules_of(study)]
        return None if not ends or None in ends else max(end for end in ends if end)

    def archived_from(self, study: Study) -> datetime | None:
        """Return when the images move to the archive class; None unless all of the study's modalities say so."""
        days = [rule.archive_after_days if rule else None for rule in self._rules_of(study)]
        known = [number for number in days if number]
        return _begins(study) + timedelta(days=max(known)) if known and len(known) == len(days) else None

    def least_days(self, field: str) -> int | None:
        """Return the shortest time of any rule, below which no study needs to be looked at."""
        return min((days for rule in self.rules.values() if (days := getattr(rule, field))), default=None)

    def narrowed(self, studies: QuerySet[Study], field: str) -> QuerySet[Study]:
        """Leave out studies of a modality for which no rule has this term: a large archive is mostly made of them."""
        own = {modality: getattr(rule, field) for modality, rule in self.rules.items() if modality not in _NOT_IMAGING}
        if own.pop("", None):
            return studies.exclude(modalities__overlap=sorted(modality for modality, days in own.items() if not days))
        named = {modality for modality, days in own.items() if days}
        return studies.filter(modalities__contained_by=sorted(named | _NOT_IMAGING))

    def _rules_of(self, study: Study) -> list[RetentionRule | None]:
        modalities = set(study.modalities) - _NOT_IMAGING or {""}
        return [self.rules.get(modality) or self.rules.get("") for modality in sorted(modalities)]

    def _end_of(self, rule: RetentionRule | None, study: Study) -> datetime | None:
        if rule is None or rule.keep_days is None:
            return None
        begins = _begins(study)
        end = begins + timedelta(days=rule.keep_days)
        born = study.patient.birth_date
        if rule.keep_children_until_age and born and begins.date() < _birthday(born, ADULT_YEARS):
            grown = datetime.combine(_birthday(born, rule.keep_children_until_age), time(), tzinfo=study.hospital.zone)
            end = max(end, grown)
        return end


def _begins(study: Study) -> datetime:
    return study.study_at or study.first_received_at


def _birthday(born: date, years: int) -> date:
    """Return the day this age is reached; the 29th of February counts as the 1st of March elsewhere."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)
