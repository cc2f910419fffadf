"""Drafts are edited, published versions never; two editors lose nothing; rolling back is a new version."""

import pytest
from django.db import DatabaseError, connection, transaction

from hospitals.models import Hospital, User
from pacs_core.access.errors import NotVisible
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from routing_rules.demonstration import RULES
from routing_rules.errors import DraftChanged, InvalidRule, PublicationRefused
from routing_rules.models import RuleSet
from routing_rules.selectors.rule_sets import rule_set_in_force
from routing_rules.services.rule_sets import discard_draft, publish_draft, publish_rule_set, roll_back, save_draft
from routing_rules.services.rule_sets import start_draft as start
from tests.story import make_hospital, make_user, see_all

DEFAULT = {"name": "Everything else", "when": {}, "then": {}}
CT = {
    "name": "CT to neuro",
    "when": {"fact": "modality", "operator": "equals", "value": "CT"},
    "then": {"require_subspecialty": "neuro"},
    "stop": True,
}
UNFINISHED = {"name": "New rule", "when": {"fact": "", "operator": "", "value": None}, "then": {}, "stop": True}


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def olga(north: Hospital) -> User:
    return make_user("coordinator", north, name="Olga Hansen")


@pytest.fixture
def paulo(north: Hospital) -> User:
    return make_user("coordinator", north, name="Paulo Reis")


@pytest.fixture
def in_force(olga: User) -> RuleSet:
    with see_all():
        return publish_rule_set(rules=RULES, note="The first", user=olga)


def test_a_draft_of_the_version_in_force_decides_nothing(in_force: RuleSet, olga: User) -> None:
    with see_all():
        draft = start(user=olga, name=" Night ")
        assert (draft.version, draft.published_at, draft.name) == (None, None, "Night")
        assert (draft.rules, draft.based_on) == (RULES, in_force)
        assert rule_set_in_force() == in_force


def test_a_draft_may_hold_an_unfinished_rule_but_is_not_published_with_it(in_force: RuleSet, olga: User) -> None:
    with see_all():
        draft = start(user=olga)
        draft = save_draft(draft_id=draft.pk, rules=[UNFINISHED, DEFAULT], name="", edit_number=1, user=olga)
        with pytest.raises(InvalidRule, match="is no fact"), transaction.atomic():
            publish_draft(draft_id=draft.pk, edit_number=draft.edit_number, note="Try", user=olga)
        assert rule_set_in_force() == in_force


def test_an_edit_in_between_is_told_and_not_written_over(in_force: RuleSet, olga: User, paulo: User) -> None:
    with see_all():
        draft = start(user=olga)
        save_draft(draft_id=draft.pk, rules=[CT, DEFAULT], name="", edit_number=1, user=paulo)
        with pytest.raises(DraftChanged) as told:
            save_draft(draft_id=draft.pk, rules=[DEFAULT], name="", edit_number=1, user=olga)
        assert (told.value.edited_by_id, told.value.edit_number) == (paulo.pk, 2)
        draft.refresh_from_db()
        assert (draft.rules, draft.edited_by) == ([CT, DEFAULT], paulo)


def test_a_save_whose_answer_was_lost_may_be_repeated(in_force: RuleSet, olga: User) -> None:
    with see_all():
        draft = start(user=olga)
        for _ in range(2):
            saved = save_draft(draft_id=draft.pk, rules=[CT, DEFAULT], name="", edit_number=1, user=olga)
            assert saved.edit_number == 2


@pytest.mark.parametrize(
    "rules", ["no list", [], [CT], [{"name": "x"}], [{**CT, "color": "red"}, DEFAULT], [{**CT, "when": []}, DEFAULT]]
)
def test_what_no_form_could_have_made_is_refused(in_force: RuleSet, olga: User, rules: object) -> None:
    with see_all():
        draft = start(user=olga)
        with pytest.raises(InvalidRule):
            save_draft(draft_id=draft.pk, rules=rules, name="", edit_number=1, user=olga)


def test_publishing_a_draft_says_who_when_why_and_tells_everybody(in_force: RuleSet, olga: User) -> None:
    with see_all():
        draft = start(user=olga)
        save_draft(draft_id=draft.pk, rules=[CT, DEFAULT], name="", edit_number=1, user=olga)
        published = publish_draft(draft_id=draft.pk, edit_number=2, note=" CT needs neuro ", user=olga, compared_with=1)
        assert (published.pk, published.version, published.note) == (draft.pk, 2, "CT needs neuro")
        assert (published.published_by, published.based_on) == (olga, in_force)
        assert rule_set_in_force() == published
        event = Event.objects.filter(name="RuleSetPublished").latest("pk")
        assert (event.hospital_id, event.payload) == (None, {"version": 2})
        entry = AuditEntry.objects.filter(action="rule_set.published").latest("pk")
        assert (entry.object_id, entry.detail) == ("2", {"replaces": 1})


@pytest.mark.parametrize("note", ["", "  "])
def test_why_is_needed(in_force: RuleSet, olga: User, note: str) -> None:
    with see_all():
        draft = start(user=olga, rules=[CT, DEFAULT])
        with pytest.raises(PublicationRefused, match="why"), transaction.atomic():
            publish_draft(draft_id=draft.pk, edit_number=1, note=note, user=olga)
        publish_draft(draft_id=draft.pk, edit_number=1, note="Because", user=olga)
        with pytest.raises(PublicationRefused, match="why"), transaction.atomic():
            roll_back(version=1, note=note, user=olga)
        assert rule_set_in_force().version == 2


def test_a_draft_is_published_as_it_was_compared(in_force: RuleSet, olga: User, paulo: User) -> None:
    """Neither an edit nor another publication may come between looking and publishing."""
    with see_all():
        draft = start(user=olga, rules=[CT, DEFAULT])
        save_draft(draft_id=draft.pk, rules=[CT, UNFINISHED, DEFAULT], name="", edit_number=1, user=paulo)
        with pytest.raises(DraftChanged), transaction.atomic():
            publish_draft(draft_id=draft.pk, edit_number=1, note="Mine", user=olga, compared_with=1)
        save_draft(draft_id=draft.pk, rules=[CT, DEFAULT], name="", edit_number=2, user=paulo)
        publish_rule_set(rules=[DEFAULT], note="Quick", user=paulo)
        with pytest.raises(PublicationRefused, match="Version 2 was published"), transaction.atomic():
            publish_draft(draft_id=draft.pk, edit_number=3, note="Mine", user=olga, compared_with=1)
        assert rule_set_in_force().rules == [DEFAULT]


def test_rolling_back_publishes_the_older_rules_anew(in_force: RuleSet, olga: User, paulo: User) -> None:
    with see_all():
        publish_rule_set(rules=[CT, DEFAULT], user=olga)
        again = roll_back(version=1, note="Too many to neuro", user=paulo)
        assert (again.version, again.rules, again.rolls_back_to) == (3, RULES, in_force)
        assert (again.published_by, again.note) == (paulo, "Too many to neuro")
        assert rule_set_in_force() == again
        entry = AuditEntry.objects.filter(action="rule_set.published").latest("pk")
        assert entry.detail == {"replaces": 2, "rolls_back_to": 1}
        with pytest.raises(PublicationRefused, match="in force already"), transaction.atomic():
            roll_back(version=1, note="Again", user=paulo)
        with pytest.raises(NotVisible):
            roll_back(version=9, note="Nothing", user=paulo)


@pytest.mark.parametrize(
    "statement",
    [
        "update routing_rules_ruleset set rules = '[]' where version = 1",
        "update routing_rules_ruleset set note = 'other' where version = 1",
        "update routing_rules_ruleset set status = 'draft', version = null, published_at = null where version = 1",
        "delete from routing_rules_ruleset where version = 1",
    ],
)
def test_the_database_refuses_to_change_a_published_version(in_force: RuleSet, statement: str) -> None:
    with pytest.raises(DatabaseError, match="never edited"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    in_force.refresh_from_db()
    assert (in_force.rules, in_force.note) == (RULES, "The first")


def test_the_database_lets_a_draft_be_changed_and_removed(in_force: RuleSet, olga: User) -> None:
    """The same statements on a draft succeed: it is the status that the trigger looks at."""
    with see_all():
        draft = start(user=olga)
        with connection.cursor() as cursor:
            cursor.execute("update routing_rules_ruleset set rules = '[]' where id = %s", [draft.pk])
            cursor.execute("delete from routing_rules_ruleset where id = %s", [draft.pk])
            assert cursor.rowcount == 1


def test_a_discarded_draft_is_gone_and_a_published_one_is_not_discarded(in_force: RuleSet, olga: User) -> None:
    with see_all():
        draft, other = start(user=olga), start(user=olga, rules=[CT, DEFAULT])
        discard_draft(draft_id=draft.pk)
        with pytest.raises(NotVisible):
            save_draft(draft_id=draft.pk, rules=[DEFAULT], name="", edit_number=1, user=olga)
        publish_draft(draft_id=other.pk, edit_number=1, note="Go", user=olga)
        with pytest.raises(NotVisible):
            discard_draft(draft_id=other.pk)
        with pytest.raises(NotVisible):
            publish_draft(draft_id=other.pk, edit_number=1, note="Again", user=olga)
        assert list(RuleSet.objects.values_list("version", flat=True).order_by("version")) == [1, 2]
