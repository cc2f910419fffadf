"""Rule sets: drafts that people edit, published versions that nobody edits, and the way from one to the other.

Rules belong to the whole network. A draft may hold rules that are not finished; what is published has been checked.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from hospitals.models import User
from hospitals.models.reading import SUBSPECIALTIES
from pacs_core.access.errors import NotVisible
from pacs_core.audit.services import record_audit
from pacs_core.events.services import emit_event
from routing_rules.engine.conditions import DEEPEST
from routing_rules.engine.effects import EFFECTS
from routing_rules.engine.rules import MAXIMUM_RULES, check_rules
from routing_rules.errors import DraftChanged, InvalidRule, PublicationRefused
from routing_rules.models import RuleSet
from routing_rules.selectors.finding_words import finding_as_dict
from routing_rules.selectors.rule_findings import blocking_findings
from routing_rules.selectors.rule_network import network_of_rules
from routing_rules.selectors.rule_sets import newest_published

_PUBLISH_LOCK = 7_301_003
Rules = list[dict[str, Any]]
DEFAULT_RULE: dict[str, Any] = {"name": "Everything else: any reader", "when": {}, "then": {}}


@transaction.atomic
def publish_rule_set(*, rules: Rules, note: str = "", user: User | None = None) -> RuleSet:
    """Check the rules and make them the newest version, in force from the next decision on.

    InvalidRule names the place and the reason. Publishing the rules that are in force changes nothing.
    """
    check_rules(rules, subspecialties=SUBSPECIALTIES)
    newest = _locked_newest()
    if newest is not None and newest.rules == rules:
        return newest
    rule_set = RuleSet(rules=rules, note=note, based_on=newest, edited_by=user)
    return _published(rule_set, newest, user)


@transaction.atomic
def start_draft(*, user: User, based_on: RuleSet | None = None, rules: Rules | None = None, name: str = "") -> RuleSet:
    """Begin a draft: of `rules` where given, else of `based_on`, else of the version in force."""
    origin = based_on or newest_published()
    if rules is None:
        rules = [_without_empty_effects(rule) for rule in origin.rules] if origin else [DEFAULT_RULE]
    check_shape(rules)
    draft = RuleSet.objects.create(
        status=RuleSet.Status.DRAFT,
        version=None,
        published_at=None,
        name=name.strip()[:80],
        rules=rules,
        based_on=origin,
        edited_by=user,
    )
    record_audit(action="rule_set.draft_started", object_type="rule_set_draft", object_id=draft.pk)
    return draft


@transaction.atomic
def save_draft(*, draft_id: int, rules: Rules, name: str, edit_number: int, user: User) -> RuleSet:
    """Keep the draft as it is on the page, read as edit `edit_number`.

    DraftChanged when somebody saved in between; what is stored then stays. Saving what is stored already is no edit,
    so that a save whose answer was lost may be repeated. InvalidRule only for what no form could have made.
    """
    check_shape(rules)
    draft = _locked_draft(draft_id)
    name = name.strip()[:80]
    if draft.rules == rules and draft.name == name:
        return draft
    _check_edit(draft, edit_number)
    if draft.edited_by_id != user.pk:
        record_audit(action="rule_set.draft_edited", object_type="rule_set_draft", object_id=draft.pk)
    draft.rules, draft.name, draft.edited_by = rules, name, user
    draft.edited_at, draft.edit_number = timezone.now(), draft.edit_number + 1
    draft.save(update_fields=["rules", "name", "edited_by", "edited_at", "edit_number"])
    return draft


@transaction.atomic
def discard_draft(*, draft_id: int) -> None:
    """Remove a draft for good; NotVisible when it is gone or published already."""
    draft = _locked_draft(draft_id)
    record_audit(action="rule_set.draft_discarded", object_type="rule_set_draft", object_id=draft.pk)
    draft.delete()


@transaction.atomic
def publish_draft(
    *, draft_id: int, edit_number: int, note: str, user: User, compared_with: int | None = None
) -> RuleSet:
    """Put a draft in force as the newest version, with who, when and why.

    Refused when it was edited since `edit_number` (DraftChanged), when another version than `compared_with`, with
    which the person compared it, is in force by now, without a note, with a finding that blocks, or when nothing would
    change (PublicationRefused); InvalidRule at the first rule that is not finished.
    """
    newest = _locked_newest()
    draft = _locked_draft(draft_id)
    _check_edit(draft, edit_number)
    _check_note(note)
    if compared_with is not None and newest is not None and newest.version != compared_with:
        raise PublicationRefused(
            f"Version {newest.version} was published in between. Maybe look at what changes against it first."
        )
    if newest is not None and newest.rules == draft.rules:
        raise PublicationRefused(f"It holds the rules of version {newest.version}, which is in force.")
    check_rules(draft.rules, subspecialties=SUBSPECIALTIES)
    _check_findings(draft.rules)
    draft.note = _trimmed(note)
    return _published(draft, newest, user)


@transaction.atomic
def roll_back(*, version: int, note: str, user: User) -> RuleSet:
    """Publish an older version's rules anew, as the newest version, and note to which it rolls back."""
    newest = _locked_newest()
    target = RuleSet.objects.filter(version=version).first()
    if newest is None or target is None:
        raise NotVisible(f"There is no version {version}.")
    _check_note(note)
    if newest.rules == target.rules:
        raise PublicationRefused(f"The rules of version {version} are in force already.")
    check_rules(target.rules, subspecialties=SUBSPECIALTIES)
    rule_set = RuleSet(
        rules=target.rules, name=target.name, note=_trimmed(note), based_on=newest, rolls_back_to=target, edited_by=user
    )
    return _published(rule_set, newest, user)


def _without_empty_effects(rule: dict[str, Any]) -> dict[str, Any]:
    """Leave out what rule sets of old say without asking for anything: the forms would call it unfinished."""
    return rule | {"then": {name: value for name, value in rule["then"].items() if value != ""}}


def _published(rule_set: RuleSet, newest: RuleSet | None, user: User | None) -> RuleSet:
    """Give the next version to checked rules, under the lock of `_locked_newest`."""
    highest = RuleSet.objects.aggregate(last=Max("version"))["last"]
    rule_set.status, rule_set.version = RuleSet.Status.PUBLISHED, (highest or 0) + 1
    rule_set.published_at, rule_set.published_by = timezone.now(), user
    rule_set.save()
    target = rule_set.rolls_back_to
    detail = {"replaces": newest.version if newest else None} | ({"rolls_back_to": target.version} if target else {})
    record_audit(action="rule_set.published", object_type="rule_set", object_id=rule_set.version, detail=detail)
    emit_event("RuleSetPublished", hospital_id=None, version=rule_set.version)
    return rule_set


def _locked_newest() -> RuleSet | None:
    """Let one publication at a time go on; return the version that is in force then."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_PUBLISH_LOCK])
    return newest_published()


def _locked_draft(draft_id: int) -> RuleSet:
    drafts = RuleSet.objects.select_for_update(no_key=True, of=("self",)).select_related("edited_by")
    draft = drafts.filter(pk=draft_id, status=RuleSet.Status.DRAFT).first()
    if draft is None:
        raise NotVisible(f"There is no draft {draft_id}. Maybe it was published or discarded.")
    return draft


def _check_edit(draft: RuleSet, edit_number: int) -> None:
    if draft.edit_number != edit_number:
        raise DraftChanged(draft.pk, draft.edit_number, draft.edited_by_id)


def _check_note(note: str) -> None:
    if not note.strip():
        raise PublicationRefused("Say why, in a few words: people read it in the history.")


def _check_findings(rules: Rules) -> None:
    """Refuse rules that would leave an examination to nobody, whatever the rota."""
    for finding in blocking_findings(rules, network_of_rules()):
        told = finding_as_dict(finding, rules)
        raise PublicationRefused(f"“{told['rules'][0]}”: {told['words']}")


def _trimmed(note: str) -> str:
    return note.strip()[: RuleSet._meta.get_field("note").max_length]


def check_shape(rules: Any) -> Rules:
    """Return the rules; refuse what no form could have made. Conditions and effects may still be unfinished."""
    if not isinstance(rules, list) or not 0 < len(rules) <= MAXIMUM_RULES:
        raise InvalidRule("rules", f"is no list of 1 to {MAXIMUM_RULES} rules")
    for position, rule in enumerate(rules):
        place = f"rules[{position}]"
        if not isinstance(rule, dict) or not {"name", "when", "then"} <= set(rule) <= {"name", "when", "then", "stop"}:
            raise InvalidRule(place, "needs name, when, then, and may have stop")
        if not (isinstance(rule["name"], str) and isinstance(rule["when"], dict) and isinstance(rule["then"], dict)):
            raise InvalidRule(place, "needs a text as name, and objects as when and then")
        if not _is_tree(rule["when"]):
            raise InvalidRule(f"{place}.when", "is no tree of all, any, not and comparisons")
        if not set(rule["then"]) <= set(EFFECTS):
            raise InvalidRule(f"{place}.then", f"has an effect that is none of {', '.join(EFFECTS)}")
    if rules[-1]["when"] != {}:
        raise InvalidRule(f"rules[{len(rules) - 1}].when", "the last rule is the default and must match everything: {}")
    return rules


def _is_tree(condition: Any, depth: int = 0) -> bool:
    """Say whether a condition has the form of one, whatever is still to be filled in."""
    if not isinstance(condition, dict) or depth > DEEPEST:
        return False
    for key in ("all", "any"):
        if key in condition:
            parts = condition[key]
            return set(condition) == {key} and isinstance(parts, list) and all(_is_tree(p, depth + 1) for p in parts)
    if "not" in condition:
        return set(condition) == {"not"} and _is_tree(condition["not"], depth + 1)
    return not condition or set(condition) == {"fact", "operator", "value"}
