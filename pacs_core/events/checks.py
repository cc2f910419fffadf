"""System check: every name in flow.py resolves."""

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from pacs_core import flow


@register()
def check_flow(**_: Any) -> list[CheckMessage]:
    names = [handler for handlers in flow.EVENT_HANDLERS.values() for handler in handlers]
    for table in (flow.HL7_MESSAGES, flow.DIMSE_SERVICES, flow.RESOLVERS, flow.WEBSOCKETS):
        names += table.values()
    names += [*flow.PERIODIC_TASKS, *flow.DEMONSTRATION_LOADERS]
    problems: list[CheckMessage] = []
    for name in names:
        try:
            import_string(name)
        except ImportError as error:
            problems.append(Error(f"flow.py names {name!r}, which does not resolve: {error}", id="events.E001"))
    return problems
