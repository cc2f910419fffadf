"""What the administration's pages do: forms through the services, faults beside their field, lists that narrow down."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hospitals.models import Hospital, Membership, ReadingPrivilege, ReferringPhysicianIdentifier, Shift, User
from pacs_core.archive.models import QuarantinedInstance
from pacs_core.audit.models import AuditEntry
from pacs_core.audit.services import record_audit
from pacs_core.network.hl7.models import Hl7Source
from pacs_core.network.models import Node, RejectedAssociation
from tests.hospitals.pages import browser
from tests.story import (
    as_user,
    in_hospital,
    make_hospital,
    make_node,
    make_radiologist,
    make_user,
    see_all,
)

pytestmark = pytest.mark.django_db
SITE = "/administration"


@pytest.fixture
def north() -> Hospital:
    return make_hospital("NORTH")


@pytest.fixture
def sam() -> Client:
    return browser(make_user("system_administrator", email="sam@example.org"))


@pytest.fixture
def nora(north: Hospital) -> Client:
    return browser(make_user("hospital_administrator", north, email="nora@example.org"))


def audited(action: str) -> AuditEntry:
    with see_all():
        return AuditEntry.objects.select_related("actor").get(action=action)


def test_hospital_is_added_and_changed_by_the_person_who_is_signed_in(sam: Client) -> None:
    values = {"code": "EAST", "name": "East", "time_zone": "Europe/Berlin", "quiet_seconds": "20", "is_active": "on"}
    answer = sam.post(f"{SITE}/hospitals/add/", values)
    assert (answer.status_code, answer["Location"]) == (302, f"{SITE}/hospitals/")
    assert Hospital.objects.get().issuer_of_patient_id == "EAST"
    assert audited("hospital.added").actor.email == "sam@example.org"
    sam.post(f"{SITE}/hospitals/EAST/", values | {"city": "Kiel", "is_active": ""})
    assert (Hospital.objects.get().city, Hospital.objects.get().is_active) == ("Kiel", False)


def test_wrong_values_are_named_beside_their_fields(sam: Client) -> None:
    answer = sam.post(f"{SITE}/hospitals/add/", {"code": "x", "name": "", "time_zone": "Mars", "quiet_seconds": "0"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"code", "name", "time_zone", "quiet_seconds"}
    assert not Hospital.objects.exists()


def test_hospital_administrator_cannot_change_what_ties_the_hospital_to_the_network(
    nora: Client, north: Hospital
) -> None:
    assert "issuer_of_patient_id" not in nora.get(f"{SITE}/hospitals/NORTH/").context["form"].fields
    values = {"name": "N", "time_zone": "UTC", "quiet_seconds": "9", "issuer_of_patient_id": "EVIL", "is_active": ""}
    assert nora.post(f"{SITE}/hospitals/NORTH/", values).status_code == 302
    north.refresh_from_db()
    assert (north.name, north.issuer_of_patient_id, north.is_active) == ("N", "NORTH", True)


def test_rejected_caller_becomes_a_node(sam: Client, north: Hospital) -> None:
    RejectedAssociation.objects.create(
        calling_ae_title="NEW_CT",
        called_ae_title="MERIDIAN",
        peer_address="10.0.0.9",
        reason="calling_ae_title_unknown",
    )
    (rejection,) = sam.get(f"{SITE}/rejected-associations/").context["rejections"]
    form = sam.get(rejection.add_node_url).context["form"]
    assert (form["ae_title"].value(), form["host"].value()) == ("NEW_CT", "10.0.0.9")
    sam.post(f"{SITE}/nodes/add/", {"hospital": north.pk, "ae_title": "NEW_CT", "host": "10.0.0.9", "may_store": "on"})
    node = Node.objects.get()
    assert (node.hospital, node.may_store, node.may_find) == (north, True, False)


def test_node_is_changed_paused_and_removed(nora: Client, north: Hospital) -> None:
    node = make_node(north)
    address = f"{SITE}/nodes/{node.pk}/"
    assert nora.post(address, {"ae_title": "NORTH_CT2", "port": "104", "may_find": "on"}).status_code == 302
    node.refresh_from_db()
    assert (node.completion_rule, node.longest_wait_minutes) == (None, None)
    rule = {"completion_rule": "performed_step", "longest_wait_minutes": "45", "may_report_steps": "on"}
    assert nora.post(address, {"ae_title": "NORTH_CT2", "port": "104", "may_find": "on"} | rule).status_code == 302
    node.refresh_from_db()
    assert (node.completion_rule, node.longest_wait_minutes, node.may_report_steps) == ("performed_step", 45, True)
    assert (node.ae_title, node.port, node.may_store, node.may_find) == ("NORTH_CT2", 104, False, True)
    nora.post(f"{address}pause/")
    assert Node.objects.get().is_paused
    nora.post(f"{address}pause/", {"pause": "0"})
    assert not Node.objects.get().is_paused
    nora.post(f"{address}remove/")
    assert not Node.objects.exists()
    assert audited("node.removed").actor.email == "nora@example.org"


def test_the_systems_administrator_gives_a_node_the_whole_network_and_takes_it_back(
    sam: Client, north: Hospital
) -> None:
    node = make_node(north, "AI_BLEED")
    values = {"ae_title": "AI_BLEED", "host": "10.0.0.7", "port": "104", "may_store": "on"}
    for wanted in (True, False):
        answer = sam.post(f"{SITE}/nodes/{node.pk}/", values | ({"is_network_service": "on"} if wanted else {}))
        assert answer.status_code == 302
        node.refresh_from_db()
        assert node.is_network_service is wanted
    sam.post(
        f"{SITE}/nodes/add/",
        {"hospital": north.pk, "ae_title": "AI_LUNG", "host": "10.0.0.8", "port": "104", "is_network_service": "on"},
    )
    assert Node.objects.get(ae_title="AI_LUNG").is_network_service
    assert "whole network" in sam.get(f"{SITE}/nodes/").content.decode()


def test_a_hospitals_administrator_neither_gives_a_node_the_whole_network_nor_moves_one_that_has_it(
    nora: Client, north: Hospital
) -> None:
    """Else the studies of other hospitals would go where one hospital wants them."""
    own = make_node(north, "NORTH_AI", host="10.0.0.7", port=104)
    shared = make_node(north, "AI_BLEED", host="10.0.0.8", port=104, is_network_service=True)
    values = {"may_store": "on", "may_find": "on", "is_network_service": "on"}
    for node in (own, shared):
        address = f"{SITE}/nodes/{node.pk}/"
        assert "is_network_service" not in nora.get(address).context["form"].fields
        moved = values | {"ae_title": node.ae_title, "host": "10.9.9.9", "port": "105"}
        assert nora.post(address, moved).status_code == 302
        node.refresh_from_db()
        assert node.may_find
    assert (own.host, own.is_network_service) == ("10.9.9.9", False)
    assert (shared.host, shared.port, shared.is_network_service) == ("10.0.0.8", 104, True)
    for form in ({"ae_title": "NEW_AI"}, {"ae_title": "AI_BLEED", "host": "10.9.9.9"}):
        nora.post(f"{SITE}/nodes/add/", values | form | {"hospital": north.pk})
    assert not Node.objects.get(ae_title="NEW_AI").is_network_service
    shared.refresh_from_db()
    assert (shared.host, shared.is_network_service) == ("10.0.0.8", True)


@pytest.mark.parametrize(
    "refused",
    [{"is_network_service": False}, {"host": "10.9.9.9"}, {"port": 105}, {"ae_title": "AI_OTHER"}],
)
def test_a_hospitals_administrator_cannot_move_a_service_of_the_network_through_the_api(
    nora: Client, sam: Client, north: Hospital, refused: dict
) -> None:
    node = make_node(north, "AI_BLEED", host="10.0.0.8", port=104, is_network_service=True)
    address = f"/api/nodes/{node.pk}/"
    body = {"hospital": "NORTH", "ae_title": "AI_BLEED"} | refused
    assert nora.patch(address, refused, content_type="application/json").status_code == 403
    if "ae_title" not in refused:
        assert nora.post("/api/nodes/", body, content_type="application/json").status_code == 403
    assert nora.patch(address, {"may_find": True}, content_type="application/json").status_code == 200
    node.refresh_from_db()
    assert (node.host, node.port, node.ae_title, node.is_network_service) == ("10.0.0.8", 104, "AI_BLEED", True)
    assert sam.patch(address, refused, content_type="application/json").status_code == 200


def test_node_of_another_hospital_is_refused_beside_the_title(nora: Client, north: Hospital) -> None:
    make_node(make_hospital("SOUTH"), "TAKEN")
    node = make_node(north)
    for address, more in ((f"{SITE}/nodes/add/", {"hospital": north.pk}), (f"{SITE}/nodes/{node.pk}/", {})):
        answer = nora.post(address, {"ae_title": "TAKEN"} | more)
        assert answer.status_code == 422
        assert "belongs to another hospital" in answer.context["form"].errors["ae_title"][0]
    assert nora.post(f"{SITE}/nodes/{node.pk}/", {"ae_title": "A\\B"}).context["form"].errors["ae_title"]
    assert Node.objects.get(pk=node.pk).ae_title == "NORTH_CT"


def test_hl7_source_is_added_once(nora: Client, north: Hospital) -> None:
    values = {"hospital": north.pk, "application": "RIS", "facility": "MAIN"}
    for _ in range(2):
        assert nora.post(f"{SITE}/hl7-sources/add/", values).status_code == 302
    assert Hl7Source.objects.get().hospital == north
    assert audited("hl7_source.added").actor.email == "nora@example.org"
    foreign = values | {"hospital": make_hospital("SOUTH").pk, "facility": "OTHER"}
    assert nora.post(f"{SITE}/hl7-sources/add/", foreign).status_code == 422
    assert nora.post(f"{SITE}/hl7-sources/add/", values | {"facility": "A^B"}).status_code == 422
    assert Hl7Source.objects.count() == 1


def test_person_is_added_with_hospitals_and_gets_a_password(sam: Client, north: Hospital) -> None:
    values = {
        "email": "ada@example.org",
        "name": "Dr. Ada Roth",
        "role": "radiologist",
        "hospitals": [north.pk],
        "time_zone": "Europe/Berlin",
        "subspecialties": ["neuro", "body"],
        "maximum_open_items": "7",
    }
    assert sam.post(f"{SITE}/people/add/", values).status_code == 302
    again = sam.post(f"{SITE}/people/add/", values | {"name": "Someone else"})
    assert "exists" in again.context["form"].errors["email"][0]
    ada = User.objects.get(email="ada@example.org")
    assert (ada.name, ada.radiologist_profile.maximum_open_items) == ("Dr. Ada Roth", 7)
    page = f"{SITE}/people/{ada.pk}/"
    weak = sam.post(f"{page}password/", {"password": "short"})
    assert (weak.status_code, bool(weak.context["password_form"].errors["password"])) == (422, True)
    assert sam.post(f"{page}password/", {"password": "a long enough secret"}).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("a long enough secret")


def test_new_password_and_lock_out_end_the_persons_session(sam: Client, north: Hospital) -> None:
    ada = make_radiologist(north)
    screen = browser(ada)
    assert screen.get("/worklist/").status_code == 200
    sam.post(f"{SITE}/people/{ada.pk}/password/", {"password": "a long enough secret"})
    assert screen.get("/worklist/").status_code == 302
    screen = browser(User.objects.get(pk=ada.pk))
    sam.post(f"{SITE}/people/{ada.pk}/lock-out/")
    assert screen.get("/worklist/").status_code == 302
    assert not User.objects.get(pk=ada.pk).is_active
    sam.post(f"{SITE}/people/{ada.pk}/lock-out/", {"lock": "0"})
    assert User.objects.get(pk=ada.pk).is_active


def test_administrator_cannot_lock_themselves_out(sam: Client) -> None:
    me = User.objects.get(email="sam@example.org")
    answer = sam.post(f"{SITE}/people/{me.pk}/lock-out/", follow=True)
    assert "You cannot lock yourself out" in str(next(iter(answer.context["messages"])))
    assert User.objects.get(pk=me.pk).is_active


def test_hospital_administrator_manages_own_referrers(nora: Client, north: Hospital) -> None:
    values = {"email": "anna@example.org", "name": "Anna", "role": "referring_physician", "time_zone": "UTC"}
    assert nora.post(f"{SITE}/people/add/", values | {"hospitals": [north.pk]}).status_code == 302
    assert nora.post(f"{SITE}/people/add/", values | {"role": "system_administrator"}).status_code == 422
    assert nora.post(f"{SITE}/people/add/", values | {"email": "ben@example.org"}).status_code == 403
    anna = User.objects.get(email="anna@example.org")
    page = f"{SITE}/people/{anna.pk}/"
    assert nora.post(page, {"name": "Dr. Anna", "role": "referring_physician", "time_zone": "UTC"}).status_code == 302
    assert User.objects.get(pk=anna.pk).name == "Dr. Anna"
    nora.post(f"{page}identifiers/", {"hospital": north.pk, "identifier": "N7"})
    assert ReferringPhysicianIdentifier.objects.get(user=anna).identifier == "N7"
    nora.post(f"{page}memberships/NORTH/end/")
    assert Membership.objects.get(user=anna).valid_until <= timezone.now()


def test_hospital_administrator_cannot_take_over_a_shared_account(nora: Client, north: Hospital) -> None:
    shared = make_user("referring_physician", north, make_hospital("SOUTH"))
    radiologist = make_radiologist(north)
    for person in (shared, radiologist):
        page = f"{SITE}/people/{person.pk}/"
        assert nora.get(page).context["form"] is None
        before = User.objects.get(pk=person.pk).password
        for action in ("", "password/", "lock-out/", "end-tokens/", "memberships/"):
            assert nora.post(f"{page}{action}", {"password": "a long enough secret"}).status_code == 403, action
        after = User.objects.get(pk=person.pk)
        assert (after.password, after.is_active) == (before, True)


def test_privileges_and_shifts_are_planned_on_the_radiologists_page(sam: Client, north: Hospital) -> None:
    ada = make_radiologist(north, on_shift=False, time_zone="Europe/Berlin")
    page = f"{SITE}/people/{ada.pk}/"
    sam.post(f"{page}privileges/", {"hospital": north.pk, "modality": "CT", "until": "2027-01-31"})
    privilege = ReadingPrivilege.objects.get(modality="CT")
    assert privilege.valid_until.isoformat() == "2027-01-31T23:00:00+00:00"
    sam.post(f"{page}privileges/{privilege.pk}/withdraw/")
    privilege.refresh_from_db()
    assert privilege.valid_until <= timezone.now()
    sam.post(f"{page}shifts/", {"day": "2026-12-01", "starts": "22:00", "ends": "07:00", "days": "2"})
    spans = [(shift.starts_at.isoformat(), shift.ends_at.isoformat()) for shift in Shift.objects.order_by("starts_at")]
    assert spans == [
        ("2026-12-01T21:00:00+00:00", "2026-12-02T06:00:00+00:00"),
        ("2026-12-02T21:00:00+00:00", "2026-12-03T06:00:00+00:00"),
    ]
    faulty = sam.post(f"{page}shifts/", {"day": "2026-12-01", "starts": "22:00", "ends": "7", "days": "99"})
    assert (faulty.status_code, set(faulty.context["shift_form"].errors)) == (422, {"ends", "days"})
    sam.post(f"{page}shifts/{Shift.objects.first().pk}/remove/")
    assert Shift.objects.count() == 1


def test_quarantined_file_is_rejected_once_and_leaves_the_list(nora: Client, north: Hospital) -> None:
    with in_hospital(north):
        waiting = QuarantinedInstance.objects.create(
            hospital=north, source="dimse", file_path="absent", size_bytes=1, reason_code="x", reason="Unreadable"
        )
    address = f"{SITE}/quarantine/"
    assert nora.get(address).context["quarantined"] == [waiting]
    failed = nora.post(f"{address}{waiting.pk}/retry/", follow=True)
    assert "its file is missing" in str(next(iter(failed.context["messages"])))
    nora.post(f"{address}{waiting.pk}/reject/")
    assert nora.get(address).context["quarantined"] == []
    (decided,) = nora.get(address, {"state": "rejected"}).context["quarantined"]
    assert decided.resolved_by.email == "nora@example.org"
    again = nora.post(f"{address}{waiting.pk}/reject/", follow=True)
    assert "already rejected" in str(next(iter(again.context["messages"])))


def test_audit_narrows_down_and_hides_other_hospitals(nora: Client, sam: Client, north: Hospital) -> None:
    south = make_hospital("SOUTH")
    ada, anna = make_user("radiologist", north, south, name="Ada"), make_user("referring_physician", north, name="Anna")
    for user, hospital in ((ada, north), (ada, south), (anna, north)):
        with as_user(user):
            record_audit(action="report.viewed", object_type="report", object_id=5, hospital_id=hospital.pk)
    with as_user(ada):
        record_audit(action="signed_in", object_type="user", object_id=ada.pk)
    with as_user(anna):
        record_audit(action="signed_in", object_type="user", object_id=anna.pk)

    def entries(client: Client, **filters: str) -> list[tuple[str, str, str | None]]:
        found = client.get(f"{SITE}/audit/", filters).context["entries"]
        return [(entry.actor.name, entry.action, entry.hospital and entry.hospital.code) for entry in found]

    assert entries(nora) == [
        ("Anna", "signed_in", None),
        ("Anna", "report.viewed", "NORTH"),
        ("Ada", "report.viewed", "NORTH"),
    ]
    assert len(entries(sam)) == 5
    assert entries(sam, search="ada", action="report.", hospital=str(south.pk)) == [("Ada", "report.viewed", "SOUTH")]
    assert len(entries(sam, target="report 5")) == 3
    assert entries(sam, target=f"user {ada.pk}") == [("Ada", "signed_in", None)]
    assert entries(nora, hospital=str(south.pk)) == entries(nora)


def test_lists_narrow_down_by_their_filters(sam: Client, north: Hospital) -> None:
    south = make_hospital("SOUTH", is_active=False)
    make_node(north, "NORTH_CT", is_paused=True)
    make_node(south, "SOUTH_MR", last_stored_at=timezone.now())
    ada = make_radiologist(north, name="Ada Roth")
    make_user("coordinator", south, name="Olga", is_active=False)

    def found(address: str, name: str, **filters: object) -> list[str]:
        return [str(getattr(row, "ae_title", row)) for row in sam.get(f"{SITE}/{address}/", filters).context[name]]

    assert found("hospitals", "hospitals", state="inactive") == [south.name]
    assert found("hospitals", "hospitals", search="nor hosp") == [north.name]
    assert found("nodes", "nodes", state="paused") == found("nodes", "nodes", hospital=north.pk) == ["NORTH_CT"]
    assert found("nodes", "nodes", state="sends") == found("nodes", "nodes", search="mr") == ["SOUTH_MR"]
    assert found("people", "people", role="radiologist") == found("people", "people", search="roth") == [ada.name]
    assert found("people", "people", state="locked_out") == ["Olga"]
    assert found("people", "people", hospital=south.pk, state="active") == []
    assert len(found("people", "people", hospital="x", role="wizard", page="y")) == 3


def test_number_of_queries_does_not_grow_with_the_lists(sam: Client, north: Hospital) -> None:
    def add_rows(number: int) -> None:
        make_node(north, f"NODE_{number}", last_stored_at=timezone.now() - timedelta(hours=2))
        Hl7Source.objects.create(hospital=north, sending_application="RIS", sending_facility=str(number))
        make_user("coordinator", north, make_hospital(f"H{number}"))
        RejectedAssociation.objects.create(
            calling_ae_title=f"X{number}", called_ae_title="M", peer_address="1", reason="calling_ae_title_unknown"
        )
        with in_hospital(north):
            QuarantinedInstance.objects.create(
                hospital=north, source="dimse", file_path="x", size_bytes=1, reason_code="x", reason="x"
            )

    def counts() -> dict[str, int]:
        pages = (
            "",
            "hospitals/",
            "nodes/",
            "hl7-sources/",
            "people/",
            "rejected-associations/",
            "quarantine/",
            "audit/",
        )
        found = {}
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert sam.get(f"{SITE}/{page}").status_code == 200
            found[page] = len(queries)
        return found

    add_rows(0)
    few = counts()
    for number in range(1, 7):
        add_rows(number)
    assert counts() == few
    assert max(few.values()) <= 22


def test_lists_are_paged(sam: Client, north: Hospital) -> None:
    Node.objects.bulk_create(Node(hospital=north, ae_title=f"NODE_{number:02}") for number in range(53))
    assert len(sam.get(f"{SITE}/nodes/").context["nodes"]) == 50
    page = sam.get(f"{SITE}/nodes/", {"page": "2"})
    assert len(page.context["nodes"]) == 3
    assert "51–53 of 53" in page.content.decode()
