"""What a C-GET or C-MOVE retrieves, and where it goes (PS3.4 C.4.2, C.4.3); suboperations.py carries it out."""

import logging
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Count, QuerySet
from pynetdicom.events import Event

from pacs_core.access.scopes import hospital_scope, open_scope
from pacs_core.archive.errors import without_values
from pacs_core.archive.models import Instance
from pacs_core.archive.selectors.matching import apply_matches
from pacs_core.audit.services import record_audits
from pacs_core.network.dimse.admission import Caller, caller_of
from pacs_core.network.dimse.extended import agreed_for
from pacs_core.network.dimse.identifier import IdentifierRefused, read_retrieved
from pacs_core.network.dimse.statuses import (
    CANNOT_UNDERSTAND,
    DESTINATION_UNKNOWN,
    IDENTIFIER_DOES_NOT_MATCH,
    NOT_AUTHORIZED,
    UNABLE_TO_COUNT_MATCHES,
)
from pacs_core.network.forwarding.errors import NodeNotUsable
from pacs_core.network.forwarding.selectors import Parcel, node_for, parcels_of
from pacs_core.network.models import Node

logger = logging.getLogger(__name__)

# Numbers of sub-operations are 16 bits wide.
MOST_INSTANCES = 65_535


@dataclass(frozen=True)
class Retrieval:
    """The instances to send; `node` is where a C-MOVE sends them, None over the caller's own association."""

    parcels: list[Parcel]
    node: Node | None = None


@dataclass(frozen=True)
class Refusal:
    """Why nothing is retrieved: the status with a reason for people, and the offending key if it is one's fault."""

    status: int
    reason: str = ""
    offending_keyword: str = ""


def choose_for_get(event: Event) -> Retrieval | Refusal:
    """Return what the identifier names of the caller's hospital."""
    return _chosen(event, destination=None)


def choose_for_move(event: Event) -> Retrieval | Refusal:
    """Return the same with the node to send it to: one of the caller's hospital, or a service of the whole network."""
    return _chosen(event, destination=str(event.request.MoveDestination or "").strip())


def _chosen(event: Event, *, destination: str | None) -> Retrieval | Refusal:
    caller = caller_of(event.assoc)
    if not caller.may_move:
        return Refusal(NOT_AUTHORIZED, "This node may retrieve nothing")
    try:
        sop_class_uid = str(event.request.AffectedSOPClassUID)
        agreed = agreed_for(event.assoc, sop_class_uid)
        keys = read_retrieved(event.identifier, sop_class_uid=sop_class_uid, is_relational=agreed.is_relational)
        return _found(keys, caller, destination)
    except NodeNotUsable as error:
        return Refusal(DESTINATION_UNKNOWN, str(error))
    except IdentifierRefused as refusal:
        return Refusal(IDENTIFIER_DOES_NOT_MATCH, str(refusal), refusal.keyword)
    except (OperationalError, InterfaceError) as error:
        logger.error("Database away while retrieving: %s", type(error).__name__)
        connection.close()
        return Refusal(UNABLE_TO_COUNT_MATCHES, "The archive is away, try again later")
    except Exception as error:
        logger.error("Retrieval failed: %s", type(error).__name__, exc_info=without_values(error))
        return Refusal(CANNOT_UNDERSTAND)


def _found(keys: dict[str, tuple[str, ...]], caller: Caller, destination: str | None) -> Retrieval | Refusal:
    with open_scope(hospital_scope(process="dimse", hospital_id=caller.hospital_id)):
        node = None if destination is None else node_for(ae_title=destination, hospital_id=caller.hospital_id)
        rows = apply_matches(Instance.objects.all(), level="instance", matches=keys)
        if "PatientID" in keys and "StudyInstanceUID" not in keys:
            _refuse_patients_of_one_id(rows, keys["PatientID"])
        parcels = parcels_of(rows)
        if len(parcels) > MOST_INSTANCES:
            return Refusal(UNABLE_TO_COUNT_MATCHES, f"More than {MOST_INSTANCES} instances: ask for fewer")
        _audit(rows, caller, destination)
    return Retrieval(parcels, node)


def _refuse_patients_of_one_id(rows: QuerySet[Instance], patient_ids: tuple[str, ...]) -> None:
    """Raise IdentifierRefused where a PatientID names patients of several issuers: they are different people."""
    patients = rows.order_by().values("series__study__patient").distinct().count()
    if patients > len(patient_ids):
        raise IdentifierRefused("IssuerOfPatientID", "must be given: PatientID names several patients")


def _audit(rows: QuerySet[Instance], caller: Caller, destination: str | None) -> None:
    """Record each study with how many of its instances were asked for, by whom and for whom."""
    studies = rows.order_by().values_list("series__study").annotate(Count("pk"))
    record_audits(
        {
            "action": "images.retrieved",
            "object_type": "study",
            "object_id": study_id,
            "hospital_id": caller.hospital_id,
            "detail": {"instances": number, "ae_title": caller.ae_title, "sent_to": destination or caller.ae_title},
        }
        for study_id, number in studies
    )
