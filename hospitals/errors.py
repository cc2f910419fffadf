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
