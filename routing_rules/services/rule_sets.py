"""Publish rule sets: data, checked before it is saved, versioned, never edited."""

from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from hospitals.models import User
from hospitals.models.reading import SUBSPECIALTIES
from pacs_core.audit.services import record_audit
from routing_rules.engine.rules import check_rules
from routing_rules.models import RuleSet

_PUBLISH_LOCK = 7_301_003


@transaction.atomic
def publish_rule_set(*, rules: list[dict[str, Any]], note: str = "", user: User | None = None) -> RuleSet:
    """Check the rules and make them the newest version, in force from the next decision on.

    InvalidRule names the place and the reason. Publishing the rules that are in force changes nothing.
    """
    check_rules(rules, subspecialties=SUBSPECIALTIES)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_PUBLISH_LOCK])
    newest = RuleSet.objects.order_by("-version").first()
    if newest is not None and newest.rules == rules:
        return newest
    version = (RuleSet.objects.aggregate(last=Max("version"))["last"] or 0) + 1
    rule_set = RuleSet.objects.create(version=version, rules=rules, note=note, published_by=user)
    record_audit(action="rule_set.published", object_type="rule_set", object_id=version)
    return rule_set
