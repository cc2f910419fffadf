"""Access tokens: whose they are and what their holder may see, found by one query and no longer than they hold."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from knox.models import AuthToken

from hospitals.models import Hospital, Membership, User
from hospitals.selectors.scopes import scope_of_user
from hospitals.selectors.tokens import holder_of_token
from hospitals.services.people import revoke_tokens
from pacs_core.access.errors import TokenRefused
from tests.story import as_user, make_hospital, make_user

pytestmark = pytest.mark.django_db


def token_of(user: User, **values: Any) -> str:
    return f"Token {AuthToken.objects.create(user, **values)[1]}"


def test_token_is_its_holders_by_one_query(django_assert_num_queries: Callable[[int], Any]) -> None:
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    holder = make_user("hospital_administrator", north)
    token_of(make_user("hospital_administrator", south))
    header = token_of(holder)
    holder_of_token(header)  # its SQL is written once
    with django_assert_num_queries(1):
        user, token, scope = holder_of_token(header, address="192.0.2.7")
    assert (user, token.user_id, scope.hospital_ids) == (holder, holder.pk, {north.pk})
    assert scope == scope_of_user(User.objects.get(pk=holder.pk), address="192.0.2.7")


@pytest.mark.parametrize(
    "change",
    [
        lambda north: Membership.objects.update(valid_until=timezone.now()),
        lambda north: Membership.objects.update(valid_from=timezone.now() + timedelta(hours=1)),
        lambda north: Membership.objects.all().delete(),
        lambda north: Hospital.objects.filter(pk=north.pk).update(is_active=False),
    ],
)
def test_what_a_person_loses_its_token_loses_at_once(change: Callable[[Hospital], Any]) -> None:
    north = make_hospital("NORTH")
    header = token_of(make_user("radiologist", north))
    assert holder_of_token(header)[2].hospital_ids == {north.pk}
    change(north)
    assert holder_of_token(header)[2].hospital_ids == frozenset()


def test_system_administrators_token_sees_every_hospital() -> None:
    header = token_of(make_user("system_administrator"))
    north, south = make_hospital("NORTH"), make_hospital("SOUTH")
    assert holder_of_token(header)[2].hospital_ids == {north.pk, south.pk}


def test_token_that_expired_or_was_revoked_is_refused() -> None:
    user = make_user("radiologist", make_hospital("NORTH"))
    lasting, expired = token_of(user), token_of(user, expiry=timedelta(seconds=-1))
    with pytest.raises(TokenRefused):
        holder_of_token(expired)
    assert holder_of_token(lasting)[0] == user
    with as_user(user):
        revoke_tokens(user=user)
    with pytest.raises(TokenRefused):
        holder_of_token(lasting)
