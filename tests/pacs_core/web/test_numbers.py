"""What names a row, and what cannot."""

import pytest

from pacs_core.web.numbers import row_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("42", 42), ("9" * 18, 10**18 - 1), ("\u0664\u0662", 42)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert row_number(text) == number


@pytest.mark.parametrize("text", ["", "-1", "1.5", "\u00b2", "seven", " 7", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text: str) -> None:
    assert row_number(text) is None
