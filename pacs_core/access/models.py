"""The base of every table that holds a hospital's data."""

from django.conf import settings
from django.db import models


class TenantModel(models.Model):
    """A row of one hospital; its table carries a forced row-level security policy on `hospital`.

    A new subclass needs `EnableRowLevelSecurity` in the migration that creates it; a test walks all of them.
    """

    hospital = models.ForeignKey(settings.TENANT_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True
