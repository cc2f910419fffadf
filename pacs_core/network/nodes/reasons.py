"""Why a caller was turned away, in words, with what to do about it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, str | Promise] = {
    "called_ae_title_unknown": _("It called an AE title that is not ours. Correct the called title at the device."),
    "calling_ae_title_unknown": _("No node has its AE title. If it is yours, add it."),
    "node_paused": _("It is paused."),
    "hospital_inactive": _("Its hospital is inactive."),
    "address_not_allowed": _("It called from an address that is not among its own."),
    "tls_required": _("It called without TLS, and may only call with it."),
    "certificate_of_another": _("It showed a certificate that is not its own. If it was renewed, store the new one."),
    "outside_hours": _("It called outside its hours."),
    "node_may_not_store": _("It wanted to store, and may not."),
    "node_may_not_find": _("It wanted to search, and may not."),
    "node_may_not_move": _("It wanted to retrieve, and may not."),
    "node_may_not_query_worklist": _("It wanted to query the worklist, and may not."),
    "node_may_not_report_steps": _("It wanted to report examinations (MPPS), and may not."),
    "too_many_associations": _("It held as many associations as it may; it was told to come again."),
    "temporary_congestion": _("We were busy, or the database was away; it was told to come again."),
    "tls_no_certificate": _("It showed no certificate."),
    "tls_authority_unknown": _("Its certificate is of an authority that is not in DIMSE_TLS_AUTHORITIES."),
    "tls_certificate_expired": _("Its certificate has expired."),
    "tls_certificate_not_yet_valid": _("Its certificate is not valid yet. Maybe its clock or ours is wrong."),
    "tls_certificate_revoked": _("Its certificate was revoked."),
    "tls_certificate_of_a_server": _("Its certificate is for servers only; it needs one for clients too."),
    "tls_certificate_faulty": _("Its certificate could not be verified."),
    "tls_version_too_old": _("It speaks TLS older than 1.2."),
    "tls_no_shared_suite": _("It offers no cipher suite of BCP 195."),
    "tls_not_spoken": _("It spoke no TLS at the port with TLS. Correct the port, or switch TLS on at the device."),
    "tls_on_plain_port": _("It spoke TLS at the port without. Correct the port at the device."),
    "tls_handshake_too_slow": _("It did not finish the TLS handshake in time."),
    "tls_handshake_failed": _("The TLS handshake failed."),
    "tls_our_certificate_refused": _("It does not accept our certificate: it must trust the authority that issued it."),
    "tls_ended_by_caller": _("It ended the TLS handshake."),
}


def words_of_reason(reason: str) -> str:
    """Say why; a reason that has no words yet as its name."""
    return str(_WORDS.get(reason) or reason.replace("_", " ").capitalize() + ".")
