from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0018_row_level_security_of_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="study",
            name="completed_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("quiet_time", "no more images came for a while"),
                    ("performed_step", "all that the scanner named are here"),
                    ("expected_count", "as many as were announced are here"),
                    ("longest_wait", "the longest wait was over, images may be missing"),
                ],
                max_length=14,
            ),
        ),
        migrations.AddField(
            model_name="study",
            name="expected_instances",
            field=models.PositiveIntegerField(
                help_text="The most that its images say there are (NumberOfStudyRelatedInstances)", null=True
            ),
        ),
        migrations.AlterField(
            model_name="study",
            name="completed_at",
            field=models.DateTimeField(help_text="When all images were here, by its senders' rules", null=True),
        ),
    ]
