"""Who shares a national identifier with a patient, by what each hospital says of its identifiers."""

from django.db.models import Q, QuerySet

from pacs_core.archive.models import NationalIdentifierRule, Patient, PatientIdentifier


def same_national_identifier(patient: Patient) -> set[int]:
    """Return the keys of other records in the open scope with a number of the same national scheme and value."""
    rules = list(NationalIdentifierRule.objects.order_by("pk"))
    own = [rule for rule in rules if rule.hospital_id == patient.hospital_id]
    found: set[int] = set()
    for value, issuer, type_code in _numbers(patient):
        for rule in own:
            if _applies(rule, issuer, type_code):
                found |= _holders(value, [other for other in rules if other.scheme == rule.scheme])
    return found - {patient.pk}


def _numbers(patient: Patient) -> list[tuple[str, str, str]]:
    known = patient.identifiers.values_list("value", "issuer", "type_code")
    return [(patient.patient_id, patient.issuer_of_patient_id, ""), *known]


def _applies(rule: NationalIdentifierRule, issuer: str, type_code: str) -> bool:
    return rule.issuer in ("", issuer) and rule.type_code in ("", type_code)


def _holders(value: str, rules: list[NationalIdentifierRule]) -> set[int]:
    """Return whoever has the value under one of these rules, as the patient ID or as another number."""
    found: set[int] = set()
    for rule in rules:
        found |= set(_numbers_under(rule).filter(value=value).values_list("patient", flat=True))
        if rule.issuer and not rule.type_code:
            as_own_id = Patient.objects.filter(
                hospital=rule.hospital_id, issuer_of_patient_id=rule.issuer, patient_id=value
            )
            found |= set(as_own_id.values_list("pk", flat=True))
    return found


def _numbers_under(rule: NationalIdentifierRule) -> QuerySet[PatientIdentifier]:
    covered = Q(hospital=rule.hospital_id)
    if rule.issuer:
        covered &= Q(issuer=rule.issuer)
    if rule.type_code:
        covered &= Q(type_code=rule.type_code)
    return PatientIdentifier.objects.filter(covered)
