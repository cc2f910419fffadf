"""A door: who may open an address, and how its arguments and its body are made."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

READ, COORDINATE, REFER = "radiologist", "coordinator", "referring_physician"
ADMINISTER, SYSTEM = "hospital_administrator", "system_administrator"
EVERYBODY = (READ, COORDINATE, REFER, ADMINISTER, SYSTEM)
Body = Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Door:
    """Who may open an address with one method; `may` is empty for the public.

    `refused` answers a missing right; `foreign` answers the same role of another hospital, None where what is asked
    for belongs to no hospital or is the caller's own list.
    """

    may: tuple[str, ...]
    arguments: dict[str, str] = field(default_factory=dict)
    body: Body | None = None
    content_type: str = ""
    refused: int = 403
    foreign: int | None = 404
    right: tuple[int, ...] = (200, 201, 202, 204, 302)


def door(*may: str, body: Body | None = None, **arguments: str) -> Door:
    """A door to something of one hospital."""
    return Door(may, arguments, body)


def own_list(*may: str, body: Body | None = None) -> Door:
    """A door to the caller's own list; what it holds is checked by the app's tests."""
    return Door(may, body=body, foreign=None)


def form_of(**values: Any) -> Body:
    """A body of the values named, those of the world where it has one of that name."""
    return lambda world: {
        name: world.get(value, value) if isinstance(value, str) else value for name, value in values.items()
    }
