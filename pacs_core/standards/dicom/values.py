"""Values of data elements as Python values, tolerant of what equipment really sends."""

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from pacs_core.standards.dicom.plain_values import plain_texts
from pacs_core.standards.dicom.reading import element_value
from pacs_core.standards.dicom.text import clean_line

_INTEGER_LIMIT = 2**31  # IS, PS3.5 6.2; also PostgreSQL's integer
_TIME = re.compile(r"([01]\d|2[0-3])(?::?([0-5]\d)(?::?([0-5]\d|60)(?:\.(\d{1,6})\d*)?)?)?")
_DATE = re.compile(r"(\d{4})[.\-]?(\d{2})[.\-]?(\d{2})")
_DATE_TIME = re.compile(r"(\d{8})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)([+-]\d{4})?")
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})")


class DatasetValues:
    """Reads elements by keyword; never raises for a value, an absent or unreadable one is empty."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def lines(self, keyword: str) -> tuple[str, ...]:
        plain = plain_texts(self.dataset, keyword)
        if plain is not None:
            return _clean_lines(plain)
        value = element_value(self.dataset, keyword)
        if value is None:
            return ()
        parts = value if isinstance(value, MultiValue | list) else [value]
        return tuple(text for part in parts if (text := clean_line(part)))

    def line(self, keyword: str) -> str:
        """Return the first value that is not empty, "" when there is none."""
        return next(iter(self.lines(keyword)), "")

    def integer(self, keyword: str) -> int | None:
        try:
            number = int(float(self.line(keyword)))
        except (ValueError, OverflowError):
            return None
        return number if -_INTEGER_LIMIT <= number < _INTEGER_LIMIT else None

    def numbers(self, keyword: str) -> list[float]:
        try:
            return [float(part) for part in self.lines(keyword)]
        except ValueError:
            return []

    def first_item(self, keyword: str) -> "DatasetValues":
        """Return the first item of a sequence, an empty one when there is none."""
        return next(iter(self.items(keyword)), DatasetValues(Dataset()))

    def items(self, keyword: str) -> list["DatasetValues"]:
        """Return the items of a sequence, none where it is something else."""
        items = element_value(self.dataset, keyword)
        if isinstance(items, list | MultiValue) or hasattr(items, "__getitem__"):
            return [DatasetValues(item) for item in items if isinstance(item, Dataset)]
        return []


@lru_cache(512)
def _clean_lines(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Kept, as the images of a series say nearly all of it again."""
    return tuple(text for part in parts if (text := clean_line(part)))


def as_date(value: str) -> date | None:
    """Read DA, also with the dots of ACR-NEMA (PS3.5 6.2)."""
    if not (match := _DATE.fullmatch(value)):
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def as_time(value: str) -> time | None:
    """Read TM with any precision; a leap second becomes the last one of its minute."""
    if not (match := _TIME.fullmatch(value)):
        return None
    hour, minute, second, fraction = match.groups()
    return time(int(hour), int(minute or 0), min(int(second or 0), 59), int((fraction or "").ljust(6, "0")))


def as_utc_offset_minutes(value: str) -> int | None:
    """Read TimezoneOffsetFromUTC (PS3.3 C.12.1.1.8), -12 to +14 hours."""
    if not (match := _OFFSET.fullmatch(value)):
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    signed = -minutes if match[1] == "-" else minutes
    return signed if -720 <= signed <= 840 else None


def as_date_time(value: str) -> datetime | None:
    """Read DT (PS3.5 6.2) down to the hour at least; naive when it names no offset from UTC."""
    if not (match := _DATE_TIME.fullmatch(value.strip())):
        return None
    day, clock = as_date(match[1]), as_time(match[2])
    if day is None or clock is None:
        return None
    offset = as_utc_offset_minutes(match[3]) if match[3] else None
    return datetime.combine(day, clock, None if offset is None else timezone(timedelta(minutes=offset)))
