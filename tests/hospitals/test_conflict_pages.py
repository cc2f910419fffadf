"""The pages of contradicting images and of rejection notes: both sides, one decision, and back."""

import pytest
from django.test import Client

from hospitals.models import Hospital
from pacs_core.archive.models import Instance, QuarantinedInstance, RejectionNote, Study, StudyConflict
from pacs_core.audit.models import AuditEntry
from tests.hospitals.pages import browser
from tests.pacs_core.archive.instances import index_all, receive, refused
from tests.story import in_hospital, make_hospital, make_user

pytestmark = pytest.mark.django_db
SITE = "/administration"


@pytest.fixture
def north() -> Hospital:
    hospital = make_hospital()
    receive(hospital)
    index_all(hospital)
    return hospital


@pytest.fixture
def cora(north: Hospital) -> Client:
    return browser(make_user("coordinator", north))


def open_question(hospital: Hospital) -> StudyConflict:
    with in_hospital(hospital):
        return StudyConflict.objects.get(decided_at__isnull=True)


def test_both_sides_are_shown_with_what_differs_and_the_pictures(cora: Client, north: Hospital) -> None:
    refused(north, WindowCenter=40, PatientName="ROE^RICK")
    (line,) = cora.get(f"{SITE}/conflicts/").context["conflicts"]
    assert (line.images, line.reason) == (1, "SOPInstanceUID is held with other content.")
    page = cora.get(line.url)
    text = page.content.decode()
    for shown in ("ROE^RICK", "ROE^RICHARD", "WindowCenter"):
        assert shown in text
    assert [row.label for row in page.context["sides"].lines if row.differs] == ["Patient"]
    with in_hospital(north):
        number = QuarantinedInstance.objects.get().pk
        assert AuditEntry.objects.filter(action="conflict.viewed", object_id=str(open_question(north).pk)).count() == 1
    for side in ("came", "filed"):
        answer = cora.get(f"{SITE}/conflicts/images/{number}/{side}/")
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")


def test_a_decision_is_taken_and_taken_back(cora: Client, north: Hospital) -> None:
    refused(north, WindowCenter=40)
    address = f"{SITE}/conflicts/{open_question(north).pk}/"
    refusal = cora.post(address, {"decision": "reject", "remark": ""})
    assert (refusal.status_code, "needs its reason" in refusal.content.decode()) == (422, True)
    assert cora.post(address, {"decision": "accept", "remark": "rescanned"}).status_code == 302
    with in_hospital(north):
        assert Instance.objects.get().metadata["00281050"]["Value"] == [40]
    assert cora.get(f"{SITE}/conflicts/").context["conflicts"] == []
    assert "rescanned" in cora.get(address).content.decode()
    assert cora.post(f"{address}undo/").status_code == 302
    with in_hospital(north):
        assert "00281050" not in Instance.objects.get().metadata
        assert QuarantinedInstance.objects.get().conflict.decided_at is None


def test_images_of_another_patient_go_to_the_studys_patient_or_to_a_named_study(cora: Client, north: Hospital) -> None:
    refused(north, number=2, PatientID="P2")
    address = f"{SITE}/conflicts/{open_question(north).pk}/"
    wrong = cora.post(address, {"decision": "own", "target": "2.25.404"})
    assert (wrong.status_code, "No study has this UID" in wrong.content.decode()) == (422, True)
    assert cora.post(address, {"decision": "this_study"}).status_code == 302
    with in_hospital(north):
        assert Study.objects.get().number_of_instances == 2


def test_of_another_hospitals_side_nothing_is_shown_and_only_a_rejection_is_offered(north: Hospital) -> None:
    south = make_hospital("SOUTH")
    refused(south, number=2, PatientName="OTHER^NAME")
    carl = browser(make_user("coordinator", south))
    address = f"{SITE}/conflicts/{open_question(south).pk}/"
    text = carl.get(address).content.decode()
    assert "OTHER^NAME" in text
    assert "ROE^RICHARD" not in text
    assert 'value="own"' not in text
    assert carl.post(address, {"decision": "own"}).status_code == 403
    both = browser(make_user("coordinator", north, south))
    assert "ROE^RICHARD" in both.get(address).content.decode()
    assert both.post(address, {"decision": "own"}).status_code == 302


def test_a_study_is_rejected_and_its_note_revoked(cora: Client, north: Hospital) -> None:
    values = {"study": "2.25.1", "code": "113037", "remark": "wrong patient"}
    assert cora.post(f"{SITE}/rejection-notes/add/", values).status_code == 302
    with in_hospital(north):
        assert not Instance.objects.exists()
    (note,) = cora.get(f"{SITE}/rejection-notes/", {"search": "2.25.1"}).context["notes"]
    assert (note.images, note.get_code_display()) == (1, "Rejected for patient safety reasons")
    again = cora.post(f"{SITE}/rejection-notes/add/", values)
    assert (again.status_code, "No image that is to be seen" in again.content.decode()) == (422, True)
    assert cora.post(note.revoke_url).status_code == 302
    with in_hospital(north):
        assert Instance.objects.exists()
        assert RejectionNote.objects.get().revoked_by is not None
