"""What can go wrong while a study is sent; each message is shown to the administrator and names no patient."""

from pacs_core.network.errors import NetworkError


class ForwardingFailed(NetworkError):
    """An attempt that did not send everything; worth another one."""


class NodeNotUsable(ForwardingFailed):
    """The node is unknown, another hospital's, paused or has no address; each attempt looks again."""


class JobNotRetriable(NetworkError):
    """The job waits or runs already, or everything is sent."""
