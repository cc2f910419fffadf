"""Close the live sockets of a session that signs out."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.http import HttpRequest

from pacs_core.events.live import user_group
from worklist.live.access import session_digest

logger = logging.getLogger(__name__)


def close_sockets(*, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Answer user_logged_out; a layer that is away leaves it to the sockets' own look every minute."""
    session_key = getattr(getattr(request, "session", None), "session_key", None)
    if user is None or not session_key:
        return
    message = {"type": "live.signed_out", "session": session_digest(session_key)}
    layer = get_channel_layer()
    assert layer is not None
    try:
        async_to_sync(layer.group_send)(user_group(user.pk), message)
    except OSError as error:
        logger.warning("Sockets not told of a sign-out: %s", type(error).__name__)
