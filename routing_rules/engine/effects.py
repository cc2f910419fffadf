"""The closed list of effects, and how each is checked before a rule is saved."""

from collections.abc import Callable, Iterable
from typing import Any

from routing_rules.engine.conditions import maybe
from routing_rules.engine.facts import PRIORITIES
from routing_rules.errors import InvalidRule

READINGS = ("single", "double", "two_tier")
# Whom a rule may notify, beside mail addresses and "group:<name of a reader group>".
NOTIFIED = ("coordinators", "reader")
GROUP_PREFIX = "group:"
MAXIMUM_MINUTES = 60 * 24 * 28
DEFAULT_HOLD_SHARE = 0.5

# Effects of which the first rule that matches decides; the others add up.
FIRST_DECIDES = (
    "require_subspecialty",
    "prefer_subspecialty",
    "require_group",
    "prefer_group",
    "require_reader",
    "prefer_reader",
    "set_service_level_minutes",
    "hold_for_subspecialty",
    "reading",
)
ADD_UP = ("never_reader", "raise_priority", "change_service_level", "keep_with_one_reader", "send_to_nodes", "notify")
# Rule sets of old hold them without a value: they ask for nothing.
_MAY_BE_EMPTY = ("require_subspecialty", "never_reader")
EFFECTS = (*FIRST_DECIDES, "hold_share", *ADD_UP)


def texts(value: str | Iterable[str]) -> tuple[str, ...]:
    """Return one text or several as several."""
    return (value,) if isinstance(value, str) else tuple(value)


def check_effects(effects: Any, place: str, subspecialties: tuple[str, ...]) -> None:
    """Raise InvalidRule unless every effect is known and has a value that it can use."""
    if not isinstance(effects, dict):
        raise InvalidRule(place, "is no list of effects")
    for name, value in effects.items():
        if name not in EFFECTS:
            raise InvalidRule(place, f"{name!r} is no effect.{maybe(name, EFFECTS)}")
        if value == "" and name in _MAY_BE_EMPTY:
            continue
        if name.endswith("_subspecialty"):
            _check_choice(value, f"{place}.{name}", subspecialties)
        elif name in _CHOICES:
            _check_choice(value, f"{place}.{name}", _CHOICES[name])
        elif not _FORMS[name][0](value):
            raise InvalidRule(f"{place}.{name}", f"{value!r} is not {_FORMS[name][1]}")
    if "hold_share" in effects and "hold_for_subspecialty" not in effects:
        raise InvalidRule(f"{place}.hold_share", "holds for nobody. Maybe add hold_for_subspecialty.")


def _check_choice(value: Any, place: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidRule(place, f"{value!r} is unknown. Maybe one of {', '.join(choices)}.")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, list) and bool(value) and all(_is_text(one) for one in value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_addressee(value: Any) -> bool:
    return _is_text(value) and (
        value in NOTIFIED or "@" in value or (value.startswith(GROUP_PREFIX) and len(value) > len(GROUP_PREFIX))
    )


_CHOICES: dict[str, tuple[str, ...]] = {"raise_priority": PRIORITIES[:2], "reading": READINGS}
_FORMS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "require_group": (_is_text, "the name of a reader group"),
    "prefer_group": (_is_text, "the name of a reader group"),
    "require_reader": (_is_text, "a mail address"),
    "prefer_reader": (_is_text, "a mail address"),
    "never_reader": (_is_texts, "a mail address or a list of them"),
    "set_service_level_minutes": (
        lambda value: _is_number(value) and value == int(value) and 1 <= value <= MAXIMUM_MINUTES,
        f"whole minutes from 1 to {MAXIMUM_MINUTES}",
    ),
    "change_service_level": (lambda value: _is_number(value) and 0.1 <= value <= 10, "a factor from 0.1 to 10"),
    "hold_share": (lambda value: _is_number(value) and 0 < value <= 1, "a share above 0 and up to 1"),
    "keep_with_one_reader": (lambda value: isinstance(value, bool), "true or false"),
    "send_to_nodes": (_is_texts, "an AE title or a list of them"),
    "notify": (
        lambda value: isinstance(value, list) and bool(value) and all(_is_addressee(one) for one in value),
        f"a list of {', '.join(NOTIFIED)}, mail addresses or {GROUP_PREFIX}NAME",
    ),
}
