"""The demonstration's examinations: what a network sees in a morning, each with the story that its report answers."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DemonstrationCase:
    """An examination of the catalogue; `age_years` and `sex` of the patient, `prior_years` to an earlier one or 0."""

    hospital: str
    node: str
    modality: str
    body_part: str
    procedure_code: str
    description: str
    clinical_information: str
    instances: int
    age_years: int
    sex: str
    referrer: str
    priority: str = "routine"
    laterality: str = ""
    prior_years: int = 0


def _case(
    node: str,
    modality: str,
    body_part: str,
    procedure: tuple[str, str],
    story: str,
    patient: tuple[int, str],
    **more: object,
) -> DemonstrationCase:
    hospital = node.split("_")[0]
    values = {"referrer": _REFERRER_OF[hospital], "instances": _INSTANCES[modality]} | more
    return DemonstrationCase(
        hospital=hospital,
        node=node,
        modality=modality,
        body_part=body_part,
        procedure_code=procedure[0],
        description=procedure[1],
        clinical_information=story,
        age_years=patient[0],
        sex=patient[1],
        **values,
    )


_REFERRER_OF = {"NORTH": "N1001", "HARBOUR": "H2001", "RIVER": "R3001", "HILL": "L4001"}
_INSTANCES = {"CT": 24, "MR": 20, "CR": 2, "MG": 4, "US": 6, "PT": 24}

CASES: tuple[DemonstrationCase, ...] = (
    _case(
        "NORTH_CT",
        "CT",
        "HEAD",
        ("CTHEAD", "CT head without contrast"),
        "Sudden right-sided weakness and aphasia, onset 40 minutes ago. Haemorrhage?",
        (71, "F"),
        priority="stat",
        prior_years=2,
    ),
    _case(
        "NORTH_CT",
        "CT",
        "CHEST",
        ("CTCHESTPE", "CT pulmonary angiography"),
        "Acute dyspnoea, tachycardia, raised D-dimer. Pulmonary embolism?",
        (58, "M"),
        priority="urgent",
        referrer="N1002",
    ),
    _case(
        "NORTH_CT",
        "CT",
        "ABDOMEN",
        ("CTABD", "CT abdomen and pelvis with contrast"),
        "Right lower quadrant pain, fever, leucocytosis. Appendicitis?",
        (34, "F"),
        priority="urgent",
    ),
    _case(
        "NORTH_MR",
        "MR",
        "BRAIN",
        ("MRBRAIN", "MRI brain with and without contrast"),
        "Known multiple sclerosis, follow-up under therapy.",
        (42, "F"),
        prior_years=1,
    ),
    _case(
        "NORTH_MR",
        "MR",
        "KNEE",
        ("MRKNEEL", "MRI left knee"),
        "Twisting injury playing football. Meniscal tear?",
        (27, "M"),
        laterality="L",
        referrer="N1002",
    ),
    _case(
        "NORTH_CR",
        "CR",
        "CHEST",
        ("XRCHEST", "Chest radiograph, two views"),
        "Cough and fever for a week. Pneumonia?",
        (66, "M"),
        prior_years=1,
    ),
    _case(
        "NORTH_US",
        "US",
        "ABDOMEN",
        ("USABD", "Ultrasound upper abdomen"),
        "Right upper quadrant pain after meals. Gallstones?",
        (49, "F"),
    ),
    _case(
        "HARBOUR_CR",
        "CR",
        "CHEST",
        ("XRCHEST", "Chest radiograph, child"),
        "Foreign body aspiration suspected, one-sided wheeze.",
        (3, "M"),
        priority="stat",
    ),
    _case(
        "HARBOUR_US",
        "US",
        "ABDOMEN",
        ("USABDCH", "Ultrasound abdomen, child"),
        "Colicky pain, vomiting, bloody stool. Intussusception?",
        (1, "F"),
        priority="urgent",
    ),
    _case(
        "HARBOUR_MR",
        "MR",
        "BRAIN",
        ("MRBRAINCH", "MRI brain, child"),
        "First seizure without fever.",
        (7, "M"),
    ),
    _case(
        "RIVER_CT",
        "CT",
        "HEAD",
        ("CTHEAD", "CT head without contrast"),
        "Fall from a ladder, brief loss of consciousness, on anticoagulants.",
        (77, "M"),
        priority="stat",
        referrer="R3002",
    ),
    _case(
        "RIVER_CT",
        "CT",
        "CHEST",
        ("CTCHEST", "CT chest, nodule follow-up"),
        "Solid nodule of 7 mm in the right upper lobe a year ago. Growth?",
        (63, "F"),
        prior_years=1,
    ),
    _case(
        "RIVER_MR",
        "MR",
        "ABDOMEN",
        ("MRLIVER", "MRI liver with contrast"),
        "Cirrhosis, raised alpha-fetoprotein. Focal lesion?",
        (59, "M"),
    ),
    _case(
        "RIVER_PT",
        "PT",
        "CHEST",
        ("PETFDG", "FDG PET, staging"),
        "Newly diagnosed lung cancer, staging.",
        (68, "M"),
        referrer="R3002",
    ),
    _case(
        "RIVER_MG",
        "MG",
        "BREAST",
        ("MGSCREEN", "Screening mammography, both sides"),
        "Screening round, no complaints.",
        (54, "F"),
        prior_years=2,
    ),
    _case(
        "RIVER_CR",
        "CR",
        "CHEST",
        ("XRCHEST", "Chest radiograph, bedside"),
        "After central venous catheter. Position, pneumothorax?",
        (72, "F"),
        priority="urgent",
    ),
    _case(
        "HILL_CR",
        "CR",
        "KNEE",
        ("XRKNEER", "Right knee radiograph, two views"),
        "Chronic pain on walking. Osteoarthritis?",
        (69, "F"),
        laterality="R",
    ),
    _case(
        "HILL_MR",
        "MR",
        "KNEE",
        ("MRKNEER", "MRI right knee"),
        "Locking after a skiing fall. Meniscus, ligaments?",
        (38, "M"),
        laterality="R",
    ),
    _case(
        "HILL_MG",
        "MG",
        "BREAST",
        ("MGDIAG", "Diagnostic mammography, both sides"),
        "Palpable lump in the left breast for two weeks.",
        (47, "F"),
        priority="urgent",
    ),
)

FAMILY_NAMES = [
    "ADLER",
    "BECK",
    "CORREIA",
    "DORN",
    "EBERT",
    "FARIA",
    "GRAF",
    "HAHN",
    "IVENS",
    "JANSEN",
    "KRAUSE",
    "LOPES",
    "MATOS",
    "NEVES",
    "OTTO",
    "PIRES",
    "QUANDT",
    "REIMER",
    "SILVA",
    "THIEL",
    "URBAN",
    "VIEIRA",
    "WAGNER",
    "XAVIER",
    "YILMAZ",
    "ZIMMER",
]
GIVEN_NAMES = {
    "F": ["ANNA", "BEATRIZ", "CLARA", "DIANA", "EVA", "FRIDA", "GISELA", "HELENA", "INGRID", "JOANA", "KATRIN", "LENA"],
    "M": ["ANTON", "BERND", "CARLOS", "DIOGO", "EMIL", "FELIX", "GEORG", "HUGO", "IVO", "JORGE", "KARL", "LEON"],
}
