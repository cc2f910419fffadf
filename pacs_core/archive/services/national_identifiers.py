"""Which of a hospital's identifiers are national: set up by its administrator."""

import re

from django.db import transaction

from pacs_core.access.errors import NotVisible
from pacs_core.access.scopes import current_scope
from pacs_core.archive.errors import IdentityConflict
from pacs_core.archive.models import NationalIdentifierRule
from pacs_core.archive.services.link_search import compare_hospital_again
from pacs_core.audit.services import record_audit

_SCHEME = re.compile(r"[A-Z][A-Z0-9_.-]{1,31}")


@transaction.atomic
def add_national_identifier_rule(
    *, hospital_id: int, scheme: str, issuer: str = "", type_code: str = ""
) -> NationalIdentifierRule:
    """Count a hospital's numbers of this issuer, this type, or both, as the scheme's; adding it again changes nothing.

    Raises NotVisible, IdentityConflict.
    """
    scheme, issuer, type_code = scheme.strip().upper(), issuer.strip(), type_code.strip().upper()
    if hospital_id not in current_scope().hospital_ids:
        raise NotVisible("There is no such hospital for you.")
    if not _SCHEME.fullmatch(scheme):
        raise IdentityConflict("The scheme is 2 to 32 capitals, digits, dots, dashes or _, a letter first: NHS.")
    if not issuer and not type_code:
        raise IdentityConflict("Name the issuer, the type, or both: else every number would be a national one.")
    rule, is_new = NationalIdentifierRule.objects.get_or_create(
        hospital_id=hospital_id, issuer=issuer, type_code=type_code, defaults={"scheme": scheme}
    )
    if rule.scheme != scheme:
        raise IdentityConflict(f"These numbers are of {rule.scheme} already. Maybe remove that rule first.")
    if is_new:
        _follow(rule, "national_identifier_rule.added")
    return rule


@transaction.atomic
def remove_national_identifier_rule(*, rule_id: int) -> None:
    """Let the numbers be ordinary ones again; links that were made stay until a person unlinks them."""
    rule = NationalIdentifierRule.objects.filter(pk=rule_id).first()
    if rule is None:
        raise NotVisible(f"There is no rule {rule_id} for you.")
    _follow(rule, "national_identifier_rule.removed")
    rule.delete()


def _follow(rule: NationalIdentifierRule, action: str) -> None:
    compare_hospital_again(rule.hospital_id)
    record_audit(
        action=action,
        object_type="national_identifier_rule",
        object_id=rule.pk,
        hospital_id=rule.hospital_id,
        detail={"scheme": rule.scheme, "issuer": rule.issuer, "type_code": rule.type_code},
    )
