"""Every address under both roots, tried by those who may not."""

from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from hospitals.models import User
from pacs_core.network.dicomweb import urls
from tests.pacs_core.network.dicomweb.archive import file_study, make_grant
from tests.pacs_core.network.dicomweb.conftest import Story, fetch
from tests.story import make_user

ACCEPT = {"Accept": "*/*"}


def of_images() -> list[URLPattern]:
    """The patterns of the principal's root but those of workitems, which test_workitems tries."""
    patterns = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)]
    return [pattern for pattern in patterns if "workitems" not in str(pattern.pattern)]


def addresses(study_instance_uid: str) -> list[str]:
    """One working GET address for every pattern of the principal's root, so that a new pattern can't be forgotten."""
    series = f"{study_instance_uid}.1"
    values = {"study": study_instance_uid, "series": series, "instance": f"{series}.1", "frames": "1"}
    values["element"] = "7FE00010"
    found = []
    for pattern in of_images():
        text = pattern.pattern.regex.pattern.removeprefix("^").removesuffix("$")
        for name, value in values.items():
            start = text.find(f"(?P<{name}>")
            if start >= 0:
                end = text.index(")", start)
                text = text[:start] + value + text[end + 1 :]
        found.append(text)
    return found


def test_both_roots_offer_the_same() -> None:
    (reading,) = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLResolver)]
    under_grant = {str(pattern.pattern) for pattern in reading.url_patterns}
    assert under_grant == {str(pattern.pattern) for pattern in of_images()}
    assert len(under_grant) == 23


def statuses(user: User | None, paths: list[str]) -> dict[str, int]:
    return {path: fetch(user, path, **ACCEPT)[0].status_code for path in paths}


def test_every_address_answers_those_who_may(story: Story) -> None:
    study = file_study(story.north)
    paths = addresses(study.study_instance_uid)
    grant = make_grant(story.referrer, study)
    for user in (story.radiologist, story.administrator, make_user("system_administrator")):
        assert set(statuses(user, paths).values()) == {200}
    assert set(statuses(story.referrer, [f"reading/{grant.key}/{path}" for path in paths]).values()) == {200}


def test_nobody_is_signed_out_everywhere(story: Story) -> None:
    study = file_study(story.north)
    grant = make_grant(story.radiologist, study)
    paths = addresses(study.study_instance_uid)
    for path in [*paths, *(f"reading/{grant.key}/{path}" for path in paths)]:
        response, _ = fetch(None, path, **ACCEPT)
        assert response.status_code == 401, path
        assert response["WWW-Authenticate"] == "Token"
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("role", ["referring_physician", "coordinator"])
def test_roles_without_the_right_to_browse_are_refused(story: Story, role: str) -> None:
    study = file_study(story.north)
    user = make_user(role, story.north)
    assert set(statuses(user, addresses(study.study_instance_uid)).values()) == {403}


def test_other_hospital_finds_nothing(story: Story) -> None:
    study = file_study(story.north)
    paths = addresses(study.study_instance_uid)
    searches = ["studies", "series", "instances"]
    for path in searches:
        assert fetch(story.foreign_radiologist, path)[0].status_code == 204
    named = [path for path in paths if path not in ("", *searches)]
    assert set(statuses(story.foreign_radiologist, named).values()) == {404}


def test_key_of_another_person_expired_or_unknown_is_not_found(story: Story) -> None:
    study = file_study(story.north)
    own = make_grant(story.radiologist, study)
    expired = make_grant(story.radiologist, study, minutes=-1)
    others = make_grant(story.referrer, study)
    paths = addresses(study.study_instance_uid)
    assert set(statuses(story.radiologist, [f"reading/{own.key}/{path}" for path in paths]).values()) == {200}
    for key in (expired.key, others.key, "unknown", own.key.upper()):
        assert set(statuses(story.radiologist, [f"reading/{key}/{path}" for path in paths]).values()) == {404}


def test_grant_reaches_no_other_study(story: Story) -> None:
    granted, other = file_study(story.north), file_study(story.north)
    grant = make_grant(story.radiologist, granted)
    (found,) = fetch(story.radiologist, f"reading/{grant.key}/studies")[0].json()
    assert found["0020000D"]["Value"] == [granted.study_instance_uid]
    for path in addresses(other.study_instance_uid)[4:]:
        assert fetch(story.radiologist, f"reading/{grant.key}/{path}", **ACCEPT)[0].status_code == 404, path


def test_grant_of_a_study_in_a_hospital_that_was_left_is_worth_nothing(story: Story) -> None:
    foreign = file_study(story.south)
    grant = make_grant(story.radiologist, foreign)
    assert fetch(story.radiologist, f"reading/{grant.key}/studies")[0].status_code == 404


def test_token_acts_for_its_user(story: Story) -> None:
    from knox.models import AuthToken

    study = file_study(story.north)
    _, token = AuthToken.objects.create(story.administrator)
    header: dict[str, Any] = {"Authorization": f"Token {token}"}
    (found,) = fetch(None, "studies", **header)[0].json()
    assert found["0020000D"]["Value"] == [study.study_instance_uid]
    assert fetch(None, "studies", Authorization=f"Token {token}x")[0].status_code == 401
    assert fetch(story.radiologist, "studies", Authorization="Token wrong")[0].status_code == 401
