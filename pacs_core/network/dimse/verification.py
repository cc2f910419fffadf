"""C-ECHO (PS3.7 9.1.5, PS3.4 A)."""

from pynetdicom.events import Event

SUCCESS = 0x0000


def answer_echo(event: Event) -> int:
    """Say that we are here; who asks was checked when the association was opened."""
    return SUCCESS
