"""add_node and make_tls_certificates from the command line."""

import ssl
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pacs_core.audit.models import AuditEntry
from pacs_core.network.errors import TlsNotConfigured
from pacs_core.network.models import Node
from pacs_core.network.tls.authority import make_authority
from pacs_core.network.tls.profile import server_context
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


def test_add_node_ties_a_node_to_addresses_certificate_pace_and_hours(tmp_path):
    make_hospital()
    authority = make_authority("test", now=timezone.now())
    (tmp_path / "node.pem").write_bytes(authority.certificate_pem)
    options = ["--calls-from", "10.0.0.5, 10.1.0.0/16", "--tls", "both", "--certificate", str(tmp_path / "node.pem")]
    limits = ["--most-associations", "4", "--images-per-minute", "600", "--hours", "22:00-06:30"]
    add_node("NORTH", "NORTH_CT", *options, *limits)
    node = Node.objects.get()
    assert (node.addresses, node.certificate_fingerprints) == (["10.0.0.5", "10.1.0.0/16"], [authority.fingerprint])
    assert (node.requires_tls, node.is_reached_over_tls) == (True, True)
    assert (node.most_associations, node.instances_per_minute) == (4, 600)
    assert (str(node.calls_from_time), str(node.calls_until_time)) == ("22:00:00", "06:30:00")
    add_node("NORTH", "NORTH_CT", "--hours", "", "--images-per-minute", "0", "--calls-from", "")
    node.refresh_from_db()
    assert (node.calls_from_time, node.instances_per_minute, node.addresses) == (None, None, [])


def test_add_node_warns_of_a_node_that_is_open_to_strangers():
    make_hospital()
    assert "Warning: Whoever knows this AE title" in add_node("NORTH", "NORTH_WS", "--may", "find,move")
    assert "Warning" not in add_node("NORTH", "NORTH_WS", "--calls-from", "10.0.1.0/24")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--hours", "7-19"], "Maybe 07:00-19:30"),
        (["--calls-from", "ten"], "no address or network"),
        (["--certificate", "abcd"], "no SHA-256 fingerprint"),
    ],
)
def test_add_node_names_what_it_cannot_take(options, words):
    make_hospital()
    with pytest.raises(CommandError, match=words):
        add_node("NORTH", "NORTH_CT", *options)
    assert not Node.objects.exists()


def test_certificates_of_a_test_set_up_fit_each_other_and_overwrite_nothing(settings, tmp_path, capsys):
    call_command("make_tls_certificates", tmp_path / "tls", "--host", "10.0.0.1", "--node", "NORTH_CT")
    assert "DIMSE_TLS_PORT=2762" in capsys.readouterr().out
    assert (tmp_path / "tls/meridian.key").stat().st_mode & 0o077 == 0
    settings.DIMSE_TLS_CERTIFICATE = str(tmp_path / "tls/meridian.pem")
    settings.DIMSE_TLS_KEY = str(tmp_path / "tls/meridian.key")
    settings.DIMSE_TLS_AUTHORITIES = str(tmp_path / "tls/authority.pem")
    assert server_context().verify_mode == ssl.CERT_REQUIRED
    settings.DIMSE_TLS_KEY = str(tmp_path / "tls/NORTH_CT.key")
    with pytest.raises(TlsNotConfigured, match="DIMSE_TLS_CERTIFICATE and DIMSE_TLS_KEY"):
        server_context()
    with pytest.raises(CommandError, match="nothing in it is overwritten"):
        call_command("make_tls_certificates", tmp_path / "tls")
