import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("network", "0012_research_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name="node",
            name="completion_rule",
            field=models.CharField(
                blank=True,
                choices=[
                    ("performed_step", "when its performed step has ended and all named images are here"),
                    ("expected_count", "when as many images as awaited are here"),
                ],
                help_text="When all of its images are here. Empty: after the quiet time.",
                max_length=14,
                null=True,
                verbose_name="A study is complete",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="expected_instances",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Of each study, where their number is awaited. Empty: as many as its images announce.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="Images of a study",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="longest_wait_minutes",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="After its last image a study is complete in any case. Empty: 30.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1440),
                ],
                verbose_name="Longest wait in minutes",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="quiet_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Without another image. Empty: the hospital's.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(86400),
                ],
                verbose_name="Quiet time in seconds",
            ),
        ),
    ]
