"""What a hospital calls an examination, brought to one form, so that the same words are the same row."""

from dataclasses import dataclass

from routing_rules.models import ProcedureMapping
from worklist.modalities import reading_modalities
from worklist.models import WorklistItem

_CODE_LENGTH = ProcedureMapping._meta.get_field("local_code").max_length
_DESCRIPTION_LENGTH = ProcedureMapping._meta.get_field("local_description").max_length


@dataclass(frozen=True)
class LocalProcedure:
    """A hospital's name of an examination: the key of its row in the procedure map."""

    hospital_id: int
    modality: str
    code: str
    description: str


# Digital and computed radiography are one examination, whichever device took it.
_ONE_MODALITY = {"DX": "CR"}


def modality_family(modality: str) -> str:
    """Return the code under which the catalogue's and a device's modality are compared."""
    return _ONE_MODALITY.get(modality, modality)


def same_modality(local: str, catalogued: str) -> bool:
    """Say whether a hospital's name of this modality may mean a procedure of that one; no modality agrees with any."""
    return not local or modality_family(local) == modality_family(catalogued)


def as_description(text: str) -> str:
    """Return the text in upper case with single spaces, as the map keeps descriptions."""
    return " ".join(text.upper().split())[:_DESCRIPTION_LENGTH]


def as_code(text: str) -> str:
    """Return the code without the spaces around it; a code's case is the hospital's own."""
    return text.strip()[:_CODE_LENGTH]


def modality_of(item: WorklistItem) -> str:
    """Return the examination's modality: the order's word, else the first of the study's that is read."""
    if item.order and item.order.modality:
        return item.order.modality
    return (*reading_modalities(item.study.modalities), *item.study.modalities, "")[0]


def local_procedure_of(item: WorklistItem) -> LocalProcedure:
    """Return what the item's hospital calls the examination: the order's words, else the images'.

    Needs study and order loaded.
    """
    order, study = item.order, item.study
    return LocalProcedure(
        hospital_id=item.hospital_id,
        modality=modality_of(item),
        code=as_code((order.procedure_code if order else "") or study.procedure_code),
        description=as_description((order.procedure_description if order else "") or study.description),
    )
