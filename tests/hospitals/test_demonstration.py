"""The demonstration: it loads, again too, covers every case at every hour, and stays out of production."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from hospitals.checks import check_no_demonstration_accounts
from hospitals.demonstration import network
from hospitals.demonstration.cases import CASES, DemonstrationCase
from hospitals.demonstration.examinations import make_examination, prior_of
from hospitals.demonstration.network import DAYS_OF_ROTA, SHIFTS
from hospitals.demonstration.people import (
    COORDINATORS,
    PASSWORD,
    RADIOLOGISTS,
    READERS,
    REFERRERS,
    RESIDENTS,
    DemonstrationPerson,
    logins,
)
from hospitals.demonstration.places import HOSPITALS
from hospitals.models import Hospital, Membership, ReadingPrivilege, ReferringPhysicianIdentifier, Shift, User
from pacs_core.network.hl7.models import Hl7Source
from pacs_core.network.models import Node
from pacs_core.settings.environment import password_hashers
from reporting.models import SigningCertificate
from routing_rules.demonstration import RULES
from routing_rules.engine.facts import ExaminationFacts
from routing_rules.engine.planning import plan
from routing_rules.engine.rules import RuleBook
from routing_rules.engine.snapshot import ItemState, Kind, Level, ReaderState, Snapshot
from routing_rules.models import RuleSet
from tests.story import PASSWORD as STORY_PASSWORD
from tests.story import make_user, see_all

ZONES = {place.code: ZoneInfo(place.time_zone) for place in HOSPITALS}
# A plain examination of each kind that the rules tell apart; any hospital may send any of them.
KINDS = (
    ("CT", "HEAD", 60),
    ("CT", "CHEST", 60),
    ("CT", "ABDOMEN", 60),
    ("MR", "KNEE", 60),
    ("MG", "BREAST", 60),
    ("PT", "CHEST", 60),
    ("US", "ABDOMEN", 3),
    ("XA", "HEART", 60),
)


def hours_of_the_coming_week() -> Iterator[datetime]:
    start = timezone.now().replace(minute=30, second=0, microsecond=0)
    return (start + timedelta(hours=hour) for hour in range(7 * 24))


def is_on_shift(person: DemonstrationPerson, now: datetime) -> bool:
    hour, hours = SHIFTS[person.shift]
    zone = ZoneInfo(person.time_zone)
    for day in (now.date() + timedelta(days=number) for number in (-1, 0, 1)):
        starts_at = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
        if starts_at <= now < starts_at + timedelta(hours=hours):
            return True
    return False


def readers_at(now: datetime) -> tuple[ReaderState, ...]:
    return tuple(
        ReaderState(
            reader_id=number,
            name=person.name,
            email=person.email,
            subspecialties=frozenset(person.subspecialties),
            available_until=480.0 if is_on_shift(person, now) else None,
        )
        for number, person in enumerate(RADIOLOGISTS, start=1)
    )


def kind_of(hospital: str) -> Kind:
    strangers = (number for number, person in enumerate(RADIOLOGISTS, start=1) if hospital not in person.hospitals)
    return Kind(hospital, ("CT",), "", {f"No credential at {hospital}": tuple(strangers)})


def unread(examined: list[ExaminationFacts], now: datetime) -> list[ExaminationFacts]:
    """Return the examinations that a plan at this instant leaves with nobody."""
    book, codes = RuleBook(RULES), [place.code for place in HOSPITALS]
    items = tuple(
        ItemState(
            item_id=number,
            kind=codes.index(item.hospital),
            demand=book.demand_of(item.as_dict()),
            priority="routine",
            due_at=1440.0,
            service_level_minutes=1440.0,
            expected_minutes=5.0,
            relative_value=1.0,
        )
        for number, item in enumerate(examined)
    )
    planned = plan(
        Snapshot(
            taken_at=now.isoformat(),
            rule_set_version=1,
            levels={"routine": Level(1440.0, 1.0)},
            kinds=tuple(kind_of(code) for code in codes),
            items=items,
            readers=readers_at(now),
        )
    )
    return [item for number, item in enumerate(examined) if planned.reader_of()[number] is None]


def facts(
    hospital: str, modality: str, body_part: str, age: int, now: datetime, description: str = ""
) -> ExaminationFacts:
    local = now.astimezone(ZONES[hospital])
    return ExaminationFacts(
        modality=modality,
        body_part=body_part,
        procedure_code="",
        description=description,
        hospital=hospital,
        priority="routine",
        sex="F",
        weekday=f"{local:%A}".lower(),
        age_years=age,
        image_count=1,
        time_of_day=f"{local:%H:%M}",
    )


def facts_of(case: DemonstrationCase, now: datetime) -> ExaminationFacts:
    return facts(case.hospital, case.modality, case.body_part, case.age_years, now, case.description)


def test_every_case_has_a_reader_at_every_hour() -> None:
    holes = set()
    for now in hours_of_the_coming_week():
        examined = [facts_of(case, now) for case in CASES]
        examined += [facts(place.code, *kind, now) for place in HOSPITALS for kind in KINDS]
        holes |= {
            (item.hospital, item.modality, item.body_part, item.age_years, now.hour) for item in unread(examined, now)
        }
    assert not holes


def test_network_has_the_size_the_readme_names() -> None:
    assert len(HOSPITALS) == 4
    assert len({place.city for place in HOSPITALS}) == len({place.time_zone for place in HOSPITALS}) == 2
    assert (len(RADIOLOGISTS), len(RESIDENTS), len(COORDINATORS), len(REFERRERS)) == (14, 2, 2, 6)
    read = {name for person in RADIOLOGISTS for name in person.subspecialties}
    assert read == {"neuro", "body", "musculoskeletal", "chest", "breast", "paediatric", "nuclear"}
    assert {node for place in HOSPITALS for node in place.nodes} >= {case.node for case in CASES}
    assert {case.referrer for case in CASES} <= {person.identifier for person in REFERRERS}
    assert {login["role"] for login in logins()} == set(User.Role.labels)


@pytest.mark.parametrize(
    ("hour", "neuro"),
    [(5, "clara"), (6, "ada"), (13, "ada"), (14, "bruno"), (21, "bruno"), (22, "clara"), (0, "clara")],
)
def test_logins_show_readers_who_are_on_shift(hour: int, neuro: str) -> None:
    at = datetime(2026, 11, 24, hour, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    shown = logins(at.astimezone(ZoneInfo("Asia/Tokyo")))
    people = {person.email: person for person in RADIOLOGISTS}
    readers = [people[login["email"]] for login in shown if login["email"] in people]
    assert shown[0]["email"].startswith(neuro)
    assert ["neuro" in readers[0].subspecialties, "body" in readers[1].subspecialties] == [True, True]
    assert len(readers) == 2
    assert all(is_on_shift(person, at) for person in readers)
    residents = {person.email: person for person in RESIDENTS}
    assert shown[2]["email"] in residents
    assert is_on_shift(residents[shown[2]["email"]], at) or hour in (22, 0, 5)
    assert [login["role"] for login in shown[3:]] == [
        "Coordinator",
        "Referring physician",
        "Hospital administrator",
        "System administrator",
    ]


def test_priors_come_from_the_hospitals_pacs() -> None:
    for case in (case for case in CASES if case.prior_years):
        examination = make_examination(case, serial=1, now=timezone.now())
        place = next(place for place in HOSPITALS if place.code == case.hospital)
        assert (examination.node, prior_of(examination).node) == (case.node, place.priors_nodes[0])


def test_passwords_are_hashed_slowly_but_for_the_tests() -> None:
    argon2 = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert password_hashers("production") == password_hashers("demonstration") == argon2
    assert password_hashers("test") != argon2


def counts() -> dict[str, int]:
    models = (Hospital, User, Membership, ReadingPrivilege, ReferringPhysicianIdentifier, Shift, Node, Hl7Source)
    with see_all():
        return {model.__name__: model.objects.count() for model in models}


@pytest.mark.django_db
def test_loading_twice_changes_nothing_and_a_later_day_extends_the_rota(settings: object) -> None:
    settings.MERIDIAN_MODE = "demonstration"
    call_command("load_demonstration_network")
    first = counts()
    call_command("load_demonstration_network")
    assert counts() == first
    assert (first["Hospital"], first["User"], first["Hl7Source"]) == (4, 26, 4)
    assert first["Shift"] == 16 * (DAYS_OF_ROTA + 1)
    assert RuleSet.objects.count() == 1
    assert {user for (user,) in SigningCertificate.objects.values_list("user_id")} == set(
        User.objects.filter(email__in=[person.email for person in RADIOLOGISTS]).values_list("pk", flat=True)
    )
    for person in READERS:
        user = User.objects.get(email=person.email)
        assert tuple(user.radiologist_profile.subspecialties) == person.subspecialties
        assert user.radiologist_profile.is_resident == person.is_resident
        privileges = user.reading_privileges.values_list("hospital__code", flat=True)
        assert set(privileges) == set(person.hospitals)
    network._extend_rota(timezone.now().date() + timedelta(days=2))
    assert counts()["Shift"] == first["Shift"] + 2 * len(READERS)


@pytest.mark.django_db
def test_production_refuses_the_demonstration(settings: object) -> None:
    make_user("radiologist", email="ada.roth@meridian.example", is_demonstration=True)
    sign_in = {"username": "ada.roth@meridian.example", "password": STORY_PASSWORD}
    assert check_no_demonstration_accounts(databases=["default"]) == []
    assert Client().post("/sign-in/", sign_in).status_code == 302
    settings.PRODUCTION, settings.SESSION_COOKIE_SECURE = True, False
    assert [error.id for error in check_no_demonstration_accounts(databases=["default"])] == ["hospitals.E001"]
    assert Client().post("/sign-in/", sign_in).status_code == 422
    with pytest.raises(CommandError, match="production refuses"):
        call_command("load_demonstration_network")
    with pytest.raises(CommandError, match="not sent to a production"):
        call_command("send_demonstration_studies")
    User.objects.update(is_active=False)
    assert check_no_demonstration_accounts(databases=["default"]) == []


@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["demonstration", "test"])
def test_logins_are_shown_in_the_demonstration_only(settings: object, mode: str) -> None:
    settings.MERIDIAN_MODE = mode
    assert (PASSWORD in Client().get("/sign-in/").content.decode()) is (mode == "demonstration")
