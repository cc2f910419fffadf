"""The subspecialty that an examination belongs to, as floors below ask for it through flow.RESOLVERS."""

from collections.abc import Iterable

from routing_rules.selectors.procedures import procedures_of
from worklist.models import WorklistItem


def subspecialties_of_items(items: Iterable[WorklistItem]) -> dict[int, str]:
    """Return each item's subspecialty by item id, "" where the procedure is not mapped; needs study and order."""
    return {pk: procedure.subspecialty if procedure else "" for pk, procedure in procedures_of(items).items()}
