"""Services of hospitals, people, privileges and shifts: repeating changes nothing, faults name the field."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from hospitals.errors import InvalidValue, UnknownHospital, UnknownPerson
from hospitals.models import Hospital, Membership, ReferringPhysicianIdentifier, Shift, User
from hospitals.services.directory import add_hospital
from hospitals.services.people import (
    add_user,
    create_token,
    end_membership,
    find_person,
    revoke_tokens,
    set_referring_identifier,
)
from hospitals.services.rights import end_right, grant_privilege
from hospitals.services.rota import add_shift, remove_shift
from pacs_core.audit.models import AuditEntry
from pacs_core.events.models import Event
from tests.story import as_user, make_hospital, make_radiologist, make_user, see_all

pytestmark = pytest.mark.django_db


def audited() -> list[tuple[str, int | None]]:
    with see_all():
        return list(AuditEntry.objects.order_by("pk").values_list("action", "hospital_id"))


def test_hospital_is_added_once_and_then_changed() -> None:
    north, is_new = add_hospital(code="north", name="North", time_zone="Europe/Berlin")
    assert is_new
    assert (north.code, north.issuer_of_patient_id, north.issuer_of_accession_number) == ("NORTH", "NORTH", "NORTH")
    again, is_new = add_hospital(code="NORTH", name="North", time_zone="Europe/Berlin")
    assert (again, is_new) == (north, False)
    assert audited() == [("hospital.added", north.pk)]
    add_hospital(code="NORTH", city="Hamburg")
    assert Hospital.objects.get().city == "Hamburg"
    assert audited()[-1] == ("hospital.changed", north.pk)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Maybe Europe/Berlin"),
        ({"name": ""}, "name", "blank"),
        ({"colour": "red"}, "colour", "no field of a hospital"),
        ({"quiet_seconds": -1}, "quiet_seconds", "greater than or equal"),
    ],
)
def test_hospital_with_a_wrong_value_names_the_field(values: dict, field: str, words: str) -> None:
    with pytest.raises(InvalidValue, match=words) as refused:
        add_hospital(code="NORTH", **({"name": "North", "time_zone": "UTC"} | values))
    assert refused.value.field == field
    assert not Hospital.objects.exists()


def test_person_is_added_once_and_then_changed() -> None:
    make_hospital("NORTH")
    values = {"email": "Ada@Example.org", "role": "radiologist", "name": "Ada", "subspecialties": ["neuro"]}
    with see_all():
        ada, is_new = add_user(hospital_codes=["north"], **values)
        assert is_new
        assert not ada.has_usable_password()
        before = len(audited())
        assert add_user(hospital_codes=["NORTH"], **values) == (ada, False)
        assert len(audited()) == before
        add_user(email="ada@example.org", subspecialties=["neuro", "body"], maximum_open_items=7)
    profile = User.objects.get().radiologist_profile
    assert (profile.subspecialties, profile.maximum_open_items) == (["neuro", "body"], 7)
    assert len(audited()) == before + 1
    assert find_person("ADA@example.org") == ada


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"role": "wizard"}, "role", "not a valid choice"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Maybe Europe/Berlin"),
        ({"subspecialties": ["feet"]}, "subspecialties", "Maybe one of neuro"),
        ({"maximum_open_items": 0}, "maximum_open_items", "between 1 and"),
        ({"password": "short"}, "password", "at least 10"),
        ({"email": "nonsense"}, "email", "valid email"),
        ({"is_staff": True}, "is_staff", "no field of a person"),
    ],
)
def test_person_with_a_wrong_value_names_the_field_and_leaves_nothing(values: dict, field: str, words: str) -> None:
    with see_all(), pytest.raises(InvalidValue, match=words) as refused:
        add_user(**({"email": "ada@example.org", "role": "radiologist", "name": "Ada"} | values))
    assert refused.value.field == field
    assert not User.objects.exists()


def test_unknown_hospital_and_person_say_how_to_add_them() -> None:
    with see_all():
        with pytest.raises(UnknownHospital, match=r"Maybe add it first: manage\.py add_hospital SOUTH"):
            add_user(email="ada@example.org", role="radiologist", name="Ada", hospital_codes=["SOUTH"])
        with pytest.raises(UnknownPerson, match=r"ada@example\.org"):
            create_token(email="ada@example.org")
    assert not User.objects.exists()


def test_nobody_locks_themselves_out_or_changes_their_own_role() -> None:
    sam, other = make_user("system_administrator"), make_user("system_administrator")
    with as_user(sam):
        for values, field in (({"is_active": False}, "is_active"), ({"role": "radiologist"}, "role")):
            with pytest.raises(InvalidValue, match="Maybe ask another administrator") as refused:
                add_user(email=sam.email, **values)
            assert refused.value.field == field
        add_user(email=other.email, is_active=False)
    assert list(User.objects.filter(is_active=True)) == [sam]


def test_ended_membership_begins_again_when_added_again() -> None:
    north = make_hospital()
    ada = make_user("radiologist", north)
    with see_all():
        end_membership(user=ada, hospital=north)
        end_membership(user=ada, hospital=north)
        assert audited() == [("membership.ended", north.pk)]
        assert Event.objects.get(name="AccessChanged").payload == {"user_ids": [ada.pk]}
        assert Membership.objects.get().valid_until <= timezone.now()
        add_user(email=ada.email, hospital_codes=["NORTH"])
    assert Membership.objects.get().valid_until is None


def test_membership_with_an_end_ahead_ends_now() -> None:
    north = make_hospital()
    ada = make_user("radiologist", north)
    Membership.objects.update(valid_until=timezone.now() + timedelta(days=3))
    with see_all():
        end_membership(user=ada, hospital=north)
    assert Membership.objects.get().valid_until <= timezone.now()


def test_tokens_are_revoked_together() -> None:
    ada = make_user("radiologist")
    with see_all():
        assert create_token(email=ada.email) != create_token(email=ada.email)
        assert revoke_tokens(user=ada) == 2
        assert revoke_tokens(user=ada) == 0


def test_privilege_is_granted_once_renewed_and_withdrawn() -> None:
    north = make_hospital()
    ada = make_radiologist(north)
    end = timezone.now() + timedelta(days=9)
    with see_all():
        first = grant_privilege(radiologist=ada, hospital=north, modality="ct")
        assert grant_privilege(radiologist=ada, hospital=north, modality="CT") == first
        assert audited() == [("privilege.granted", north.pk)]
        assert grant_privilege(radiologist=ada, hospital=north, modality="CT", valid_until=end).valid_until == end
        first = end_right(right=first)
        assert first.valid_until <= timezone.now()
        with pytest.raises(InvalidValue, match="not a radiologist"):
            grant_privilege(radiologist=make_user("coordinator", north), hospital=north)


def test_shift_is_added_once_moved_and_removed() -> None:
    ada = make_radiologist(on_shift=False)
    start = timezone.now().astimezone(ZoneInfo("Europe/Berlin"))
    with see_all():
        shift = add_shift(radiologist=ada, starts_at=start, ends_at=start + timedelta(hours=8))
        assert add_shift(radiologist=ada, starts_at=start, ends_at=start + timedelta(hours=8)) == shift
        assert [action for action, _hospital in audited()] == ["shift.added"]
        add_shift(radiologist=ada, starts_at=start, ends_at=start + timedelta(hours=9))
        assert Shift.objects.get().ends_at == start + timedelta(hours=9)
        for ends_at in (start, start - timedelta(hours=1), start + timedelta(hours=37)):
            with pytest.raises(InvalidValue, match="after starts_at, at most 36 hours"):
                add_shift(radiologist=ada, starts_at=start, ends_at=ends_at)
        remove_shift(shift=shift)
    assert not Shift.objects.exists()


def test_number_in_orders_names_one_person_of_a_hospital() -> None:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    anna, ben = make_user("referring_physician", north), make_user("referring_physician", north)
    with see_all():
        set_referring_identifier(user=anna, hospital=north, identifier=" N1 ")
        set_referring_identifier(user=anna, hospital=north, identifier="N1")
        assert audited() == [("referring_identifier.changed", north.pk)]
        set_referring_identifier(user=ben, hospital=south, identifier="N1")
        with pytest.raises(InvalidValue, match="names another person at NORTH"):
            set_referring_identifier(user=ben, hospital=north, identifier="N1")
        assert ReferringPhysicianIdentifier.objects.get(user=ben).hospital == south
        set_referring_identifier(user=anna, hospital=north, identifier="")
        assert not ReferringPhysicianIdentifier.objects.filter(user=anna).exists()
        with pytest.raises(InvalidValue, match="no referring physician"):
            set_referring_identifier(user=make_user("coordinator"), hospital=north, identifier="N2")
