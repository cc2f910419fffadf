"""What a script compares to see whether a row of the board has changed, and sends so that unchanged rows stay out."""

import hashlib
from collections.abc import Iterable


def row_version(shown: Iterable[object]) -> str:
    """Return the same short text for the same values, and for nothing else that a row may show."""
    return hashlib.blake2b("|".join(map(str, shown)).encode(), digest_size=8).hexdigest()


def row_mark(key: int, version: str) -> str:
    """Return a row's key with its version, as a script says which rows it has."""
    return f"{key}.{version}"
