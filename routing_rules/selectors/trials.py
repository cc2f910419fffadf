"""Trials that one may see, and what a new one may choose from."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from hospitals.models import Membership, User
from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from routing_rules.models import RuleSet, Trial
from worklist.models import WorklistItem

MOST_VERSIONS = 12


def visible_trials() -> QuerySet[Trial]:
    """Return the trials over hospitals that are all in the open scope, the newest first, without results."""
    seen = sorted(current_scope().hospital_ids)
    return (
        Trial.objects.filter(hospital_ids__contained_by=seen)
        .exclude(hospital_ids=[])
        .select_related("created_by")
        .defer("result")
        .order_by("-created_at", "-pk")
    )


def trial_numbered(trial_id: int) -> Trial:
    """Return a trial with its result; NotVisible where it counts a hospital that is not in scope."""
    trial = visible_trials().defer(None).select_related("created_by").filter(pk=trial_id).first()
    if trial is None:
        raise NotVisible(f"There is no trial {trial_id} for you.")
    return trial


def readers_to_choose() -> QuerySet[User]:
    """Return the active radiologists of the hospitals in scope, by name."""
    member = Membership.objects.filter(user=OuterRef("pk"), hospital__in=current_scope().hospital_ids)
    readers = User.objects.filter(Exists(member), role=User.Role.RADIOLOGIST, is_active=True)
    return readers.order_by("name", "pk")


def rule_sets_to_choose() -> QuerySet[RuleSet]:
    """Return the drafts, then the newest published versions."""
    newest = RuleSet.objects.filter(version__isnull=False).order_by("-version").values("pk")[:MOST_VERSIONS]
    drafts = RuleSet.objects.filter(status=RuleSet.Status.DRAFT)
    return (drafts | RuleSet.objects.filter(pk__in=newest)).order_by(F("version").desc(nulls_first=True), "-pk")


def draft_of(trial: Trial) -> RuleSet | None:
    """Return the draft that was tried, as long as it is one."""
    tried = trial.parameters["rule_set"]
    return RuleSet.objects.filter(pk=tried["id"], status=RuleSet.Status.DRAFT).first() if tried else None


def readers_of(reader_ids: Iterable[int]) -> dict[int, User]:
    """Return the readers by id who belong to a hospital in scope."""
    member = Membership.objects.filter(user=OuterRef("pk"), hospital__in=current_scope().hospital_ids)
    return {user.pk: user for user in User.objects.filter(Exists(member), pk__in=list(reader_ids))}


def items_of(changes: Iterable[dict[str, Any]]) -> dict[int, WorklistItem]:
    """Return the items that a trial's result names, as far as they are in scope."""
    ids = [change["item"] for change in changes]
    return WorklistItem.objects.select_related("study", "order", "hospital").in_bulk(ids)
