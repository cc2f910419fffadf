"""People: one account each, one role, memberships in hospitals."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from hospitals.models.hospital import Hospital, validate_jurisdiction


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person; signs in with the mail address."""

    class Role(models.TextChoices):
        RADIOLOGIST = "radiologist", "Radiologist"
        COORDINATOR = "coordinator", "Coordinator"
        REFERRING_PHYSICIAN = "referring_physician", "Referring physician"
        HOSPITAL_ADMINISTRATOR = "hospital_administrator", "Hospital administrator"
        SYSTEM_ADMINISTRATOR = "system_administrator", "System administrator"

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, help_text="As printed under a report: Dr. Ada Roth")
    role = models.CharField(max_length=30, choices=Role)
    time_zone = models.CharField(max_length=64, default="UTC")
    telephone = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    is_demonstration = models.BooleanField(default=False, help_text="Its password is public: refused in production")
    created_at = models.DateTimeField(default=timezone.now)
    hospitals = models.ManyToManyField(Hospital, through="Membership", related_name="users")

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person may see a hospital, from a day to a day (UTC instants; open ended when null)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    hospital = models.ForeignKey(Hospital, on_delete=models.CASCADE, related_name="memberships")
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("user", "hospital", name="membership_once")]


class RadiologistProfile(models.Model):
    """What a radiologist reads and how much may wait for one."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="radiologist_profile")
    subspecialties = ArrayField(models.CharField(max_length=20), default=list)
    maximum_open_items = models.PositiveIntegerField(default=20)
    maximum_open_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Expected minutes that may wait for one; empty: no cap"
    )
    maximum_relative_value_per_shift = models.FloatField(null=True, blank=True, help_text="wRVU; empty: no cap")
    site_of_reading = models.CharField(max_length=120, blank=True)
    jurisdiction_of_reading = models.CharField(
        max_length=16,
        blank=True,
        validators=[validate_jurisdiction],
        help_text="Where the reader sits: a licence there is needed too",
    )
    is_resident = models.BooleanField(default=False, help_text="Reads first; an attending radiologist signs")


class ReferringPhysicianIdentifier(models.Model):
    """The number by which a hospital's orders name a referring physician (HL7 OBR-16.1)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="referring_identifiers")
    hospital = models.ForeignKey(Hospital, on_delete=models.CASCADE, related_name="+")
    identifier = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint("hospital", "identifier", name="referring_identifier_once")]
