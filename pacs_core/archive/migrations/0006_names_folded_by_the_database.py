from django.db import migrations, models

import pacs_core.archive.names


class Migration(migrations.Migration):
    """Names by index: `~` is not leakproof, so row-level security lets no trigram index serve; ranges of bytes are."""

    dependencies = [
        ("archive", "0005_received_of_study"),
        ("hospitals", "0006_no_double_booking_and_asked_time_off"),
    ]

    operations = [
        migrations.AddField(
            model_name="patient",
            name="name_alphabetic",
            field=models.GeneratedField(
                db_persist=True,
                expression=pacs_core.archive.names.FoldedGroup("name", models.Value(1)),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="name_ideographic",
            field=models.GeneratedField(
                db_persist=True,
                expression=pacs_core.archive.names.FoldedGroup("name", models.Value(2)),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="name_phonetic",
            field=models.GeneratedField(
                db_persist=True,
                expression=pacs_core.archive.names.FoldedGroup("name", models.Value(3)),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddField(
            model_name="study",
            name="referring_physician_name_alphabetic",
            field=models.GeneratedField(
                db_persist=True,
                expression=pacs_core.archive.names.FoldedGroup("referring_physician_name", models.Value(1)),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddField(
            model_name="study",
            name="referring_physician_name_ideographic",
            field=models.GeneratedField(
                db_persist=True,
                expression=pacs_core.archive.names.FoldedGroup("referring_physician_name", models.Value(2)),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddField(
            model_name="study",
            name="referring_physician_name_phonetic",
            field=models.GeneratedField(
                db_persist=True,
                expression=pacs_core.archive.names.FoldedGroup("referring_physician_name", models.Value(3)),
                output_field=models.TextField(db_collation="C"),
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(models.F("hospital"), models.F("name_alphabetic"), name="patient_by_name"),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                models.F("hospital"),
                models.F("name_ideographic"),
                condition=models.Q(("name_ideographic__gt", "")),
                name="patient_by_ideographic_name",
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                models.F("hospital"),
                models.F("name_phonetic"),
                condition=models.Q(("name_phonetic__gt", "")),
                name="patient_by_phonetic_name",
            ),
        ),
    ]
