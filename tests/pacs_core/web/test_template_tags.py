"""Names, ages, times and deadlines as every screen writes them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from pacs_core.web.templatetags import meridian, navigation


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("DOE^JANE", "DOE, JANE"),
        ("VAN DER BERG^WILLEM^J^^", "VAN DER BERG, WILLEM J"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        ("DOE", "DOE"),
        ("", "No name"),
        (None, "No name"),
    ],
)
def test_person_name_is_written_without_carets(value: str | None, words: str) -> None:
    assert meridian.person_name(value) == words


@pytest.mark.parametrize(
    ("birth_date", "words"),
    [
        (date(1980, 11, 25), "45 y"),
        (date(1980, 11, 24), "46 y"),
        (date(2025, 1, 1), "22 mo"),
        (date(2026, 11, 1), "23 d"),
        (None, "–"),
    ],
)
def test_age_counts_to_the_day_of_the_study(birth_date: date | None, words: str) -> None:
    assert meridian.age(birth_date, datetime(2026, 11, 24, 12, tzinfo=UTC)) == words


@pytest.mark.parametrize(
    ("minutes_left", "state"), [(-1, "overdue"), (9, "soon"), (45, "fine")], ids=["overdue", "soon", "fine"]
)
def test_countdown_says_its_state_in_a_word_and_a_shape(minutes_left: int, state: str) -> None:
    html = meridian.countdown(timezone.now() + timedelta(minutes=minutes_left, seconds=5), "Europe/Athens", 10)
    assert f'data-state="{state}"' in html
    assert f">{state}</span>" in html
    assert f"#icon-{state}" in html


def test_soon_begins_at_a_quarter_of_the_service_level_within_limits() -> None:
    assert [meridian.soon_minutes(minutes) for minutes in (20, 60, 240, 1440)] == [10, 15, 60, 60]


def test_exact_time_is_the_hospitals() -> None:
    instant = datetime(2026, 11, 24, 12, 2, tzinfo=UTC)
    assert meridian.exact_time(instant, "Europe/Athens") == "24 Nov 2026, 14:02 EET"
    assert meridian.clock_time(instant, "Europe/Berlin") == "13:02"
    assert meridian.exact_time(None) == "–"


def test_words_from_data_are_escaped() -> None:
    assert "&lt;script&gt;" in meridian.status_badge("signed", "<script>")


def test_initials_leave_titles_out() -> None:
    assert meridian.initials("Dr. Ada Roth") == "AR"
    assert meridian.initials("") == "?"


def test_palette_offers_each_role_only_its_places() -> None:
    assert [entry["label"] for entry in navigation.palette_commands("referring_physician")] == ["Reports"]
    assert navigation.palette_commands("") == []
    assert "Audit" in [entry["label"] for entry in navigation.palette_commands("hospital_administrator")]
