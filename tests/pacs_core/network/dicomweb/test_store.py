"""STOW-RS: what is taken, from whom, and what the answer says."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from pydicom.uid import EnhancedSRStorage

from hospitals.models import User
from pacs_core.archive.files import stored_path
from pacs_core.archive.models import QuarantinedInstance, ReceivedInstance, Study
from pacs_core.network.dicomweb.multipart_stream import multipart_bytes
from tests.pacs_core.archive.rejection_notes import make_note
from tests.pacs_core.network.dicomweb.archive import file_study, make_dataset, make_grant, part10
from tests.pacs_core.network.dicomweb.conftest import Story, client_of
from tests.story import make_patient, make_user, see_all

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
NEW_STUDY = "2.25.4711"


def store(
    user: User | None,
    contents: list[bytes],
    *,
    path: str = "studies",
    body: bytes | None = None,
    content_type: str = 'multipart/related; type="application/dicom"; boundary=b',
    headers: dict[str, str] | None = None,
) -> Any:
    if body is None:
        body = multipart_bytes([("application/dicom", content) for content in contents], boundary="b")
    headers = SAME_ORIGIN if headers is None else headers
    post = async_to_sync(client_of(user).post)
    return post(f"/dicom-web/{path}", data=body, content_type=content_type, headers=headers)


def new_instance(position: int = 1, study: str = NEW_STUDY) -> bytes:
    return part10(make_dataset(study_instance_uid=study, position=position))


def new_report(study: Study) -> bytes:
    return part10(make_dataset(study_instance_uid=study.study_instance_uid, position=9, SOPClassUID=EnhancedSRStorage))


def received() -> list[ReceivedInstance]:
    with see_all():
        return list(ReceivedInstance.objects.order_by("pk"))


def failure_reasons(response: Any) -> list[int]:
    return [item["00081197"]["Value"][0] for item in response.json()["00081198"]["Value"]]


def test_new_study_of_an_administrator_is_durable_and_referenced(story: Story, settings: Any) -> None:
    contents = [new_instance(1), new_instance(2)]
    response = store(story.administrator, contents)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/dicom+json"
    document = response.json()
    assert "00081198" not in document
    assert document["00081190"]["Value"] == [f"/dicom-web/studies/{NEW_STUDY}"]
    items = document["00081199"]["Value"]
    assert [item["00081155"]["Value"][0] for item in items] == [f"{NEW_STUDY}.1.1", f"{NEW_STUDY}.1.2"]
    rows = received()
    assert [row.hospital_id for row in rows] == [story.north.pk] * 2
    assert {row.source for row in rows} == {"stow"}
    assert [stored_path(row.file_path).read_bytes() for row in rows] == contents
    assert list(settings.INCOMING_ROOT.iterdir()) == []


def test_viewer_adds_a_report_to_the_study_being_read_only(story: Story) -> None:
    patient = make_patient(story.north, patient_id="P1")
    read, prior, other = (file_study(story.north, patient=patient) for _ in range(3))
    elsewhere = file_study(story.south)
    path = f"reading/{make_grant(story.radiologist, read, prior).key}/studies"
    assert store(story.radiologist, [new_report(read)], path=path).status_code == 200
    for study in (prior, other, elsewhere):
        refused = store(story.radiologist, [new_report(study)], path=path)
        assert (refused.status_code, failure_reasons(refused)) == (409, [0x0124])
    image = store(story.radiologist, [new_instance(9, read.study_instance_uid)], path=path)
    assert (image.status_code, failure_reasons(image)) == (409, [0x0124])
    assert [(row.study_instance_uid, row.source) for row in received()] == [(read.study_instance_uid, "viewer")]


def test_contradicting_parts_are_named_with_their_reason_beside_those_that_were_stored(story: Story) -> None:
    assert store(story.administrator, [new_instance(1)]).status_code == 200
    other_pixels = part10(make_dataset(study_instance_uid=NEW_STUDY, position=1, WindowCenter=40))
    mixed = store(story.administrator, [new_instance(2), other_pixels])
    assert (mixed.status_code, failure_reasons(mixed)) == (202, [0xC001])
    assert mixed.json()["00081199"]["Value"][0]["00081155"]["Value"] == [f"{NEW_STUDY}.1.2"]
    alone = store(story.administrator, [other_pixels])
    assert (alone.status_code, failure_reasons(alone)) == (409, [0xC001])
    again = store(story.administrator, [new_instance(1)])
    assert again.status_code == 200
    with see_all():
        assert QuarantinedInstance.objects.get().reason_code == "content_differs"


def test_a_reader_hides_no_image_by_a_rejection_note(story: Story) -> None:
    patient = make_patient(story.north, patient_id="P1")
    study = file_study(story.north, patient=patient).study_instance_uid
    note = part10(make_note(f"{study}.1.1", study=study))
    refused = store(story.radiologist, [note])
    assert (refused.status_code, failure_reasons(refused)) == (409, [0x0124])
    assert store(story.administrator, [note]).status_code == 200


def test_radiologist_makes_no_new_study(story: Story) -> None:
    refused = store(story.radiologist, [new_instance()])
    assert (refused.status_code, failure_reasons(refused)) == (409, [0x0124])
    assert received() == []


@pytest.mark.parametrize("role", ["referring_physician", "coordinator"])
def test_other_roles_store_nothing(story: Story, role: str) -> None:
    user = make_user(role, story.north)
    study = file_study(story.north)
    grant = make_grant(user, study)
    for path in ("studies", f"reading/{grant.key}/studies"):
        assert store(user, [new_instance(9, study.study_instance_uid)], path=path).status_code == 403
    assert received() == []


def test_nobody_stores(story: Story) -> None:
    assert store(None, [new_instance()]).status_code == 401
    assert received() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_forged_request_is_refused(story: Story, headers: dict[str, str]) -> None:
    assert store(story.administrator, [new_instance()], headers=headers).status_code == 403
    assert received() == []


def test_older_browser_with_our_origin_may_store(story: Story) -> None:
    assert store(story.administrator, [new_instance()], headers={"Origin": "http://testserver"}).status_code == 200


def test_machine_stores_with_its_token(story: Story) -> None:
    from knox.models import AuthToken

    _, token = AuthToken.objects.create(story.administrator)
    response = store(None, [new_instance()], headers={"Authorization": f"Token {token}"})
    assert response.status_code == 200
    assert len(received()) == 1


def test_some_taken_is_202_and_the_bad_one_is_in_quarantine(story: Story) -> None:
    cut = new_instance(2)[:-100]
    response = store(story.administrator, [new_instance(1), cut, b"no DICOM at all"])
    assert response.status_code == 202
    assert failure_reasons(response) == [0xC000, 0xC000]
    assert len(response.json()["00081199"]["Value"]) == 1
    assert len(received()) == 1
    with see_all():
        codes = set(QuarantinedInstance.objects.values_list("reason_code", flat=True))
    assert codes == {"truncated_dataset", "not_dicom"}


def test_none_taken_is_409(story: Story) -> None:
    response = store(story.administrator, [b"no DICOM at all"])
    assert (response.status_code, failure_reasons(response)) == (409, [0xC000])


def test_address_that_names_another_study_is_a_mismatch(story: Story) -> None:
    response = store(story.administrator, [new_instance(), new_instance(1, "2.25.99")], path=f"studies/{NEW_STUDY}")
    assert (response.status_code, failure_reasons(response)) == (202, [0xA900])


def test_principal_of_several_hospitals_names_one(story: Story) -> None:
    everywhere = make_user("system_administrator")
    unnamed = store(everywhere, [new_instance()])
    assert (unnamed.status_code, failure_reasons(unnamed)) == (409, [0x0110])
    assert store(everywhere, [new_instance()], path="studies?hospital=SOUTH").status_code == 200
    assert [row.hospital_id for row in received()] == [story.south.pk]
    assert store(story.administrator, [new_instance(2)], path="studies?hospital=SOUTH").status_code == 400


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/dicom+json", b"[]", 415),
        ("image/jpeg", b"JPEG", 415),
        ('multipart/related; type="application/dicom+json"; boundary=b', b"--b--", 400),
        ("multipart/form-data; boundary=b", b"--b--", 415),
        ('multipart/related; type="application/dicom"', b"--b--", 400),
        ('multipart/related; type="application/dicom"; boundary=b', b"\r\n", 400),
        ('multipart/related; type="application/dicom"; boundary=b', b"--b--", 400),
        ('multipart/related; type="application/dicom"; boundary=b', b"--b\r\n\r\nDICM", 400),
    ],
)
def test_body_that_is_no_store_is_refused(
    story: Story, settings: Any, content_type: str, body: bytes, status: int
) -> None:
    spooled_before = set(settings.INCOMING_ROOT.iterdir())
    response = store(story.administrator, [], body=body, content_type=content_type)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert received() == []
    assert set(settings.INCOMING_ROOT.iterdir()) == spooled_before


def test_oversized_body_is_refused(story: Story, settings: Any) -> None:
    content = new_instance()
    settings.STOW_MAXIMUM_BYTES = len(content)
    assert store(story.administrator, [content]).status_code == 413
    assert received() == []


def test_request_with_too_many_instances_is_told_how_many_were_kept(story: Story, settings: Any) -> None:
    settings.STOW_MAXIMUM_INSTANCES = 2
    contents = [new_instance() for _ in range(3)]
    refused = store(story.administrator, contents)
    assert refused.status_code == 413
    assert "more than 2 instances" in refused.json()["detail"]
    assert len(received()) == 2
    assert store(story.administrator, contents[2:]).status_code == 200


def test_full_storage_is_said_before_anything_is_read(story: Story, settings: Any) -> None:
    settings.STORAGE_RESERVE_BYTES = 2**62
    assert store(story.administrator, [new_instance()]).status_code == 503
    assert received() == []


def test_part_of_another_type_is_a_failure_beside_the_good_one(story: Story) -> None:
    body = multipart_bytes([("text/plain", b"hello"), ("application/dicom", new_instance())], boundary="b")
    response = store(story.administrator, [], body=body)
    assert (response.status_code, failure_reasons(response)) == (202, [0xC000])
    assert len(received()) == 1


def test_put_and_delete_are_not_offered(story: Story) -> None:
    client = client_of(story.administrator)
    for method in (client.put, client.delete):
        assert async_to_sync(method)("/dicom-web/studies").status_code == 405
