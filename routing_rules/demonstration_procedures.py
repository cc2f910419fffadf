"""The demonstration's catalogue of procedures, and what its hospitals call them.

Values are near the CMS physician fee schedule (work RVU) and published reading times; they are examples, not a tariff.
"""

from typing import Any

from hospitals.models import Hospital
from pacs_core.access.scopes import all_hospitals_scope, open_scope
from routing_rules.models import Procedure, ProcedureMapping
from routing_rules.procedure_words import as_description

# code, name, modality, body part, subspecialty, work RVU, minutes
_ROWS: tuple[tuple[str, str, str, str, str, float, float], ...] = (
    ("CT_HEAD", "CT head without contrast", "CT", "HEAD", "neuro", 0.85, 6),
    ("CT_HEAD_C", "CT head with contrast", "CT", "HEAD", "neuro", 1.13, 8),
    ("CTA_HEADNECK", "CT angiography of head and neck", "CT", "HEAD", "neuro", 1.75, 15),
    ("CT_SINUS", "CT sinuses without contrast", "CT", "SINUS", "neuro", 0.85, 6),
    ("CT_CSPINE", "CT cervical spine without contrast", "CT", "SPINE", "musculoskeletal", 1.0, 8),
    ("CT_CHEST", "CT chest without contrast", "CT", "CHEST", "chest", 1.08, 10),
    ("CT_CHEST_NODULE", "CT chest, nodule follow-up, low dose", "CT", "CHEST", "chest", 1.08, 9),
    ("CT_CHEST_PE", "CT pulmonary angiography", "CT", "CHEST", "chest", 1.82, 12),
    ("CT_ABDPEL", "CT abdomen and pelvis without contrast", "CT", "ABDOMEN", "body", 1.74, 11),
    ("CT_ABDPEL_C", "CT abdomen and pelvis with contrast", "CT", "ABDOMEN", "body", 1.82, 13),
    ("CT_CAP_C", "CT chest, abdomen and pelvis with contrast", "CT", "ABDOMEN", "body", 2.9, 20),
    ("CT_UROGRAM", "CT urography", "CT", "ABDOMEN", "body", 2.01, 16),
    ("MR_BRAIN", "MRI brain without contrast", "MR", "BRAIN", "neuro", 1.48, 12),
    ("MR_BRAIN_C", "MRI brain with and without contrast", "MR", "BRAIN", "neuro", 2.29, 16),
    ("MR_BRAIN_CHILD", "MRI brain, child", "MR", "BRAIN", "paediatric", 1.9, 18),
    ("MRA_HEAD", "MR angiography of the head", "MR", "HEAD", "neuro", 1.2, 10),
    ("MR_CSPINE", "MRI cervical spine without contrast", "MR", "SPINE", "neuro", 1.48, 12),
    ("MR_LSPINE", "MRI lumbar spine without contrast", "MR", "SPINE", "neuro", 1.48, 11),
    ("MR_KNEE", "MRI knee without contrast", "MR", "KNEE", "musculoskeletal", 1.35, 11),
    ("MR_SHOULDER", "MRI shoulder without contrast", "MR", "SHOULDER", "musculoskeletal", 1.35, 12),
    ("MR_LIVER_C", "MRI liver with contrast", "MR", "ABDOMEN", "body", 2.2, 20),
    ("MR_PROSTATE", "MRI prostate", "MR", "PROSTATE", "body", 2.2, 18),
    ("MR_BREAST_C", "MRI breast with contrast", "MR", "BREAST", "breast", 2.1, 20),
    ("XR_CHEST", "Chest radiograph", "CR", "CHEST", "chest", 0.22, 2.5),
    ("XR_CHEST_CHILD", "Chest radiograph, child", "CR", "CHEST", "paediatric", 0.22, 3),
    ("XR_ABDOMEN", "Abdomen radiograph", "CR", "ABDOMEN", "body", 0.18, 2.5),
    ("XR_KNEE", "Knee radiograph", "CR", "KNEE", "musculoskeletal", 0.18, 2),
    ("XR_HIP", "Hip and pelvis radiograph", "CR", "HIP", "musculoskeletal", 0.22, 2.5),
    ("XR_SHOULDER", "Shoulder radiograph", "CR", "SHOULDER", "musculoskeletal", 0.18, 2),
    ("XR_HAND", "Hand and wrist radiograph", "CR", "HAND", "musculoskeletal", 0.17, 2),
    ("XR_FOOT", "Foot and ankle radiograph", "CR", "FOOT", "musculoskeletal", 0.17, 2),
    ("XR_LSPINE", "Lumbar spine radiograph", "CR", "SPINE", "musculoskeletal", 0.26, 3),
    ("US_ABDOMEN", "Ultrasound abdomen", "US", "ABDOMEN", "body", 0.81, 5),
    ("US_ABDOMEN_CHILD", "Ultrasound abdomen, child", "US", "ABDOMEN", "paediatric", 0.81, 6),
    ("US_KIDNEY", "Ultrasound kidneys and bladder", "US", "KIDNEY", "body", 0.74, 5),
    ("US_THYROID", "Ultrasound thyroid", "US", "THYROID", "body", 0.56, 4),
    ("US_BREAST", "Ultrasound breast", "US", "BREAST", "breast", 0.73, 6),
    ("MG_SCREEN", "Screening mammography", "MG", "BREAST", "breast", 0.76, 3),
    ("MG_DIAG", "Diagnostic mammography", "MG", "BREAST", "breast", 1.0, 8),
    ("PT_FDG", "FDG PET, whole body", "PT", "", "nuclear", 2.4, 22),
    ("NM_BONE", "Bone scintigraphy, whole body", "NM", "", "nuclear", 0.86, 9),
)
PROCEDURES: list[dict[str, Any]] = [
    dict(
        zip(
            ("code", "name", "modality", "body_part", "subspecialty", "relative_value", "expected_minutes"),
            row,
            strict=True,
        )
    )
    for row in _ROWS
]

# hospital, modality, local code, local description, catalogue code; what is not here waits for the coordinator:
# the FDG PET of RIVER, and the follow-up of nodules there.
MAPPINGS: tuple[tuple[str, str, str, str, str], ...] = (
    ("NORTH", "CT", "CTHEAD", "CT head without contrast", "CT_HEAD"),
    ("NORTH", "CT", "CTCHESTPE", "CT pulmonary angiography", "CT_CHEST_PE"),
    ("NORTH", "CT", "CTABD", "CT abdomen and pelvis with contrast", "CT_ABDPEL_C"),
    ("NORTH", "MR", "MRBRAIN", "MRI brain with and without contrast", "MR_BRAIN_C"),
    ("NORTH", "MR", "MRKNEEL", "MRI left knee", "MR_KNEE"),
    ("NORTH", "CR", "XRCHEST", "Chest radiograph, two views", "XR_CHEST"),
    ("NORTH", "US", "USABD", "Ultrasound upper abdomen", "US_ABDOMEN"),
    ("HARBOUR", "CR", "XRCHEST", "Chest radiograph, child", "XR_CHEST_CHILD"),
    ("HARBOUR", "US", "USABDCH", "Ultrasound abdomen, child", "US_ABDOMEN_CHILD"),
    ("HARBOUR", "MR", "MRBRAINCH", "MRI brain, child", "MR_BRAIN_CHILD"),
    ("RIVER", "CT", "CTHEAD", "CT head without contrast", "CT_HEAD"),
    ("RIVER", "MR", "MRLIVER", "MRI liver with contrast", "MR_LIVER_C"),
    ("RIVER", "MG", "MGSCREEN", "Screening mammography, both sides", "MG_SCREEN"),
    ("RIVER", "CR", "XRCHEST", "Chest radiograph, bedside", "XR_CHEST"),
    ("HILL", "CR", "XRKNEER", "Right knee radiograph, two views", "XR_KNEE"),
    ("HILL", "MR", "MRKNEER", "MRI right knee", "MR_KNEE"),
    ("HILL", "MG", "MGDIAG", "Diagnostic mammography, both sides", "MG_DIAG"),
)


def load() -> None:
    """Add the catalogue and the mappings when there is no catalogue; a person's changes are never undone."""
    if Procedure.objects.exists():
        return
    Procedure.objects.bulk_create(Procedure(**values) for values in PROCEDURES)
    procedures = dict(Procedure.objects.values_list("code", "pk"))
    hospitals = dict(Hospital.objects.values_list("code", "pk"))
    with open_scope(all_hospitals_scope(process="demonstration")):
        ProcedureMapping.objects.bulk_create(
            (
                ProcedureMapping(
                    hospital_id=hospitals[hospital],
                    modality=modality,
                    local_code=code,
                    local_description=as_description(description),
                    procedure_id=procedures[catalogued],
                )
                for hospital, modality, code, description, catalogued in MAPPINGS
                if hospital in hospitals
            ),
            ignore_conflicts=True,
        )
