"""What about a node's settings an administrator should know, in words."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from pacs_core.network.models import Node
from pacs_core.network.nodes.admitting import is_open_to_strangers
from pacs_core.network.tls.certificates import pins_certificate

EXPIRES_SOON = timedelta(days=30)


def warnings_of(node: Node, *, now: datetime) -> list[str]:
    found = []
    if is_open_to_strangers(node):
        found.append(
            _(
                "Whoever knows this AE title can read its hospital's studies or orders: it may find, move or query the "
                "worklist from any address. "
                "Name the addresses it calls from, or let it call by TLS only, with its certificate."
            )
        )
    if node.requires_tls and not settings.DIMSE_TLS_PORT:
        found.append(_("It may call by TLS only, and we listen without TLS: set DIMSE_TLS_PORT, or it stays outside."))
    if node.is_reached_over_tls and not settings.DIMSE_TLS_CERTIFICATE:
        found.append(_("We call it over TLS, and have no certificate to show: set DIMSE_TLS_CERTIFICATE."))
    if pins_certificate(node) and not node.requires_tls:
        found.append(_("Its certificate is checked only when it calls by TLS, and it may also call without."))
    if node.requires_tls and not pins_certificate(node):
        found.append(_("Any certificate of the trusted authorities does for it: store its own to tell it from others."))
    if node.presented_until and node.presented_until - now < EXPIRES_SOON:
        found.append(
            _("The certificate that it showed last ends on %(day)s.") % {"day": node.presented_until.date().isoformat()}
        )
    return found
