"""The certificate and key by which a radiologist signs."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class SigningCertificate(models.Model):
    """A radiologist's certificate; the private key is stored only under SIGNING_KEY_SECRET, kept elsewhere."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signing_certificates")
    common_name = models.CharField(max_length=120, help_text="The printed name under a report")
    serial_number = models.CharField(max_length=64, unique=True, help_text="Hexadecimal")
    certificate_pem = models.TextField()
    chain_pem = models.TextField(help_text="Issuing certificates, the issuer first, without the root")
    encrypted_private_key = models.BinaryField()
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index("user", models.F("not_after").desc(), name="certificate_of_user")]
