"""add_node from the command line."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pacs_core.audit.models import AuditEntry
from pacs_core.network.models import Node
from tests.story import make_hospital, see_all

pytestmark = pytest.mark.django_db


def add_node(*arguments: str) -> str:
    output = StringIO()
    call_command("add_node", *arguments, stdout=output, skip_checks=True)
    return output.getvalue()


def test_node_is_added_with_its_rights():
    north = make_hospital()
    add_node("NORTH", "NORTH_CT", "--host", "10.0.0.5", "--port", "104", "--may", "store,find")
    node = Node.objects.get()
    assert (node.hospital_id, node.ae_title, node.host, node.port) == (north.pk, "NORTH_CT", "10.0.0.5", 104)
    assert (node.may_store, node.may_find, node.may_move) == (True, True, False)


def test_same_command_again_changes_nothing_and_audits_nothing():
    make_hospital()
    arguments = ("NORTH", "NORTH_CT", "--host", "10.0.0.5", "--port", "104", "--may", "store")
    add_node(*arguments)
    assert "up to date" in add_node(*arguments)
    assert Node.objects.count() == 1
    with see_all():
        assert list(AuditEntry.objects.values_list("action", flat=True)) == ["node.added"]


def test_a_rule_of_completeness_is_set_and_taken_back():
    make_hospital()
    add_node("NORTH", "NORTH_CT", "--complete", "expected_count", "--expected-instances", "40", "--may", "report_steps")
    node = Node.objects.get()
    assert (node.completion_rule, node.expected_instances, node.may_report_steps) == ("expected_count", 40, True)
    add_node("NORTH", "NORTH_CT", "--complete", "quiet_time", "--quiet-seconds", "90", "--longest-wait-minutes", "10")
    node.refresh_from_db()
    assert (node.completion_rule, node.quiet_seconds, node.longest_wait_minutes) == (None, 90, 10)


def test_what_is_not_named_stays():
    make_hospital()
    add_node("NORTH", "NORTH_CT", "--host", "10.0.0.5", "--port", "104")
    add_node("NORTH", "NORTH_CT", "--pause")
    node = Node.objects.get()
    assert (node.host, node.port, node.may_store, node.is_paused) == ("10.0.0.5", 104, True, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("WEST", "WEST_CT"), "no hospital 'WEST'. Maybe one of NORTH"),
        (("NORTH", "AN_AE_TITLE_TOO_LONG"), "ae_title"),
        (("NORTH", "BACK\\SLASH"), "1 to 16 printable"),
        (("NORTH", "NORTH_CT", "--port", "70000"), "port"),
        (("NORTH", "NORTH_CT", "--may", "store,delete"), "delete. Maybe some of store"),
        (("NORTH", "NORTH_CT", "--pause", "--resume"), "contradict"),
        (("NORTH", "NORTH_CT", "--longest-wait-minutes", "0"), "longest_wait_minutes"),
    ],
)
def test_wrong_value_is_named_and_nothing_is_written(arguments, message):
    make_hospital()
    with pytest.raises(CommandError, match=message):
        add_node(*arguments)
    assert not Node.objects.exists()


def test_ae_title_of_another_hospital_is_refused():
    north = make_hospital()
    make_hospital("SOUTH")
    add_node("NORTH", "SCANNER")
    with pytest.raises(CommandError, match="belongs to another hospital"):
        add_node("SOUTH", "SCANNER", "--host", "evil")
    assert Node.objects.get().hospital_id == north.pk
    assert Node.objects.get().host == ""
