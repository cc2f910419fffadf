from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StandardsError(Exception):
    """Root of what the codecs raise; permanent: the same bytes fail the same way again."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        """Travel between processes: what the constructors take is not what `args` holds."""
        return _restored, (type(self), self.args), self.__dict__


def _restored(kind: type[StandardsError], texts: tuple[Any, ...]) -> StandardsError:
    error = kind.__new__(kind)
    error.args = texts
    return error
