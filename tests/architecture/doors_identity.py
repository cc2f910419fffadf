"""Doors of patients: merges, moves, links and which numbers are national."""

from tests.architecture.door import ADMINISTER, COORDINATE, SYSTEM, Door
from tests.architecture.door import door as _door
from tests.architecture.door import form_of as _form
from tests.architecture.door import own_list as _list

_WHO = (COORDINATE, ADMINISTER, SYSTEM)
_PAIR = {"patient_id": "patient", "other_id": "other_patient"}
_WHY = _form(reason="same birth record")
_RULE = _form(hospital="hospital", scheme="NHS", type_code="NI")

IDENTITY_PAGES: dict[str, Door] = {
    "GET patients/": _list(*_WHO),
    "POST patients/": _list(*_WHO, body=_form(search="doe")),
    "GET patients/links/": _list(*_WHO),
    "POST patients/links/<link_id>/decide/": _door(
        *_WHO, link_id="patient_link", body=_form(status="declined", reason="twins")
    ),
    "POST patients/changes/<change_id>/undo/": _door(*_WHO, change_id="patient_change", body=_WHY),
    "GET patients/national-identifiers/": _list(*_WHO),
    "POST patients/national-identifiers/": _list(
        *_WHO, body=_form(hospital="hospital_pk", scheme="NHS", type_code="XX")
    ),
    "POST patients/national-identifiers/<rule_id>/remove/": _door(*_WHO, rule_id="national_rule"),
    "GET patients/<patient_id>/": _door(*_WHO, patient_id="patient"),
    "POST patients/<patient_id>/correct/": _door(*_WHO, patient_id="patient", body=_form(name="A", reason="typed")),
    "GET patients/<patient_id>/compare/<other_id>/": _door(*_WHO, **_PAIR),
    "POST patients/<patient_id>/merge/<other_id>/": _door(*_WHO, body=_WHY, **_PAIR),
    "POST patients/<patient_id>/link/<other_id>/": _door(*_WHO, body=_WHY, **_PAIR),
    "POST patients/<patient_id>/move/<study_id>/": _door(
        *_WHO, patient_id="patient", study_id="other_patients_study", body=_WHY
    ),
}

IDENTITY_API: dict[str, Door] = {
    "GET api/patients/": _list(*_WHO),
    "POST api/patients/search/": _list(*_WHO, body=_form(search="doe")),
    "GET api/patients/<pk>/": _door(*_WHO, pk="patient"),
    "POST api/patients/<pk>/merge/": _door(
        *_WHO, pk="patient", body=_form(merged_patient="other_patient", reason="same birth record")
    ),
    "POST api/patients/<pk>/move-study/": _door(
        *_WHO, pk="patient", body=_form(study="other_patients_study", reason="wrong entry")
    ),
    "POST api/patients/<pk>/correct/": _door(*_WHO, pk="patient", body=_form(sex="F", reason="typed")),
    "GET api/patient-changes/": _list(*_WHO),
    "GET api/patient-changes/<pk>/": _door(*_WHO, pk="patient_change"),
    "POST api/patient-changes/<pk>/undo/": _door(*_WHO, pk="patient_change", body=_WHY),
    "GET api/patient-links/": _list(*_WHO),
    # Both records are of one hospital, the only one that all these people see: they are to be merged instead.
    "POST api/patient-links/": Door(
        _WHO, body=_form(patient="patient", other_patient="other_patient", reason="same"), right=(409,)
    ),
    "GET api/patient-links/<pk>/": _door(*_WHO, pk="patient_link"),
    "POST api/patient-links/<pk>/decide/": _door(
        *_WHO, pk="patient_link", body=_form(status="declined", reason="twins")
    ),
    "GET api/national-identifier-rules/": _list(*_WHO),
    "POST api/national-identifier-rules/": _door(*_WHO, body=_RULE),
    "GET api/national-identifier-rules/<pk>/": _door(*_WHO, pk="national_rule"),
    "DELETE api/national-identifier-rules/<pk>/": _door(*_WHO, pk="national_rule"),
}
