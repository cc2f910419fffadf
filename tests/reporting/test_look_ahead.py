"""What the next case shows first is known ahead: nothing is claimed, and nothing counts as opened."""

import pytest
from django.test import Client

from hospitals.models import Hospital, User
from pacs_core.archive.models import ViewingGrant
from pacs_core.audit.models import AuditEntry
from tests.pacs_core.network.dicomweb.archive import file_study
from tests.story import in_hospital, make_hospital, make_item, make_patient, make_radiologist, make_user
from worklist.models import WorklistItem

pytestmark = pytest.mark.django_db


def ask(user: User) -> list[str]:
    browser = Client()
    browser.force_login(user)
    answer = browser.post("/reading/ahead/")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.json()["addresses"]


def actions(hospital: Hospital) -> set[str]:
    with in_hospital(hospital):
        return set(AuditEntry.objects.values_list("action", flat=True))


def test_the_next_case_and_its_prior_are_named_and_stay_free() -> None:
    hospital = make_hospital()
    reader, patient = make_radiologist(hospital), make_patient(hospital)
    prior, study = file_study(hospital, patient=patient), file_study(hospital, images=2, patient=patient)
    item = make_item(hospital, study, status="assigned", assigned_to=reader)
    addresses = ask(reader)
    with in_hospital(hospital):
        grant = ViewingGrant.objects.get()
        assert WorklistItem.objects.get().status == "assigned"
    series = [f"studies/{one.study_instance_uid}/series/{one.study_instance_uid}.1" for one in (study, prior)]
    images = [f"instances/{study.study_instance_uid}.1.{number}/frames/1" for number in (1, 2)]
    of_prior = f"instances/{prior.study_instance_uid}.1.1/frames/1"
    assert [address.removeprefix(f"/dicom-web/reading/{grant.key}/") for address in addresses] == [
        f"{series[0]}/metadata",
        *(f"{series[0]}/{image}" for image in images),
        f"{series[1]}/metadata",
        f"{series[1]}/{of_prior}",
    ]
    assert "study.viewing_prepared" in actions(hospital)
    assert actions(hospital).isdisjoint({"study.viewing_granted", "examination.opened", "worklist_item.claim"})
    browser = Client()
    browser.force_login(reader)
    opened = browser.get(f"/reading/{item.pk}/")
    assert opened.context["viewer_data"]["readingKey"] == grant.key


def test_nothing_is_named_where_nothing_waits_for_this_reader() -> None:
    hospital = make_hospital()
    reader, colleague = make_radiologist(hospital), make_radiologist(hospital)
    make_item(hospital, file_study(hospital), status="assigned", assigned_to=colleague)
    elsewhere = make_hospital("SOUTH")
    make_item(elsewhere, file_study(elsewhere))
    assert ask(reader) == []
    with in_hospital(hospital):
        assert not ViewingGrant.objects.exists()


@pytest.mark.parametrize("role", ["coordinator", "referring_physician"])
def test_other_roles_look_at_nothing_ahead(role: str) -> None:
    browser = Client()
    browser.force_login(make_user(role, make_hospital()))
    assert browser.post("/reading/ahead/").status_code == 403
