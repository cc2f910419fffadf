from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("network", "0008_row_level_security_of_outbound_jobs")]

    operations = [
        migrations.AddField(
            model_name="node",
            name="may_query_worklist",
            field=models.BooleanField(
                default=False,
                help_text="Ask what is to be examined: patients and orders of its hospital (Modality Worklist).",
                verbose_name="May query the worklist",
            ),
        ),
        migrations.AddField(
            model_name="node",
            name="may_report_steps",
            field=models.BooleanField(
                default=False,
                help_text="Say that an examination was begun, completed or discontinued (MPPS).",
                verbose_name="May report steps",
            ),
        ),
    ]
