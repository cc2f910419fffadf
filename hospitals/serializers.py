"""Hospitals, people and privileges as JSON."""

from rest_framework import serializers

from hospitals.models import Hospital, ReadingPrivilege, User
from hospitals.models.reading import SUBSPECIALTIES


class HospitalSerializer(serializers.ModelSerializer):
    class Meta:
        model = Hospital
        fields = (
            "id",
            "code",
            "name",
            "city",
            "telephone",
            "time_zone",
            "issuer_of_patient_id",
            "issuer_of_accession_number",
            "quiet_seconds",
            "is_active",
        )
        extra_kwargs = {
            # The service answers a known code by changing that hospital, so uniqueness is not refused here.
            "code": {"validators": []},
            "issuer_of_patient_id": {"required": False},
            "issuer_of_accession_number": {"required": False},
        }


class PersonSerializer(serializers.ModelSerializer):
    hospitals = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)
    subspecialties = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "name",
            "role",
            "time_zone",
            "telephone",
            "is_active",
            "hospitals",
            "subspecialties",
        )

    def get_subspecialties(self, user: User) -> list[str]:
        profile = getattr(user, "radiologist_profile", None)
        return profile.subspecialties if profile else []


class PersonChangeSerializer(serializers.Serializer):
    """Input for adding a person or changing the one with this address."""

    email = serializers.EmailField()
    name = serializers.CharField(max_length=120, required=False)
    role = serializers.ChoiceField(choices=User.Role.choices)
    time_zone = serializers.CharField(max_length=64, required=False)
    telephone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    hospitals = serializers.ListField(child=serializers.CharField(max_length=16), default=list)
    subspecialties = serializers.ListField(child=serializers.ChoiceField(choices=SUBSPECIALTIES), required=False)
    maximum_open_items = serializers.IntegerField(required=False, min_value=1)
    password = serializers.CharField(max_length=200, write_only=True, required=False)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(read_only=True, help_text="Shown once; kept as a digest only")


class ReadingPrivilegeSerializer(serializers.ModelSerializer):
    radiologist = serializers.SlugRelatedField(slug_field="email", queryset=User.objects.all())
    hospital = serializers.SlugRelatedField(slug_field="code", queryset=Hospital.objects.all())

    class Meta:
        model = ReadingPrivilege
        fields = ("id", "radiologist", "hospital", "modality", "valid_from", "valid_until")
        read_only_fields = ("valid_from",)
        validators = ()
