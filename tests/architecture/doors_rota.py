"""The doors of the rota: calendar, lists, a reader's own shifts, API."""

from typing import Any

from tests.architecture.door import ADMINISTER, COORDINATE, READ, SYSTEM, Body, Door, door, form_of, own_list

_SHIFT = {"radiologist": "person_email", "starts_at": "2031-01-01T06:00Z", "ends_at": "2031-01-01T14:00Z"}


def _readers(**values: Any) -> Body:
    return lambda world: values | {"radiologists": [world["person_email"]]}


_PLAN = (COORDINATE, SYSTEM)
_TIME_OFF = {"radiologist": "person_email", "starts_at": "2031-01-01T06:00Z", "ends_at": "2031-01-03T14:00Z"}
_TEMPLATE = {
    "name": "Evening",
    "time_zone": "Europe/Berlin",
    "starts_at_time": "14:00",
    "minutes": 480,
    "weekdays": [0, 1, 2],
}
_ONE_TEMPLATE, _SWAP = {"pk": "template"}, "api/shift-swaps/<pk>/"

# Templates and the network's holidays belong to no hospital; a reader's rota is seen by those who share a hospital.
ROTA_API = {
    "GET api/shifts/": own_list(ADMINISTER, SYSTEM, COORDINATE),
    "POST api/shifts/": door(*_PLAN, body=form_of(**_SHIFT)),
    "GET api/shifts/gaps/": own_list(ADMINISTER, SYSTEM, COORDINATE),
    "POST api/shifts/copy-week/": door(
        *_PLAN, body=_readers(monday="2031-03-03", to_monday="2031-03-10", time_zone="Europe/Berlin")
    ),
    "GET api/shifts/<pk>/": door(ADMINISTER, SYSTEM, COORDINATE, pk="shift"),
    "PATCH api/shifts/<pk>/": door(*_PLAN, pk="shift", body=form_of(breaks=[])),
    "DELETE api/shifts/<pk>/": door(*_PLAN, pk="shift"),
    "POST api/shifts/<pk>/drop-out/": door(*_PLAN, pk="shift", body=form_of(reason="ill")),
    "POST api/shifts/<pk>/undo-drop-out/": door(*_PLAN, pk="shift"),
    "POST api/shifts/<pk>/call-in/": door(*_PLAN, pk="call", body=form_of(until="call_until")),
    "GET api/shift-templates/": own_list(*_PLAN),
    "POST api/shift-templates/": own_list(*_PLAN, body=form_of(**_TEMPLATE)),
    "GET api/shift-templates/<pk>/": Door(_PLAN, _ONE_TEMPLATE, foreign=None),
    "PATCH api/shift-templates/<pk>/": Door(_PLAN, _ONE_TEMPLATE, form_of(minutes=540), foreign=None),
    "DELETE api/shift-templates/<pk>/": Door(_PLAN, _ONE_TEMPLATE, foreign=None),
    "POST api/shift-templates/<pk>/apply/": door(
        *_PLAN, pk="template", body=_readers(first="2031-03-03", last="2031-03-09")
    ),
    "GET api/holidays/": own_list(*_PLAN),
    "POST api/holidays/": door(*_PLAN, body=form_of(hospital="hospital", on="2031-06-24", name="Midsummer")),
    "POST api/holidays/import/": door(*_PLAN, body=form_of(hospital="hospital", jurisdiction="DE", year=2031)),
    "GET api/holidays/<pk>/": door(*_PLAN, pk="holiday"),
    "DELETE api/holidays/<pk>/": door(*_PLAN, pk="holiday"),
    "GET api/time-off/": own_list(READ, *_PLAN),
    "POST api/time-off/": door(READ, *_PLAN, body=form_of(**_TIME_OFF)),
    "GET api/time-off/<pk>/": door(READ, *_PLAN, pk="time_off"),
    "DELETE api/time-off/<pk>/": door(READ, *_PLAN, pk="time_off"),
    "POST api/time-off/<pk>/decide/": door(*_PLAN, pk="time_off", body=form_of(agree=True)),
    "GET api/shift-swaps/": own_list(READ, *_PLAN),
    "POST api/shift-swaps/": door(READ, body=form_of(shift="coming_shift")),
    f"GET {_SWAP}": door(READ, *_PLAN, pk="swap_offered"),
    f"POST {_SWAP}take/": door(READ, pk="swap_offered"),
    f"POST {_SWAP}give-back/": door(READ, pk="swap_taken"),
    f"POST {_SWAP}withdraw/": door(READ, pk="swap_own"),
    f"POST {_SWAP}decide/": door(*_PLAN, pk="swap_taken", body=form_of(agree=True)),
}

_ROTA, _MINE = "coordination/rota/", "my-shifts/"
_ROTA_FORM = {"zone": "Europe/Berlin", "radiologist": "person"}
_TEMPLATE_FORM = {
    "name": "Evening",
    "time_zone": "Europe/Berlin",
    "starts_at_time": "14:00",
    "ends": "22:00",
    "weekdays": [0, 1],
}
_DAY_OFF = {"zone": "UTC", "first": "2031-05-01", "last": "2031-05-02"}


def _day_off(world: dict[str, Any]) -> dict[str, Any]:
    return _DAY_OFF | {"radiologist": world["person"]}


# Forms that name another hospital's reader are shown again: 422 says that there is no such choice.
ROTA_PAGES = {
    f"GET {_ROTA}": own_list(COORDINATE),
    f"GET {_ROTA}shifts/add/": own_list(COORDINATE),
    f"POST {_ROTA}shifts/add/": Door(
        (COORDINATE,),
        body=form_of(**_ROTA_FORM, day="2031-01-01", starts="06:00", ends="14:00"),
        foreign=422,
    ),
    f"GET {_ROTA}shifts/<shift_id>/": door(COORDINATE, shift_id="shift"),
    f"POST {_ROTA}shifts/<shift_id>/": door(
        COORDINATE,
        shift_id="coming_shift",
        body=form_of(zone="UTC", radiologist="person", day="2031-02-01", starts="06:00", ends="14:00"),
    ),
    f"POST {_ROTA}shifts/<shift_id>/move/": door(
        COORDINATE,
        shift_id="shift",
        body=form_of(zone="Europe/Berlin", radiologist="person", starts="2031-02-01T06:00", ends="2031-02-01T14:00"),
    ),
    f"POST {_ROTA}shifts/<shift_id>/remove/": door(COORDINATE, shift_id="shift"),
    f"POST {_ROTA}shifts/<shift_id>/drop-out/": door(COORDINATE, shift_id="shift"),
    f"POST {_ROTA}shifts/<shift_id>/call-in/": door(COORDINATE, shift_id="call"),
    f"GET {_ROTA}apply/": own_list(COORDINATE),
    f"POST {_ROTA}apply/": Door(
        (COORDINATE,),
        body=lambda world: {
            "template": world["template"],
            "radiologists": [world["person"]],
            "first": "2031-03-03",
            "last": "2031-03-09",
        },
        foreign=422,
    ),
    f"GET {_ROTA}copy/": own_list(COORDINATE),
    f"POST {_ROTA}copy/": Door(
        (COORDINATE,),
        body=lambda world: {
            "zone": "UTC",
            "monday": "2031-03-03",
            "to_monday": "2031-03-10",
            "radiologists": [world["person"]],
        },
        foreign=422,
    ),
    f"GET {_ROTA}templates/": own_list(COORDINATE),
    f"GET {_ROTA}templates/add/": own_list(COORDINATE),
    f"POST {_ROTA}templates/add/": own_list(COORDINATE, body=form_of(**_TEMPLATE_FORM)),
    f"GET {_ROTA}templates/<template_id>/": Door((COORDINATE,), {"template_id": "template"}, foreign=None),
    f"POST {_ROTA}templates/<template_id>/": Door(
        (COORDINATE,), {"template_id": "template"}, form_of(**_TEMPLATE_FORM), foreign=None
    ),
    f"GET {_ROTA}holidays/": own_list(COORDINATE),
    f"POST {_ROTA}holidays/add/": own_list(COORDINATE, body=form_of(on="2031-06-24", name="Midsummer")),
    f"POST {_ROTA}holidays/import/": own_list(COORDINATE, body=form_of(jurisdiction="DE", year=2031)),
    f"POST {_ROTA}holidays/<holiday_id>/remove/": door(COORDINATE, holiday_id="holiday"),
    f"GET {_ROTA}time-off/": own_list(COORDINATE),
    f"GET {_ROTA}time-off/add/": own_list(COORDINATE),
    f"POST {_ROTA}time-off/add/": Door((COORDINATE,), body=_day_off, foreign=422),
    f"POST {_ROTA}time-off/<time_off_id>/decide/": door(COORDINATE, time_off_id="time_off", body=form_of(agree="1")),
    f"POST {_ROTA}time-off/<time_off_id>/remove/": door(COORDINATE, time_off_id="time_off"),
    f"GET {_ROTA}swaps/": own_list(COORDINATE),
    f"POST {_ROTA}swaps/<swap_id>/decide/": door(COORDINATE, swap_id="swap_taken", body=form_of(agree="1")),
    f"GET {_MINE}": own_list(READ),
    f"POST {_MINE}<shift_id>/offer/": door(READ, shift_id="coming_shift"),
    f"POST {_MINE}<shift_id>/drop-out/": door(READ, shift_id="shift"),
    f"POST {_MINE}offers/<swap_id>/take/": door(READ, swap_id="swap_offered"),
    f"POST {_MINE}offers/<swap_id>/give-back/": door(READ, swap_id="swap_taken"),
    f"POST {_MINE}offers/<swap_id>/withdraw/": door(READ, swap_id="swap_own"),
    f"POST {_MINE}time-off/": own_list(READ, body=form_of(**_DAY_OFF)),
    f"POST {_MINE}time-off/<time_off_id>/remove/": door(READ, time_off_id="time_off"),
    f"POST {_MINE}feed/": own_list(READ),
    f"POST {_MINE}feed/end/": own_list(READ),
    # Whoever has the secret address may read it.
    "GET shift-feeds/<key>.ics": Door((), {"key": "feed_key"}),
}
