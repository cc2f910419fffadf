"""What the board draws: signed bars and figures."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from routing_rules.selectors.cover import Cover

register = template.Library()
_HALF = 50
_WIDTH, _HEIGHT, _LEFT, _FOOT = 760, 190, 40, 20


@register.simple_tag
def cover_chart(cover: Cover) -> dict[str, Any]:
    """Return the places of the chart's bars, lines and marks; minutes upwards."""
    scale, room = cover.scale_minutes, _HEIGHT - _FOOT - 8
    step = (_WIDTH - _LEFT) / len(cover.hours)

    def height(minutes: int) -> int:
        return round(minutes / scale * room)

    def y(minutes: int) -> int:
        return _HEIGHT - _FOOT - height(minutes)

    bars = []
    for position, hour in enumerate(cover.hours):
        x = round(_LEFT + position * step + step * 0.18)
        width = round(step * 0.64)
        bars.append(
            {
                "hour": hour,
                "x": x,
                "width": width,
                "end": x + width + 3,
                "middle": x + width // 2,
                "work": height(hour.work),
                "work_y": y(hour.work),
                "short": height(hour.short) if hour.is_gap else 0,
                "planned_y": y(hour.planned),
            }
        )
    every = next(unit for unit in (30, 60, 120, 240, 600, 1200, 3000, 10**9) if scale / unit <= 5)
    marks = [{"y": y(minutes), "label": minutes} for minutes in range(0, scale + 1, every)]
    return {"width": _WIDTH, "height": _HEIGHT, "left": _LEFT, "bars": bars, "marks": marks}


@register.simple_tag
def signed_bar(value: float, scale: float) -> dict[str, float]:
    """Return where a bar from the middle of -50 to 50 begins and how long it is; `scale` fills a half."""
    length = round(min(abs(value) / scale, 1.0) * _HALF, 1)
    return {"x": 0.0 if value >= 0 else -length, "width": length}


@register.filter
def signed(value: int | None) -> str:
    """Write a figure with its sign, with a true minus."""
    if value is None:
        return "–"
    return f"+{value}" if value > 0 else f"−{-value}" if value < 0 else "0"


@register.filter
def percent_words(value: int | None) -> str:
    """Say a per cent as above or below the mean."""
    if value is None:
        return "–"
    if value == 0:
        return _("as the mean")
    words = _("%(percent)s %% above the mean") if value > 0 else _("%(percent)s %% below the mean")
    return words % {"percent": abs(value)}
