"""Numbers of rows as addresses and forms name them."""

# A bigint has up to 19 digits; none of our tables will ever count as far as the last of them.
_MOST_DIGITS = 18


def row_number(text: str) -> int | None:
    """Return the number, None for anything that cannot be one of a row: words, signs, nothing, too many digits."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None
