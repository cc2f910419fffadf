"""Which rules are in force, which were, and which are being written."""

from django.db.models import QuerySet

from pacs_core.access.errors import NotVisible
from routing_rules.errors import NoRuleSetPublished
from routing_rules.models import RuleSet


def rule_set_in_force() -> RuleSet:
    """Return the newest published rule set; read for each decision, so publishing takes effect at once everywhere."""
    rule_set = newest_published()
    if rule_set is None:
        raise NoRuleSetPublished("No rule set is published. Maybe run `manage.py publish_rule_set FILE`.")
    return rule_set


def newest_published() -> RuleSet | None:
    """Return the version in force, None before the first."""
    return RuleSet.objects.filter(status=RuleSet.Status.PUBLISHED).order_by("-version").first()


def published_versions() -> QuerySet[RuleSet]:
    """Return every version, the one in force first, with who published it and where it comes from."""
    versions = RuleSet.objects.filter(status=RuleSet.Status.PUBLISHED)
    return versions.select_related("published_by", "rolls_back_to", "based_on").order_by("-version")


def drafts() -> QuerySet[RuleSet]:
    """Return every draft, the one edited last first, with who edited it and where it comes from."""
    found = RuleSet.objects.filter(status=RuleSet.Status.DRAFT)
    return found.select_related("edited_by", "based_on").order_by("-edited_at", "-pk")


def version_numbered(version: int) -> RuleSet:
    """Return a published version; NotVisible when there is none."""
    found = published_versions().filter(version=version).first()
    if found is None:
        raise NotVisible(f"There is no version {version}.")
    return found


def draft_numbered(draft_id: int) -> RuleSet:
    """Return a draft; NotVisible when it is gone or published."""
    found = drafts().filter(pk=draft_id).first()
    if found is None:
        raise NotVisible(f"There is no draft {draft_id}. Maybe it was published or discarded.")
    return found
