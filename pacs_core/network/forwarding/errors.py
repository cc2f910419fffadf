"""What can go wrong while a study is sent; each message is shown to the administrator and names no patient."""

from pacs_core.network.outbound.association import NothingSent


class ForwardingFailed(NothingSent):
    """An attempt that did not send everything."""


class NodeNotUsable(NothingSent):
    """The node is unknown, another hospital's, paused or has no address; each attempt looks again."""
