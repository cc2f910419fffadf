"""Errors of rules and assignment."""


class RoutingError(Exception):
    """Base of this floor's errors."""


class InvalidRule(RoutingError):
    """A rule that cannot be saved: `place` is its path in the rule set, `reason` what is wrong there."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason


class DraftChanged(RoutingError):
    """Somebody else has saved the draft in between; `edited_by_id` and `edit_number` say who and which edit it was."""

    def __init__(self, draft_id: int, edit_number: int, edited_by_id: int | None) -> None:
        super().__init__(f"Draft {draft_id} is at edit {edit_number} by now. Maybe fetch it again.")
        self.edit_number, self.edited_by_id = edit_number, edited_by_id


class PublicationRefused(RoutingError):
    """A draft that cannot be published as it is: a note is missing, a rule can never work, others published."""


class InvalidWeight(RoutingError):
    """A weight of the engine that cannot be taken: `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class NoRuleSetPublished(RoutingError):
    """Nothing tells who should read what. Maybe run `manage.py publish_rule_set`."""


class InvalidProcedure(RoutingError):
    """A value of the catalogue that cannot be taken: `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class ProcedureNotAllowed(RoutingError):
    """A hospital's name cannot be mapped to this procedure: it is retired, or of another modality."""


class CatalogueFileRefused(RoutingError):
    """A file of the catalogue with faults, by line; nothing of it was taken."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {words}" for line, words in faults))
        self.faults = faults


class LearningUnderWay(RoutingError):
    """Reading times are being learnt at this moment. Maybe wait until the run has ended."""


class InvalidShare(RoutingError):
    """A share of the service level at which nothing can be done: `priority` and `step` name it."""

    def __init__(self, priority: str, step: str, reason: str) -> None:
        super().__init__(f"{priority} {step}: {reason}")
        self.priority, self.step, self.reason = priority, step, reason


class PolicyChangedMeanwhile(RoutingError):
    """Somebody else changed the same priorities since the form was opened; nothing was saved."""

    def __init__(self, priorities: list[str]) -> None:
        super().__init__(f"Changed by somebody else meanwhile: {', '.join(priorities)}. Maybe compare and save again.")
        self.priorities = priorities


class MessageRefused(RoutingError):
    """A message that cannot be sent; the text says why. Nothing was sent."""


class TrialNotAllowed(RoutingError):
    """A trial that cannot be begun: its period, its rules or its rota cannot be used, or too many wait already."""
