"""The tables of docs/benchmarks.md."""

import os
import statistics
from pathlib import Path

from tests.benchmarks.archive.measures import Measure, Measured
from tests.benchmarks.archive.peers import Peer

BEGIN, END = "<!-- archive: written by make bench-archive -->", "<!-- end of archive -->"

# Archive -> figure -> values, one a turn.
Figures = dict[str, dict[str, list[float]]]


def peers_table(measures: list[Measure], peers: list[Peer], figures: dict[str, Figures]) -> str:
    """Return medians over the turns, and Meridian's ratio to each other archive: above 1 is faster."""
    ours, others = peers[0].name, [peer.name for peer in peers[1:]]
    head = ["", *[peer.name for peer in peers], *[f"to {name}" for name in others]]
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    for measure in measures:
        for name in figures[measure.row][ours]:
            medians = {peer.name: statistics.median(figures[measure.row][peer.name][name]) for peer in peers}
            better = measure.higher_is_better and "first byte" not in name
            ratios = [_ratio(medians[ours], medians[other], higher_is_better=better) for other in others]
            label = measure.row if name in (measure.unit, f"p95 {measure.unit}") else f"{measure.row}: {name}"
            cells = [label if name in measure.unit or name.endswith(" ms") else f"{label}, {measure.unit}"]
            cells += [_figure(medians[peer.name]) for peer in peers]
            lines.append(f"| {' | '.join([*cells, *ratios])} |")
    turns = len(next(iter(figures[measures[0].row][ours].values())))
    return f"{turns} turns each, medians; {os.cpu_count()} processors.\n\n" + "\n".join(lines)


def growth_table(measures: list[Measure], rows: list[tuple[int, list[Measured]]]) -> str:
    """Return how Meridian's figures change with the number of instances' rows."""
    names = [(number, name) for number, figures in enumerate(rows[0][1]) for name in figures]
    head = ["instances", *[f"{measures[number].row.removesuffix(', 0 studies')}, {name}" for number, name in names]]
    lines = [f"| {' | '.join(head)} |", "|---:|" + "---:|" * (len(head) - 1)]
    for size, figures in rows:
        cells = [f"{size:,}", *[_figure(figures[number][name]) for number, name in names]]
        lines.append(f"| {' | '.join(cells)} |")
    return "Meridian alone, by rows in the archive:\n\n" + "\n".join(lines)


def write_document(document: Path, text: str) -> None:
    """Put the text between the markers of the document, at its end when they are not there yet."""
    before = document.read_text(encoding="utf-8")
    if BEGIN not in before:
        before += f"\n{BEGIN}\n{END}\n"
    head, rest = before.split(BEGIN, 1)
    document.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def _ratio(ours: float, theirs: float, *, higher_is_better: bool) -> str:
    return f"{ours / theirs if higher_is_better else theirs / ours:.1f}"


def _figure(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.3f}"
