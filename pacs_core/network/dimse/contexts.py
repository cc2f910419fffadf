"""What we agree to speak: Verification, queries, steps, storage of every SOP class in every syntax (PS3.7 D.3.3.2)."""

from pynetdicom import AE, _config
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (
    ModalityPerformedProcedureStep,
    ModalityWorklistInformationFind,
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from pacs_core.standards.dicom.storage_classes import TRANSFER_SYNTAX_UIDS

_KNOWN = frozenset(TRANSFER_SYNTAX_UIDS)
# SOP class -> the service that a node must be allowed; every other class is storage.
_SERVICES = {
    str(Verification): "verify",
    str(StorageCommitmentPushModel): "store",
    str(PatientRootQueryRetrieveInformationModelFind): "find",
    str(StudyRootQueryRetrieveInformationModelFind): "find",
    str(PatientRootQueryRetrieveInformationModelMove): "move",
    str(StudyRootQueryRetrieveInformationModelMove): "move",
    # Who may have studies moved may get them.
    str(PatientRootQueryRetrieveInformationModelGet): "move",
    str(StudyRootQueryRetrieveInformationModelGet): "move",
    str(ModalityWorklistInformationFind): "query_worklist",
    str(ModalityPerformedProcedureStep): "report_steps",
}


def accept_every_storage_class() -> None:
    """Treat every class that is not another known service as storage, private ones included; set once a process.

    pynetdicom then negotiates storage contexts without a list of ours, which it would copy for every association.
    """
    _config.UNRESTRICTED_STORAGE_SERVICE = True


def add_other_contexts(ae: AE) -> None:
    for sop_class in _SERVICES:
        ae.add_supported_context(sop_class)


def prefer_known_transfer_syntaxes(request: A_ASSOCIATE) -> None:
    """Put syntaxes we can read before those we cannot, keeping the caller's order otherwise.

    The unrestricted service accepts the first proposed one. A context that offers only unknown ones is still taken:
    its images end in quarantine, where a person sees them, and are not lost at the scanner.
    """
    for context in request.presentation_context_definition_list:
        context.transfer_syntax = sorted(context.transfer_syntax, key=lambda uid: str(uid) not in _KNOWN)


def services_asked_for(request: A_ASSOCIATE) -> list[str]:
    """Return what the contexts ask for that a node must be allowed, store first; verification needs nothing."""
    asked = {_SERVICES.get(str(context.abstract_syntax), "store") for context in _contexts(request)}
    return sorted(asked - {"verify"}, reverse=True)


def _contexts(request: A_ASSOCIATE) -> list[PresentationContext]:
    return request.presentation_context_definition_list
