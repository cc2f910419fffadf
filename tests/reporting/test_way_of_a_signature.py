"""From the signature's request through the outbox to the portal, each handler run as a worker runs it, and twice."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pacs_core.events.models import EventReceipt
from reporting.models import Delivery, Report, ReportVersion, SigningCertificate
from tests.reporting.arrange import UNPRINTABLE_NAME, make_case, run_outbox
from tests.story import in_hospital, make_hospital, make_radiologist, make_user
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db


def test_a_signature_ends_in_the_portal():
    case = make_case()
    case.save(1)
    case.sign()
    run_outbox(case)
    with in_hospital(case.hospital):
        version = ReportVersion.objects.get()
        assert version.state == ReportVersion.State.SIGNED
        assert Report.objects.get().status == Report.Status.SIGNED
        assert WorklistItem.objects.get().status == WorklistItem.Status.SIGNED
        assert Delivery.objects.get().recipient_id == case.referrer.pk
        assert not EventReceipt.objects.filter(attempts__gt=1).exists()
    assert len(case.events("ReportSigned")) == len(case.events("ReportDelivered")) == 1


def test_a_failed_signature_leaves_the_case_with_its_reader():
    case = make_case(patient_name=UNPRINTABLE_NAME)
    case.save(1)
    case.sign()
    run_outbox(case)
    with in_hospital(case.hospital):
        assert ReportVersion.objects.get().state == ReportVersion.State.FAILED
        item = WorklistItem.objects.get()
        assert (item.status, item.claimed_by_id) == (WorklistItem.Status.READING, case.radiologist.pk)
        assert not Delivery.objects.exists()


def issue(*emails):
    output = StringIO()
    call_command("issue_signing_certificate", *emails, stdout=output)
    return output.getvalue()


def test_the_command_issues_once():
    radiologist = make_radiologist(make_hospital())
    assert "issued" in issue(radiologist.email.upper())
    assert "kept" in issue(radiologist.email)
    assert SigningCertificate.objects.get().common_name == radiologist.name


@pytest.mark.parametrize("change", [{"revoked_at": "2026-01-01T00:00Z"}, {"common_name": "Dr. Former Name"}])
def test_the_command_replaces_what_cannot_sign(change):
    radiologist = make_radiologist(make_hospital())
    issue(radiologist.email)
    SigningCertificate.objects.update(**change)
    assert "issued" in issue(radiologist.email)


def test_the_command_names_what_is_wrong():
    with pytest.raises(CommandError, match=r"no user nobody@example\.org"):
        issue("nobody@example.org")
    with pytest.raises(CommandError, match="only radiologists"):
        issue(make_user("coordinator", make_hospital()).email)
