"""System check: the demonstration's accounts have public passwords and must not exist in production."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.database)
def check_no_demonstration_accounts(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    from hospitals.models import User

    if not databases or not settings.PRODUCTION:
        return []
    if not User.objects.filter(is_demonstration=True, is_active=True).exists():
        return []
    return [
        Error(
            "Demonstration accounts, whose passwords are public, are active in production.",
            hint="Use a database that never held the demonstration, or deactivate them.",
            id="hospitals.E001",
        )
    ]
