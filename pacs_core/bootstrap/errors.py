"""Errors of set-up and supervision: each carries one sentence for the person at the terminal."""


class SetUpError(Exception):
    """What stops a verb; shown as one sentence, without a traceback, exit status 1."""


class ServerDidNotStart(SetUpError):
    """An embedded server ended or did not answer in time."""


class StaleState(SetUpError):
    """A state directory can't be used as it is: other owner, other version, in use."""


class PortTaken(SetUpError):
    """Another program listens on a port this installation needs."""


class ServiceUnreachable(SetUpError):
    """A configured database or broker does not answer."""


class ToolMissing(SetUpError):
    """A program this verb needs is not on the machine."""


class CommandFailed(SetUpError):
    """A command of a step ended with an error; the message holds the end of its output."""
