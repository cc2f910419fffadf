"""The frontier as an SVG: lateness against match and lateness against fairness, a mark for each leaning."""

from collections.abc import Callable
from typing import NamedTuple

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 300, 190, 64, 46, 74
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#555}.title{font-weight:600}.axis{stroke:#999;fill:none}"
    ".error{stroke:#1f6feb}.usual{fill:#1f6feb}.other{fill:#fff;stroke:#1f6feb;stroke-width:1.6}"
)


class Point(NamedTuple):
    """Means over the days of one mix; `error` is that of the paired difference in lateness to the default."""

    mix: str
    name: str
    lateness: float
    match: float
    gini: float
    error: float = 0.0


def plot(points: list[Point]) -> str:
    """Return the SVG: a row for each mix, the default filled."""
    mixes = list(dict.fromkeys(point.mix for point in points))
    panels = []
    for row, mix in enumerate(mixes):
        of_mix = [point for point in points if point.mix == mix]
        y = _TOP + row * (_HEIGHT + 96)
        panels.append(f'<text class="title" x="{_LEFT}" y="{y - 16}">{mix}</text>')
        panels.append(_panel(_LEFT, y, of_mix, lambda point: point.match, "specialist match %"))
        panels.append(_panel(_LEFT + _WIDTH + _GAP, y, of_mix, lambda point: point.gini, "Gini, speed-adjusted"))
    width, height = _LEFT + 2 * _WIDTH + _GAP + 40, _TOP + len(mixes) * (_HEIGHT + 96)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
        f"<title>Lateness, match and fairness of the engine's leanings</title><style>{_STYLE}</style>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(panels)}</svg>\n'
    )


def _panel(left: float, top: float, points: list[Point], across: Callable[[Point], float], label: str) -> str:
    low_x, high_x = _span([across(point) for point in points])
    low_y, high_y = _span([point.lateness + side * point.error for point in points for side in (-1, 1)])
    parts = [
        f'<path class="axis" d="M{left} {top}v{_HEIGHT}h{_WIDTH}"/>',
        f'<text x="{left + _WIDTH / 2}" y="{top + _HEIGHT + 36}" text-anchor="middle">{label}</text>',
        f'<text x="{left}" y="{top + _HEIGHT + 18}">{low_x:.3g}</text>',
        f'<text x="{left + _WIDTH}" y="{top + _HEIGHT + 18}" text-anchor="end">{high_x:.3g}</text>',
        f'<text x="{left - 8}" y="{top + _HEIGHT}" text-anchor="end">{low_y:.3g}</text>',
        f'<text x="{left - 8}" y="{top + 10}" text-anchor="end">{high_y:.3g}</text>',
        f'<text x="{left - 44}" y="{top + _HEIGHT / 2}" text-anchor="middle" '
        f'transform="rotate(-90 {left - 44} {top + _HEIGHT / 2})">weighted lateness</text>',
    ]
    in_order = sorted(points, key=across)
    for point in points:
        x = left + (across(point) - low_x) / (high_x - low_x) * _WIDTH
        y = top + _HEIGHT - (point.lateness - low_y) / (high_y - low_y) * _HEIGHT
        kind, reach = "usual" if point.name == "balanced" else "other", point.error / (high_y - low_y) * _HEIGHT
        parts.append(f'<path class="error" d="M{x:.1f} {y - reach:.1f}v{2 * reach:.1f}"/>')
        parts.append(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
        # Neighbours are named above and below their marks in turn, or one would stand on the other.
        is_below = in_order.index(point) % 2 == 1
        name_y, anchor = (y + reach + 20, "middle") if is_below else (y - reach - 10, "start")
        parts.append(f'<text x="{x:.1f}" y="{name_y:.1f}" text-anchor="{anchor}">{point.name}</text>')
    return "".join(parts)


def _span(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.15 or abs(high) * 0.1 or 1.0
    return low - room, high + room
