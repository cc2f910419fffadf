"""The checks against a test set of sentences: what must be marked, and true sentences that must not."""

import pytest

from reporting.checks.check import Check, Facts
from reporting.checks.run import run_checks, side_of_description
from reporting.sections import empty_sections

COMPLETE = {"findings": "Normal.", "impression": "Normal."}
LEFT_ORDER = Facts(laterality="L", body_part="KNEE")
RIGHT_ORDER = Facts(laterality="R", body_part="KNEE")
NO_FACTS = Facts()


def checks_of(facts: Facts = NO_FACTS, **sections: str) -> list[Check]:
    return run_checks(empty_sections() | COMPLETE | sections, facts)


@pytest.mark.parametrize("section", ["findings", "impression"])
def test_an_empty_mandatory_section_blocks(section):
    (check,) = checks_of(**{section: " \n"})
    assert (check.section, check.severity, check.blocking) == (section, "error", True)


def test_other_sections_may_be_empty():
    assert checks_of() == []


def test_unfilled_fields_are_quiet_marks_that_block():
    (check,) = checks_of(findings="Liver [size] cm.")
    assert (check.severity, check.blocking, check.start, check.end) == ("info", True, 6, 12)


def test_offsets_count_code_units_as_browsers_do():
    (check,) = checks_of(findings="\U0001d7d9 [size]")[-1:]
    assert (check.start, check.end) == (3, 9)


def test_a_character_without_glyph_is_marked_where_it_is():
    (check,) = checks_of(findings="Mass \U0001f600 in the liver.")
    assert (check.code, check.severity, check.blocking) == ("no_glyph", "error", True)
    assert (check.start, check.end) == (5, 7)
    assert "U+1F600" in check.message


@pytest.mark.parametrize("text", ["Ödem, 5 µm² – ½", "Οίδημα", "Отёк", "وذمة", "सूजन", "a\tb\n\nc"])
def test_what_the_fonts_print_is_not_marked(text):
    assert checks_of(findings=text) == []


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("Joint effusion of the left knee.", "left"),
        ("Left knee: torn meniscus.", "Left"),
        ("Tear of the left medial meniscus.", "left"),
        ("LEFT KNEE IN TWO PLANES", "LEFT"),
        ("No fracture of the left knee.", "left"),
        ("Without contrast. The left patella is intact.", "left"),
        ("Left-sided effusion.", "Left"),
        ("Normal alignment.\nOsteophytes on the left.", "left"),
        ("Size 3.5 cm in the left popliteal fossa.", "left"),
    ],
)
def test_the_side_that_was_not_ordered_is_marked(sentence, word):
    (check,) = checks_of(RIGHT_ORDER, findings=sentence)
    assert sentence[check.start : check.end] == word
    assert (check.code, check.severity, check.blocking) == ("laterality", "warning", False)
    assert check.fix.lower() == "right"
    assert check.fix.isupper() == word.isupper()


@pytest.mark.parametrize(
    "sentence",
    [
        "Joint effusion of the right knee.",
        "The right knee is more swollen than the left.",
        "Compared with the left knee, the joint space is narrow.",
        "The contralateral left knee is normal.",
        "Both knees: left and right in two planes.",
        "Degeneration of either side, left and right.",
        "The right, not the left, knee was examined.",
        "The examination shows the knee of the injured side, not the left.",
        "History of left knee replacement.",
        "Status post left hip arthroplasty.",
        "No left pleural effusion.",
        "Left ventricle of normal size.",
        "The left atrium is dilated.",
        "Left lobe of the liver without lesion.",
        "Left-handed patient.",
        "The patient left before the second series.",
        "A drain was left in place.",
        "Drain left in situ.",
        "Cortical bone is left untreated.",
        "Catheter tip projects to the left of the midline.",
        "Leftover contrast.",
    ],
)
def test_true_sentences_of_a_right_sided_examination_are_left_alone(sentence):
    assert checks_of(RIGHT_ORDER, findings=sentence) == []


@pytest.mark.parametrize(
    ("sentence", "marked"),
    [
        ("Fracture of the right knee.", True),
        ("All right.", False),
        ("Right angle deformity.", False),
        ("Right anterior oblique view.", False),
        ("Dilated right ventricle.", False),
        ("Fracture of the left knee.", False),
        ("Brightness is normal.", False),
    ],
)
def test_a_left_sided_examination(sentence, marked):
    assert bool(checks_of(LEFT_ORDER, findings=sentence)) is marked


@pytest.mark.parametrize("laterality", ["", "B", "U"])
def test_an_order_without_one_side_marks_nothing(laterality):
    assert checks_of(Facts(laterality=laterality), findings="Fracture of the left knee. The right hip is normal.") == []


@pytest.mark.parametrize(
    ("description", "side"),
    [
        ("XR knee right 2 views", "R"),
        ("CT KNEE LT", "L"),
        ("MR knees left and right", ""),
        ("XR both knees, left first", ""),
        ("CT head", ""),
        ("Bright field", ""),
    ],
)
def test_side_of_a_description(description, side):
    assert side_of_description(description) == side


@pytest.mark.parametrize(
    ("sex", "sentence", "word"),
    [
        ("F", "The prostate is enlarged.", "prostate"),
        ("F", "Normal seminal vesicles.", "seminal vesicles"),
        ("F", "No prostatic lesion.", "prostatic"),
        ("M", "The uterus is of normal size.", "uterus"),
        ("M", "No ovarian mass.", "ovarian"),
        ("M", "Status post hysterectomy.", "hysterectomy"),
    ],
)
def test_an_organ_that_contradicts_the_sex_is_marked(sex, sentence, word):
    (check,) = checks_of(Facts(patient_sex=sex), findings=sentence)
    assert (check.code, sentence[check.start : check.end]) == ("sex", word)
    assert check.needs_confirmation


@pytest.mark.parametrize(
    ("sex", "sentence"),
    [
        ("M", "The prostate is enlarged."),
        ("F", "The uterus is of normal size."),
        ("F", "Her father had prostate cancer."),
        ("M", "Family history of ovarian cancer."),
        ("M", "No uterus."),
        ("M", "Cervical spine: normal. Vertebral bodies are intact."),
        ("O", "The prostate is enlarged."),
        ("", "The uterus is of normal size."),
    ],
)
def test_what_does_not_contradict_the_sex_is_left_alone(sex, sentence):
    assert checks_of(Facts(patient_sex=sex), findings=sentence) == []


def test_the_message_has_what_the_editor_needs():
    (check,) = checks_of(RIGHT_ORDER, impression="Left knee: fracture.")
    assert check.as_message() == {
        "code": "laterality",
        "key": "laterality:impression:0",
        "section": "impression",
        "severity": "warning",
        "message": '"Left", but the order is for the right side.',
        "from": 0,
        "to": 4,
        "fix": "Right",
        "blocking": False,
    }
