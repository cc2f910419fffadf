"""Errors of the event floor; a handler raises PermanentFailure when trying again cannot help."""


class EventError(Exception):
    """Base of the event floor's errors."""


class UnknownEvent(EventError):
    """The name is not in flow.EVENT_HANDLERS."""


class PermanentFailure(EventError):
    """A handler cannot succeed by trying again; the receipt is marked failed and shown to an administrator."""
