"""Errors of rules and assignment."""


class RoutingError(Exception):
    """Base of this floor's errors."""


class InvalidRule(RoutingError):
    """A rule that cannot be saved: `place` is its path in the rule set, `reason` what is wrong there."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place, self.reason = place, reason


class NoRuleSetPublished(RoutingError):
    """Nothing tells who should read what. Maybe run `manage.py publish_rule_set`."""
