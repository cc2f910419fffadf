"""Find nodes and rejected associations; both tables are the network's, so the scope is applied here."""

from django.db.models import QuerySet

from pacs_core.access.scopes import current_scope
from pacs_core.network.models import Node, RejectedAssociation


def node_calling(*, ae_title: str) -> Node | None:
    """Return the node of a calling AE title, whichever hospital's it is: the caller has no scope yet."""
    return Node.objects.select_related("hospital").filter(ae_title=ae_title).first()


def visible_nodes() -> QuerySet[Node]:
    """Nodes of the open scope's hospitals."""
    return Node.objects.filter(hospital_id__in=current_scope().hospital_ids).select_related("hospital").order_by("pk")


def visible_rejected_associations() -> QuerySet[RejectedAssociation]:
    """Every rejection for a system administrator; for others those of their own hospitals' AE titles.

    A title that nobody owns may be another hospital's new scanner, so only the network's administrator sees it.
    """
    scope = current_scope()
    rejected = RejectedAssociation.objects.order_by("-last_at", "-pk")
    if scope.principal.role == "system_administrator":
        return rejected
    own = Node.objects.filter(hospital_id__in=scope.hospital_ids).values("ae_title")
    return rejected.filter(calling_ae_title__in=own)
