"""Why a workitem was not taken or changed."""


class WorkitemError(Exception):
    """Base of these errors."""


class WorkitemInvalid(WorkitemError):
    """The data set or a parameter can't be taken; the text names attribute and reason (HTTP 400)."""


class WorkitemConflict(WorkitemError):
    """The workitem's state, or who has claimed it, does not allow this (HTTP 409)."""
