"""The pages of the procedure map: what they show, what they do, what they refuse, whose names they leave out."""

import csv
import io
from itertools import pairwise

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hospitals.models import Hospital, User
from pacs_core.audit.models import AuditEntry
from routing_rules.models import LearningRun, LearntReadingTime, Procedure
from routing_rules.views.plots import axis_around
from tests.hospitals.pages import browser
from tests.routing_rules.procedures.arrange import make_mapping, make_procedure
from tests.story import make_hospital, make_radiologist, make_user, see_all

SITE = "/coordination/procedures/"
VALUES = {
    "code": "ct_neck",
    "name": "CT neck",
    "modality": "CT",
    "body_part": "neck",
    "subspecialty": "neuro",
    "relative_value": "1.25",
    "expected_minutes": "9",
}


@pytest.fixture
def north(db: None) -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def coordinator(north: Hospital) -> User:
    return make_user("coordinator", north)


@pytest.fixture
def olga(coordinator: User) -> Client:
    return browser(coordinator)


def test_labels_of_a_long_axis_do_not_touch() -> None:
    marks = axis_around([0.9, 130.0], (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120)).marks()
    assert [mark["label"] for mark in marks][:2] == ["1", "2"]
    assert all(later["x"] - earlier["x"] >= 30 for earlier, later in pairwise(marks))


def send(client: Client, *choices: str, query: str = "") -> tuple[int, str]:
    """What the page's script sends and gets."""
    answer = client.post(f"{SITE}map/{query}", {"choice": choices}, headers={"HX-Request": "true"})
    return answer.status_code, answer.content.decode()


def csv_file(*rows: str, head: str = "code,name,modality,relative_value,expected_minutes") -> SimpleUploadedFile:
    return SimpleUploadedFile("catalogue.csv", "\n".join((head, *rows)).encode())


def test_waiting_names_come_with_suggestions_and_other_hospitals_names_do_not_come(
    north: Hospital, olga: Client
) -> None:
    head = make_procedure()
    make_mapping(north, description="CT SKULL WITHOUT CONTRAST")
    make_mapping(north, head, code="M1", description="MAPPED ALREADY")
    make_mapping(make_hospital("SOUTH"), description="SECRET OF SOUTH")
    page = olga.get(SITE).content.decode()
    assert "CT SKULL WITHOUT CONTRAST" in page
    assert "maybe CT_HEAD" in page
    assert "Words in common: contrast, head, without" in page
    assert "MAPPED ALREADY" not in page
    assert "SECRET OF SOUTH" not in olga.get(f"{SITE}?state=&search=secret").content.decode()
    assert "MAPPED ALREADY" in olga.get(f"{SITE}?state=mapped").content.decode()


def test_names_are_mapped_in_bulk_and_the_answer_is_the_list_as_it_is_then(north: Hospital, olga: Client) -> None:
    head = make_procedure()
    rows = [make_mapping(north, code=f"C{number}", description=f"NAME {number}") for number in range(3)]
    status, page = send(olga, f"{rows[0].pk}:{head.pk}", f"{rows[1].pk}:{head.pk}")
    assert status == 200
    assert "2 names are mapped." in page
    assert f'data-choices="{rows[0].pk}: {rows[1].pk}:"' in page
    assert ("NAME 2" in page, "NAME 0" in page) == (True, False)
    status, page = send(olga, f"{rows[0].pk}:", f"{rows[1].pk}:")
    assert "2 names wait again." in page
    with see_all():
        assert AuditEntry.objects.filter(action="procedure.unmapped").count() == 2


def test_a_refused_mapping_says_why_and_changes_nothing(north: Hospital, olga: Client) -> None:
    magnet = make_procedure("MR_KNEE", modality="MR")
    row = make_mapping(north, description="CT KNEE")
    status, page = send(olga, f"{row.pk}:{magnet.pk}")
    assert status == 422
    assert "CT KNEE is CT, MR_KNEE is MR." in page
    with see_all():
        row.refresh_from_db()
    assert row.procedure is None


@pytest.mark.parametrize("choice", ["", "x:1", "1", "1:x", "1:-2"])
def test_choices_that_cannot_be_read_are_refused(olga: Client, choice: str) -> None:
    answer = olga.post(f"{SITE}map/", {"choice": choice})
    assert answer.status_code in (400, 404)


def test_another_hospitals_name_is_not_found_and_stays(north: Hospital, olga: Client) -> None:
    row, head = make_mapping(make_hospital("SOUTH")), make_procedure()
    assert send(olga, f"{row.pk}:{head.pk}")[0] == 404
    with see_all():
        row.refresh_from_db()
    assert row.procedure is None


@pytest.mark.parametrize("role", ["radiologist", "referring_physician", "hospital_administrator"])
def test_the_map_is_the_coordinators(north: Hospital, role: str) -> None:
    row, head = make_mapping(north), make_procedure()
    person = browser(make_user(role, north))
    assert send(person, f"{row.pk}:{head.pk}")[0] == 403
    assert person.get(SITE).status_code == 403
    assert person.post(f"{SITE}catalogue/add/", VALUES).status_code == 403
    assert person.post(f"{SITE}reading-times/learn/").status_code == 403
    with see_all():
        row.refresh_from_db()
    assert (row.procedure, Procedure.objects.count(), LearningRun.objects.count()) == (None, 1, 0)


def test_a_procedure_is_added_changed_retired_and_used_again(olga: Client, coordinator: User) -> None:
    assert olga.post(f"{SITE}catalogue/add/", VALUES)["Location"] == f"{SITE}catalogue/"
    entry = Procedure.objects.get(code="CT_NECK")
    assert (entry.body_part, entry.relative_value) == ("NECK", 1.25)
    olga.post(f"{SITE}catalogue/{entry.pk}/", VALUES | {"expected_minutes": "11"})
    olga.post(f"{SITE}catalogue/{entry.pk}/retire/")
    entry.refresh_from_db()
    assert (entry.expected_minutes, entry.is_active) == (11, False)
    assert "CT_NECK" not in olga.get(f"{SITE}catalogue/").content.decode().split("toasts")[0].split("<tbody>")[1]
    olga.post(f"{SITE}catalogue/{entry.pk}/use/")
    entry.refresh_from_db()
    assert entry.is_active
    with see_all():
        actions = AuditEntry.objects.filter(actor=coordinator, object_type="procedure").order_by("pk")
        assert list(actions.values_list("action", flat=True)) == [
            *("procedure.added", "procedure.changed", "procedure.retired", "procedure.changed"),
        ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "CT NECK"}, "is no code: letters, digits"),
        ({"relative_value": "99"}, "less than or equal to 50"),
        ({"expected_minutes": ""}, "This field is required"),
        ({"code": "CT_HEAD"}, "CT_HEAD is in the catalogue already"),
    ],
)
def test_a_fault_is_said_beside_its_field(olga: Client, change: dict[str, str], words: str) -> None:
    make_procedure()
    answer = olga.post(f"{SITE}catalogue/add/", VALUES | change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Procedure.objects.count() == 1


def test_a_replacement_of_another_modality_is_refused(olga: Client) -> None:
    old, other = make_procedure("OLD"), make_procedure("NEW", modality="MR")
    answer = olga.post(f"{SITE}catalogue/{old.pk}/retire/", {"replacement": other.pk}, follow=True)
    assert "NEW is MR, OLD is CT." in answer.content.decode()
    old.refresh_from_db()
    assert old.is_active


def test_an_export_is_taken_again_without_a_change(olga: Client) -> None:
    make_procedure(name="=CMD(), with a comma")
    make_procedure("CT_OLD", is_active=False)
    answer = olga.get(f"{SITE}catalogue/export/")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [(row["code"], row["name"], row["is_active"]) for row in rows] == [
        ("CT_HEAD", "'=CMD(), with a comma", "true"),
        ("CT_OLD", "CT head without contrast", "false"),
    ]
    file = SimpleUploadedFile("again.csv", answer.content)
    page = olga.post(f"{SITE}catalogue/import/", {"file": file}, follow=True).content.decode()
    assert "0 procedures added, 0 changed, 2 as they were." in page


def test_a_file_adds_and_changes(olga: Client) -> None:
    make_procedure()
    file = csv_file("CT_HEAD,CT head,CT,0.9,7", "MR_KNEE,MRI knee,MR,1.35,11")
    page = olga.post(f"{SITE}catalogue/import/", {"file": file}, follow=True).content.decode()
    assert "1 procedures added, 1 changed, 0 as they were." in page
    assert dict(Procedure.objects.values_list("code", "expected_minutes")) == {"CT_HEAD": 7.0, "MR_KNEE": 11.0}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (csv_file("CT_NECK,CT neck,CT,1,9", "CT_X,CT x,XX,1,9"), "line 3"),
        (csv_file("CT_NECK,CT neck,CT,1,9", "CT_NECK,CT neck,CT,1,9"), "CT_NECK is on line 2 already"),
        (csv_file("CT_NECK,CT neck,CT,one,9"), "&#x27;one&#x27; is no number"),
        (csv_file("CT_NECK,CT", head="code,naem"), "column name is missing"),
        (SimpleUploadedFile("x.csv", b"\xff\xfe\x00"), "the file is not UTF-8"),
    ],
)
def test_a_file_with_a_fault_is_refused_whole(olga: Client, file: SimpleUploadedFile, words: str) -> None:
    file.seek(0)
    answer = olga.post(f"{SITE}catalogue/import/", {"file": file})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Procedure.objects.exists()


def test_reading_times_are_shown_against_the_catalogue_and_strangers_paces_are_not(
    north: Hospital, olga: Client
) -> None:
    head = make_procedure(expected_minutes=8.0)
    ada, stranger = make_radiologist(north), make_radiologist(make_hospital("SOUTH"), name="Dr. Stranger")
    LearntReadingTime.objects.create(procedure=head, minutes=6.0, number_of_readings=41)
    for reader in (ada, stranger):
        LearntReadingTime.objects.create(radiologist=reader, speed_factor=1.2, number_of_readings=30)
    page = olga.get(f"{SITE}reading-times/").content.decode()
    assert "catalogue 8.0, learnt 6.0 minutes" in page
    assert "25 % shorter" in page
    assert "20 % slower" in page
    assert ada.name in page
    assert "Dr. Stranger" not in page


def test_learning_is_asked_for_once_and_its_progress_is_shown(olga: Client, coordinator: User) -> None:
    olga.post(f"{SITE}reading-times/learn/")
    page = olga.post(f"{SITE}reading-times/learn/", follow=True).content.decode()
    assert LearningRun.objects.get().requested_by == coordinator
    assert "learnt already" in page
    assert "<progress" in page
    assert 'hx-trigger="every 1s"' in page
    LearningRun.objects.update(status="done", readings_used=5, left_out={"absurd": 2}, progress=1)
    page = olga.get(f"{SITE}reading-times/").content.decode()
    assert "from 5 readings" in page
    assert "2 too short or too long to be true" in page
    assert "hx-trigger" not in page.split('id="learnt"')[1]
