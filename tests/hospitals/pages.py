"""Browsers of people, and the addresses of the administration."""

from django.test import Client
from django.urls import URLPattern

from hospitals import urls
from hospitals.models import User


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def administration_patterns() -> list[URLPattern]:
    """Every page of the administration, read from the router."""
    resolver = next(entry for entry in urls.urlpatterns if str(entry.pattern) == "administration/")
    return list(resolver.url_patterns)


def address_of(pattern: URLPattern, **values: object) -> str:
    """Fill a pattern's place holders, `node_id` and so on, from `values`."""
    address = str(pattern.pattern)
    for name, converter in (("code", "str"), *((name, "int") for name in values if name != "code")):
        address = address.replace(f"<{converter}:{name}>", str(values.get(name, "")))
    return f"/administration/{address}"
