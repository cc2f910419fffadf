"""Errors of hospitals and people; each names the field and the reason."""

from django.core.exceptions import ValidationError


class HospitalsError(Exception):
    """Base of this floor's errors."""


class InvalidValue(HospitalsError):
    """A value that cannot be taken."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason

    @classmethod
    def from_validation(cls, error: ValidationError) -> "InvalidValue":
        field, messages = next(iter(error.message_dict.items()))
        return cls(field, " ".join(messages))


class UnknownHospital(HospitalsError):
    """No hospital has this code, or it is not the caller's."""

    def __init__(self, code: str) -> None:
        super().__init__(f"No hospital has the code {code!r}. Maybe add it first: manage.py add_hospital {code}")


class UnknownPerson(HospitalsError):
    """No account has this mail address."""

    def __init__(self, email: str) -> None:
        super().__init__(f"No account has the address {email!r}. Maybe add it first: manage.py add_user {email}")


class ShiftsOverlap(InvalidValue):
    """The radiologist has a shift at that time already."""

    def __init__(self, name: str, other: str = "") -> None:
        then = f": {other}" if other else ""
        super().__init__("starts_at", f"{name} has a shift then already{then}. Maybe change that one instead.")


class AwayThen(InvalidValue):
    """The radiologist has time off at that time."""

    def __init__(self, name: str, span: str) -> None:
        super().__init__("starts_at", f"{name} is away then: {span}. Maybe end the time off first.")


class SwapNotPossible(HospitalsError):
    """The swap is not in a state, or the person not the one, for this step."""


class DropOutNotPossible(HospitalsError):
    """A shift is dropped out of only while it runs or lies ahead, and only once."""


class UnknownJurisdiction(HospitalsError):
    """The library of public holidays knows no such country or part of one."""

    def __init__(self, jurisdiction: str) -> None:
        super().__init__(
            f"No public holidays are known of {jurisdiction!r}. Maybe a country or its part as in ISO 3166: DE, US-NY."
        )
