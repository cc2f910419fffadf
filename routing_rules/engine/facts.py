"""What a rule may ask about an examination: the declared facts and their types."""

from dataclasses import dataclass
from typing import Any, Literal

FactType = Literal["text", "code", "number", "clock", "flag", "findings"]

# Fact -> its type; rules are typed against this before they can be saved.
DECLARED_FACTS: dict[str, FactType] = {
    "modality": "text",
    "body_part": "text",
    "procedure_code": "code",
    "procedure": "code",
    "subspecialty": "text",
    "description": "text",
    "hospital": "text",
    "contract": "text",
    "patient_class": "text",
    "priority": "text",
    "age_years": "number",
    "sex": "text",
    "image_count": "number",
    "prior_reader": "text",
    "ai_finding": "findings",
    "time_of_day": "clock",
    "weekday": "text",
    "holiday": "flag",
    "elapsed_share": "number",
}
# Facts that change while nothing happens to the examination.
TIME_FACTS = frozenset({"time_of_day", "weekday", "holiday", "elapsed_share"})
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PRIORITIES = ("stat", "urgent", "routine")
SEXES = ("M", "F", "O", "")


@dataclass(frozen=True)
class ExaminationFacts:
    """One examination as the rules see it, at the moment of the decision.

    `hospital` is its code; `priority` stat, urgent or routine, as the hospital asked, before any rule raised it;
    `weekday` monday to sunday and `time_of_day` HH:MM, both on the hospital's clock, and `holiday` by its calendar;
    `age_years` at the examination, None where the birth date is unknown. `procedure` is the code of the network's
    catalogue and `subspecialty` what the catalogue says of it; `prior_reader` the mail address of who read the
    patient's last examination; `ai_finding` the codes that AI services reported; `elapsed_share` the share of the
    agreed service level that has passed. Text is "" where nothing is known, and then satisfies no operator.
    """

    modality: str
    body_part: str
    procedure_code: str
    description: str
    hospital: str
    priority: str
    sex: str
    weekday: str
    age_years: int | None
    image_count: int
    time_of_day: str
    procedure: str = ""
    subspecialty: str = ""
    contract: str = ""
    patient_class: str = ""
    prior_reader: str = ""
    ai_finding: tuple[str, ...] = ()
    holiday: bool = False
    elapsed_share: float = 0.0

    def __post_init__(self) -> None:
        # From JSON it comes as a list.
        object.__setattr__(self, "ai_finding", tuple(self.ai_finding))

    def as_dict(self) -> dict[str, Any]:
        """Return the facts by name; equal before and after a way through JSON."""
        return self.__dict__ | {"ai_finding": list(self.ai_finding)}
