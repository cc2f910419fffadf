"""Whose an access token is and what its holder may see, by one query: machines send it with each request."""

from hmac import compare_digest
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, DateTimeField, OuterRef
from django.utils import timezone
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS

from hospitals.models import User
from hospitals.selectors.scopes import current_memberships, scope_of_user
from pacs_core.access.compiled_query import CompiledQuery, Parameter
from pacs_core.access.errors import TokenRefused
from pacs_core.access.scopes import Scope

_TOKEN = [field.attname for field in AuthToken._meta.concrete_fields]
_USER = [field.attname for field in User._meta.concrete_fields]


def _held_tokens() -> Any:
    hospitals = current_memberships(OuterRef("user_id"), Parameter("now", DateTimeField())).values("hospital_id")
    tokens = AuthToken.objects.filter(token_key=Parameter("key", CharField()))
    return tokens.values_list(*_TOKEN, *(f"user__{name}" for name in _USER), ArraySubquery(hospitals))


_tokens_of_key = CompiledQuery(_held_tokens)


def holder_of_token(header: str, *, address: str = "") -> tuple[User, AuthToken, Scope]:
    """Return who sent `Authorization: Token ...`, the token, and the holder's scope; or raise TokenRefused.

    Knox's own class asks for the token and all others of its holder, and leaves the memberships to a third query. It
    also deletes expired tokens, which here are only refused.
    """
    _, *words = header.split()
    if len(words) != 1:
        raise TokenRefused("Invalid token header: one token is expected, without spaces.")
    text, now = words[0], timezone.now()
    digest = hash_token(text)
    for row in _tokens_of_key.rows(key=text[: CONSTANTS.TOKEN_KEY_LENGTH], now=now):
        token = AuthToken.from_db("default", _TOKEN, row[: len(_TOKEN)])
        if not compare_digest(digest, token.digest) or (token.expiry is not None and token.expiry < now):
            continue
        user = User.from_db("default", _USER, row[len(_TOKEN) : -1])
        if not user.is_active:
            raise TokenRefused("User inactive or deleted.")
        return user, token, scope_of_user(user, address=address, hospital_ids=row[-1])
    raise TokenRefused("Invalid token.")
