"""C-ECHO (PS3.7 9.1.5, PS3.4 A)."""

from pynetdicom.events import Event

from pacs_core.network.dimse.statuses import SUCCESS


def answer_echo(event: Event) -> int:
    """Say that we are here; who asks was checked when the association was opened."""
    return SUCCESS
