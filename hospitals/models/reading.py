"""Who may read what: privileges, licences, credentials, exclusions, each from an instant to an instant."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hospitals.models.hospital import Hospital, validate_jurisdiction
from hospitals.models.people import User

SUBSPECIALTIES = ("neuro", "body", "musculoskeletal", "chest", "breast", "paediatric", "nuclear")


def valid_at(instant: datetime) -> Q:
    """Return the condition of the rows that hold at an instant."""
    return Q(valid_from__lte=instant) & (Q(valid_until__isnull=True) | Q(valid_until__gt=instant))


class ValidForATime(models.Model):
    """A row that holds from `valid_from` until `valid_until` (UTC, end exclusive, open ended when null)."""

    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="A person ended it; without this it lapsed by its date"
    )

    class Meta:
        abstract = True


class ReadingPrivilege(ValidForATime):
    """A radiologist may read this modality and subspecialty at this hospital (empty: any)."""

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reading_privileges")
    hospital = models.ForeignKey(Hospital, on_delete=models.CASCADE, related_name="reading_privileges")
    modality = models.CharField(max_length=16, blank=True)
    subspecialty = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("radiologist", "hospital", "modality", "subspecialty", name="privilege_once")
        ]


class Licence(ValidForATime):
    """A radiologist's licence to practise in a jurisdiction: needed where the patient is and where the reader sits."""

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="licences")
    jurisdiction = models.CharField(
        max_length=16, validators=[validate_jurisdiction], help_text="As Hospital.jurisdiction"
    )
    number = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("radiologist", "jurisdiction", name="licence_once")]


class Credential(ValidForATime):
    """A hospital's medical staff office has admitted the radiologist."""

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="credentials")
    hospital = models.ForeignKey(Hospital, on_delete=models.CASCADE, related_name="credentials")

    class Meta:
        constraints = [models.UniqueConstraint("radiologist", "hospital", name="credential_once")]


class Exclusion(ValidForATime):
    """A radiologist does not get this work (empty field: any), whatever else would allow it."""

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exclusions")
    hospital = models.ForeignKey(Hospital, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    modality = models.CharField(max_length=16, blank=True)
    subspecialty = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=200)


class ReaderGroup(models.Model):
    """Radiologists that rules name together: "night team", "stroke readers"."""

    name = models.CharField(max_length=60, unique=True)
    members = models.ManyToManyField(User, related_name="reader_groups")


class LapseNotice(models.Model):
    """People were told, once for each end of a right, that it lapses soon or has lapsed."""

    class Stage(models.TextChoices):
        SOON = "soon", "Lapses soon"
        LAPSED = "lapsed", "Lapsed"

    radiologist = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, help_text="licence, credential or privilege")
    right_id = models.BigIntegerField()
    valid_until = models.DateTimeField(help_text="The end it tells of: a renewed right is told of again")
    stage = models.CharField(max_length=6, choices=Stage)
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("kind", "right_id", "valid_until", "stage", name="lapse_notice_once")]
