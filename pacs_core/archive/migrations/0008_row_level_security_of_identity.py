from django.db import migrations

from pacs_core.access.row_level_security import EnableRowLevelSecurity


class Migration(migrations.Migration):
    dependencies = [("archive", "0007_patient_identity")]

    operations = [
        EnableRowLevelSecurity("archive_patientchange"),
        EnableRowLevelSecurity("archive_patientidentifier"),
        EnableRowLevelSecurity("archive_nationalidentifierrule"),
        EnableRowLevelSecurity("archive_patientlink", second_hospital="other_hospital_id"),
    ]
