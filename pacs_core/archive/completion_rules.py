"""When all images of a study are here, by the rules of the nodes that sent them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pacs_core.archive.models import Study

LONGEST_WAIT_MINUTES = 30
By = Study.CompletedBy


@dataclass(frozen=True)
class CompletionRule:
    """A node's rule; `quiet_seconds` None is the hospital's, `expected_instances` None what the study's images say."""

    kind: str = By.QUIET_TIME
    quiet_seconds: int | None = None
    expected_instances: int | None = None
    longest_wait_minutes: int = LONGEST_WAIT_MINUTES


@dataclass(frozen=True)
class StepsOfStudy:
    """What the performed steps that name a study say: whether all have ended, what they named, whether it is filed."""

    are_ended: bool = False
    names_instances: bool = False
    are_filed: bool = False


def completed_by(study: Study, rules: Sequence[CompletionRule], steps: StepsOfStudy, now: datetime) -> str:
    """Return what says that the study is complete, "" while nothing does; needs study.hospital.

    Each sender's rule has to hold, but none for longer than its longest wait after the last image: an image that never
    comes must not keep the others from a reader.
    """
    waited = now - study.last_received_at
    others = [rule for rule in rules if rule.kind != By.QUIET_TIME]
    if others and waited >= timedelta(minutes=max(rule.longest_wait_minutes for rule in others)):
        return By.LONGEST_WAIT
    if not all(_holds(rule, study, steps, waited) for rule in rules or [CompletionRule()]):
        return ""
    return others[0].kind if others else By.QUIET_TIME


def _holds(rule: CompletionRule, study: Study, steps: StepsOfStudy, waited: timedelta) -> bool:
    is_quiet = waited >= timedelta(seconds=rule.quiet_seconds or study.hospital.quiet_seconds)
    if rule.kind == By.PERFORMED_STEP:
        # A step that names no images says only that the scanner is done, not that all were sent.
        return steps.are_ended and (steps.are_filed if steps.names_instances else is_quiet)
    if rule.kind == By.EXPECTED_COUNT:
        expected = rule.expected_instances or study.expected_instances
        return study.number_of_instances >= expected if expected else is_quiet
    return is_quiet
