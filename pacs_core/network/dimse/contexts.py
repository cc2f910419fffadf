"""What we agree to speak: Verification, and storage of every SOP class in every transfer syntax (PS3.7 D.3.3.2)."""

from pynetdicom import AE, _config
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.sop_class import Verification

from pacs_core.standards.dicom.storage_classes import TRANSFER_SYNTAX_UIDS

_KNOWN = frozenset(TRANSFER_SYNTAX_UIDS)


def accept_every_storage_class() -> None:
    """Treat every class that is not another known service as storage, private ones included; set once a process.

    pynetdicom then negotiates storage contexts without a list of ours, which it would copy for every association.
    """
    _config.UNRESTRICTED_STORAGE_SERVICE = True


def add_other_contexts(ae: AE) -> None:
    ae.add_supported_context(Verification)


def prefer_known_transfer_syntaxes(request: A_ASSOCIATE) -> None:
    """Put syntaxes we can read before those we cannot, keeping the caller's order otherwise.

    The unrestricted service accepts the first proposed one. A context that offers only unknown ones is still taken:
    its images end in quarantine, where a person sees them, and are not lost at the scanner.
    """
    for context in request.presentation_context_definition_list:
        context.transfer_syntax = sorted(context.transfer_syntax, key=lambda uid: str(uid) not in _KNOWN)


def asks_only_for_verification(request: A_ASSOCIATE) -> bool:
    return all(context.abstract_syntax == Verification for context in request.presentation_context_definition_list)
