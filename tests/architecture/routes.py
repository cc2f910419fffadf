"""Every address and every WebSocket of the web process, read from the resolver as a person would write it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import get_resolver

_NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\[\]]|\[[^\]]*\])*\)")
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """An address such as `api/people/<pk>/` and the methods its view names, empty where it does not say."""

    path: str
    methods: frozenset[str]

    @property
    def arguments(self) -> list[str]:
        return _CONVERTER.findall(self.path)

    def address(self, values: dict[str, object]) -> str:
        return "/" + _CONVERTER.sub(lambda found: str(values[found[1]]), self.path)


def all_routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: Iterable[Any], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        whole = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, whole)
        else:
            yield Route(_readable(whole), _methods(pattern.callback))


def _readable(pattern: str) -> str:
    """Write Django's two ways of naming an argument in one, without the anchors of regular expressions."""
    path = _CONVERTER.sub(r"<\1>", _NAMED_GROUP.sub(r"<\1>", pattern))
    return path.replace("^", "").replace("$", "")


def _methods(view: Any) -> frozenset[str]:
    """Return what a view of the REST framework answers; a function's methods are only known to its table entry."""
    view_class = getattr(view, "cls", None)
    if view_class is None:
        return frozenset()
    offered = getattr(view, "actions", None) or {
        name for name in view_class.http_method_names if hasattr(view_class, name)
    }
    allowed = {name for name in offered if name in view_class.http_method_names}
    return frozenset(name.upper() for name in allowed - {"head", "options", "trace"})
