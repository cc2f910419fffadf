"""The benchmark's page: the verdict says what is missed, and nothing is written where there is no benchmark."""

from pathlib import Path

import pytest

from tests.benchmarks import assignment

BAR = {
    "weighted_tardiness": 0.5,
    "cost": 2.0,
    "subspecialty_match_percent": 80.0,
    "gini_wrvu_per_hour_speed_adjusted": 0.12,
}


def test_the_bar_is_met_at_its_edges() -> None:
    engine = BAR | {"subspecialty_match_percent": 78.0, "gini_wrvu_per_hour_speed_adjusted": 0.10}
    assert assignment.verdict(engine, BAR) == "Bar met."


def test_each_missed_part_is_named_with_its_distance() -> None:
    engine = {
        "weighted_tardiness": 0.75,
        "cost": 2.0,
        "subspecialty_match_percent": 77.0,
        "gini_wrvu_per_hour_speed_adjusted": 0.11,
    }
    assert assignment.verdict(engine, BAR) == "Bar not met: lateness by 0.25, match by 1.0, Gini by 0.010."


def test_without_the_benchmark_it_says_where_it_looked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "benchmarks.md"
    assert assignment.main(["--folder", str(tmp_path / "nowhere"), "--document", str(document)]) == 2
    assert "no benchmark in" in capsys.readouterr().out
    assert not document.exists()


def test_only_what_is_between_the_marks_changes(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(f"before\n{assignment.BEGIN}\nold\n{assignment.END}\nafter\n")
    assignment.write_between(document, "new")
    assert document.read_text() == f"before\n{assignment.BEGIN}\nnew\n{assignment.END}\nafter\n"
