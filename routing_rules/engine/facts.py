"""What a rule may ask about an examination: the declared facts and their types."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

FactType = Literal["text", "number", "clock"]

# Fact -> its type; rules are typed against this before they can be saved.
DECLARED_FACTS: dict[str, FactType] = {
    "modality": "text",
    "body_part": "text",
    "procedure_code": "text",
    "description": "text",
    "hospital": "text",
    "priority": "text",
    "sex": "text",
    "weekday": "text",
    "age_years": "number",
    "image_count": "number",
    "time_of_day": "clock",
}


@dataclass(frozen=True)
class ExaminationFacts:
    """One examination as the rules see it, at the moment of the decision.

    `hospital` is its code; `priority` stat, urgent or routine; `weekday` monday to sunday and `time_of_day` HH:MM, both
    on the hospital's clock; `age_years` at the examination, None where the birth date is unknown.
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

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
