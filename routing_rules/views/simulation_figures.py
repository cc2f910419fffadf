"""A simulation's result as rows of tables, bars of plots, sentences and lines of a file."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hospitals.models import User
from routing_rules.models import Trial
from routing_rules.selectors.trials import readers_of

WIDTH, HEIGHT, LEFT, BASE = 1080, 132, 32, 112
HOURS_BETWEEN_MARKS = {1: 2, 2: 4, 3: 6}
_ALMOST_FULL = 0.95


def simulation_context(trial: Trial, zone: str) -> dict[str, Any]:
    """Return what the page of a finished simulation shows; hours on the clock of `zone`."""
    result = trial.result or {}
    start = datetime.fromisoformat(result["start"]).astimezone(ZoneInfo(zone))
    people = readers_of({entry["like"] for entry in result["one_more"]})
    priorities = zip(
        ("stat", "urgent", "routine"), (_("STAT"), _("Urgent"), _("Routine")), result["by_priority"], strict=True
    )
    most = (
        max((entry["minutes_per_hour"] + 2 * entry["error_per_hour"] for entry in result["one_more"]), default=1) or 1
    )
    return {
        "result": result,
        "priorities": [{"code": code, "name": name} | figures for code, name, figures in priorities],
        "at_risk": [_at_risk(span, start) for span in result["at_risk"]],
        "one_more": [_one_more(entry, start, people, most) for entry in result["one_more"]],
        "late_plot": _late_plot(result, start),
        "queue_plot": _queue_plot(result, start),
        "busy_plot": _busy_plot(result, start),
        "hours": [
            {"at": _hour(start, number), "busy_percent": _percent(hour["busy"])} | hour
            for number, hour in enumerate(result["hours"])
        ],
        "zone": zone,
    }


def simulation_rows(trial: Trial, zone: str) -> Iterator[list[Any]]:
    """Yield the hours as lines of a file, the head first."""
    result = trial.result or {}
    start = datetime.fromisoformat(result["start"]).astimezone(ZoneInfo(zone))
    yield [
        _("Hour"),
        _("Arrive"),
        _("Late, expected"),
        _("Late, low"),
        _("Late, high"),
        _("Late STAT"),
        _("Late urgent"),
        _("Late routine"),
        _("Queue"),
        _("Queue, low"),
        _("Queue, high"),
        _("Readers"),
        _("Busy"),
    ]
    names = ("late", "late_low", "late_high")
    for number, hour in enumerate(result["hours"]):
        yield [
            (start + timedelta(hours=number)).isoformat(),
            hour["arrived"],
            *(hour[name] for name in names),
            *hour["late_by_priority"],
            hour["queue"],
            hour["queue_low"],
            hour["queue_high"],
            hour["readers"],
            hour["busy"],
        ]


def _at_risk(span: dict[str, Any], start: datetime) -> dict[str, str]:
    """Say what threatens a stretch of hours: "Sat 28 Nov 22:00 to 02:00"."""
    late, arrived = round(span["late"]), round(span["arrived"])
    sentences = []
    if span["late"] >= 0.5:
        words = ngettext(
            "%(late)s of %(arrived)s examination is expected to be late",
            "%(late)s of %(arrived)s examinations are expected to be late",
            arrived,
        )
        sentences.append(words % {"late": late, "arrived": arrived})
    if span["readers"] == 0:
        sentences.append(_("nobody is on shift for some of it"))
    elif span["busy"] is not None and span["busy"] >= _ALMOST_FULL:
        sentences.append(_("the readers on shift have no room left"))
    if span["queue"] >= 1:
        words = ngettext("up to %(queue)s examination waits", "up to %(queue)s examinations wait", round(span["queue"]))
        sentences.append(words % {"queue": round(span["queue"])})
    readers = ngettext("%(readers)s reader", "%(readers)s readers", span["readers"]) % {"readers": span["readers"]}
    return {
        "when": _span(start, span["from_hour"], span["to_hour"]),
        "words": ", ".join(sentences),
        "late": f"{span['late']:.1f}",
        "readers": readers,
        "tone": "overdue" if span["late"] >= 2 or span["readers"] == 0 else "soon",
    }


def _one_more(entry: dict[str, Any], start: datetime, people: dict[int, User], most: float) -> dict[str, Any]:
    like = people.get(entry["like"])
    low = max(0.0, entry["minutes_per_hour"] - 2 * entry["error_per_hour"])
    high = max(0.0, entry["minutes_per_hour"] + 2 * entry["error_per_hour"])

    def at(value: float) -> float:
        return round(6 + max(0.0, value) / most * 188, 1)

    return entry | {
        "when": _span(start, entry["from_hour"], entry["to_hour"]),
        "profile": entry["subspecialty"] or _("any examination"),
        "like": like.name if like else _("a reader of another hospital"),
        "low": round(low, 1),
        "high": round(high, 1),
        "x": at(entry["minutes_per_hour"]),
        "left": at(low),
        "length": round(at(high) - at(low), 1),
        "is_sure": entry["minutes_per_hour"] > 2 * entry["error_per_hour"],
    }


def _late_plot(result: dict[str, Any], start: datetime) -> dict[str, Any]:
    """Stack the late examinations of each hour by priority, with a line to where nine of ten runs stay below."""
    hours = result["hours"]
    most = max([1.0, *(max(hour["late_high"], sum(hour["late_by_priority"])) for hour in hours)])
    frame = _frame(hours, start, most)
    bars = []
    for number, hour in enumerate(hours):
        x, y = frame["x"](number), float(BASE)
        for code, value in zip(("stat", "urgent", "routine"), hour["late_by_priority"], strict=True):
            height = value / most * (BASE - 10)
            y -= height
            if height > 0.2:
                bars.append({"x": x, "y": round(y, 1), "height": round(height, 1), "code": code})
        top = BASE - hour["late_high"] / most * (BASE - 10)
        if hour["late_high"] > 0:
            bars.append({"x": x, "y": round(top, 1), "height": 1.5, "code": "high"})
    return {**frame, "bars": bars}


def _queue_plot(result: dict[str, Any], start: datetime) -> dict[str, Any]:
    hours = result["hours"]
    most = max([1.0, *(hour["queue_high"] for hour in hours)])
    frame = _frame(hours, start, most)

    def points(name: str) -> list[str]:
        places = enumerate(hours)
        return [
            f"{frame['x'](number) + frame['bar'] / 2:.1f},{BASE - hour[name] / most * (BASE - 10):.1f}"
            for number, hour in places
        ]

    band = " ".join([*points("queue_high"), *reversed(points("queue_low"))])
    return {**frame, "band": band, "line": " ".join(points("queue"))}


def _busy_plot(result: dict[str, Any], start: datetime) -> dict[str, Any]:
    hours = result["hours"]
    frame = _frame(hours, start, 100)
    bars = [
        {
            "x": frame["x"](number),
            "y": round(BASE - (hour["busy"] or 0) * (BASE - 10), 1),
            "height": round((hour["busy"] or 0) * (BASE - 10), 1),
            "code": "nobody" if hour["readers"] == 0 else "full" if (hour["busy"] or 0) >= _ALMOST_FULL else "busy",
        }
        for number, hour in enumerate(hours)
    ]
    for bar in bars:
        if bar["code"] == "nobody":
            bar |= {"y": 10.0, "height": float(BASE - 10)}
    return {**frame, "bars": bars}


def _frame(hours: list[dict[str, Any]], start: datetime, most: float) -> dict[str, Any]:
    step = (WIDTH - LEFT) / len(hours)
    between = HOURS_BETWEEN_MARKS.get(len(hours) // 24, 12)
    marks = []
    for number in range(len(hours)):
        at = _hour(start, number)
        if at.hour % between == 0:
            label = f"{at:%a %d %b}" if at.hour == 0 else f"{at:%H}"
            marks.append({"x": round(LEFT + number * step, 1), "label": label, "is_day": at.hour == 0})
    return {
        "x": lambda number: round(LEFT + number * step, 1),
        "bar": round(max(1.0, step - 1), 1),
        "marks": marks,
        "most": f"{most:.0f}",
        "width": WIDTH,
        "height": HEIGHT,
        "base": BASE,
        "left": LEFT,
    }


def _hour(start: datetime, number: int) -> datetime:
    """Return the hour on the clock of start's zone, also across a change to summer time."""
    return (start.astimezone(ZoneInfo("UTC")) + timedelta(hours=number)).astimezone(start.tzinfo)


def _span(start: datetime, from_hour: int, to_hour: int) -> str:
    begins, ends = _hour(start, from_hour), _hour(start, to_hour)
    same_day = begins.date() == ends.date()
    return (
        f"{begins:%a %d %b %H:%M}–{ends:%H:%M}"
        if same_day or to_hour - from_hour <= 12
        else f"{begins:%a %d %b %H:%M}–{ends:%a %H:%M}"
    )


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
