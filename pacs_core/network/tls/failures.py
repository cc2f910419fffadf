"""Why a handshake failed: reasons for what callers did, words for what happened when we called."""

import ssl

# X509_V_ERR_... of OpenSSL (verify(1), diagnostics).
_UNKNOWN_AUTHORITY = (2, 18, 19, 20, 21)
_NOT_YET_VALID, _EXPIRED, _REVOKED, _WRONG_PURPOSE = 9, 10, 23, 26
_BY_REASON = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "tls_no_certificate",
    "UNSUPPORTED_PROTOCOL": "tls_version_too_old",
    "VERSION_TOO_LOW": "tls_version_too_old",
    "NO_SHARED_CIPHER": "tls_no_shared_suite",
    "WRONG_VERSION_NUMBER": "tls_not_spoken",
    "HTTP_REQUEST": "tls_not_spoken",
    "HTTPS_PROXY_REQUEST": "tls_not_spoken",
    "PACKET_LENGTH_TOO_LONG": "tls_not_spoken",
}


def reason_of_failure(error: OSError) -> str:
    """Return why a caller's handshake failed, as a rejection is counted; "" when it only left."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _reason_of_certificate(error.verify_code)
    if isinstance(error, TimeoutError):
        return "tls_handshake_too_slow"
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return ""
    reason = str(error.reason or "")
    if "ALERT" in reason:
        return "tls_our_certificate_refused" if _blames_certificate(reason) else "tls_ended_by_caller"
    return _BY_REASON.get(reason, "tls_handshake_failed")


def words_of_failure(error: OSError, *, ae_title: str) -> str:
    """Say why our handshake with a node failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{ae_title} shows a certificate that is not accepted: {error.verify_message}."
    if isinstance(error, TimeoutError):
        return f"{ae_title} did not answer the TLS handshake in time. Maybe it speaks no TLS at this port."
    reason = str(getattr(error, "reason", "") or "")
    if "WRONG_VERSION_NUMBER" in reason or isinstance(error, ssl.SSLEOFError | ConnectionError):
        return f"{ae_title} speaks no TLS at its host and port. Maybe switch off TLS for it, or change the port."
    if _blames_certificate(reason):
        return f"{ae_title} does not accept our certificate. Maybe it must trust the authority that issued it."
    if "PROTOCOL" in reason or "HANDSHAKE_FAILURE" in reason:
        return f"{ae_title} offers no TLS 1.2 or 1.3 with a suite of BCP 195."
    return f"The TLS handshake with {ae_title} failed ({reason.replace('_', ' ').lower() or type(error).__name__})."


def _reason_of_certificate(code: int) -> str:
    if code in _UNKNOWN_AUTHORITY:
        return "tls_authority_unknown"
    known = {
        _EXPIRED: "tls_certificate_expired",
        _NOT_YET_VALID: "tls_certificate_not_yet_valid",
        _REVOKED: "tls_certificate_revoked",
        _WRONG_PURPOSE: "tls_certificate_of_a_server",
    }
    return known.get(code, "tls_certificate_faulty")


def _blames_certificate(reason: str) -> bool:
    return "CERTIFICATE" in reason or "UNKNOWN_CA" in reason
