"""How alike two records are, and in what: for people who decide whether they are of one person."""

from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz

from pacs_core.archive.models import Patient
from pacs_core.archive.names import GROUPS

# A suggestion below these would mostly be noise: about thirty people of a million share a day of birth.
LEAST_NAME, LEAST_SCORE = 0.85, 0.85
_NAME, _BIRTH_DATE, _SEX = 0.6, 0.3, 0.1


@dataclass(frozen=True)
class Likeness:
    """`score` from 0 to 1; `reasons` are codes for and against, in the order in which people look."""

    score: float
    reasons: tuple[str, ...]

    @property
    def is_worth_a_look(self) -> bool:
        return self.score >= LEAST_SCORE and ("same_name" in self.reasons or "similar_name" in self.reasons)

    @property
    def contradicts(self) -> bool:
        """Say whether both records know a birth date, or a sex, and not the same one."""
        return bool({"different_birth_date", "similar_birth_date", "different_sex"} & set(self.reasons))


def likeness(one: Patient, other: Patient) -> Likeness:
    """Compare names by their best group, birth dates and sexes; what only one record knows counts for nothing."""
    name = _name_likeness(one, other)
    birth_date, birth_date_reason = _birth_date_likeness(one.birth_date, other.birth_date)
    sex_known = bool(one.sex and other.sex)
    same_sex = sex_known and one.sex == other.sex
    reasons = (
        "same_name" if name == 1 else "similar_name" if name >= LEAST_NAME else "different_name" if name else "",
        birth_date_reason,
        "same_sex" if same_sex else "different_sex" if sex_known else "",
    )
    score = _NAME * name + _BIRTH_DATE * birth_date + _SEX * (same_sex or not sex_known)
    return Likeness(round(score, 3), tuple(reason for reason in reasons if reason))


def _name_likeness(one: Patient, other: Patient) -> float:
    """Return the likeness of the group that is most alike; words may stand in another order or component."""
    found = [0.0]
    for group in GROUPS:
        first, second = (getattr(record, f"name_{group}").replace("^", " ") for record in (one, other))
        if first.strip() and second.strip():
            found.append(fuzz.token_sort_ratio(first, second) / 100)
    return max(found)


def _birth_date_likeness(one: date | None, other: date | None) -> tuple[float, str]:
    if one is None or other is None:
        return 0.0, ""
    if one == other:
        return 1.0, "same_birth_date"
    return (0.5, "similar_birth_date") if other in neighbouring_dates(one) else (0.0, "different_birth_date")


def neighbouring_dates(day: date) -> frozenset[date]:
    """Return the days that a slip makes of one: day and month exchanged, a year before or after."""
    slips = ((day.year, day.day, day.month), (day.year - 1, day.month, day.day), (day.year + 1, day.month, day.day))
    return frozenset(found for slip in slips if (found := _date(*slip)) is not None) - {day}


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
