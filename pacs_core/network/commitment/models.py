"""Requests for storage commitment."""

from django.db import models

from pacs_core.network.outbound.models import OutboundJob


class CommitmentRequest(OutboundJob):
    """A request for storage commitment (PS3.4 J) and the report that its node gets.

    `references` holds [SOP class, SOP instance] as asked, `failures` [SOP class, SOP instance, FailureReason] as found.
    """

    transaction_uid = models.CharField(max_length=64)
    references = models.JSONField()
    references_sha256 = models.CharField(max_length=64, help_text="The same transaction may be asked for again")
    failures = models.JSONField(default=list)
    judged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "hospital", "ae_title", "transaction_uid", "references_sha256", name="commitment_once_a_transaction"
            ),
        ]
        indexes = [
            models.Index("retry_at", name="commitment_open", condition=models.Q(status__in=("waiting", "running"))),
            models.Index("hospital", models.F("requested_at").desc(), name="commitment_of_hospital"),
        ]
