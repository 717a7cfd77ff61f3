"""An event's id keeps one index instead of two: nobody asks for the beginning of an id."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("providers", "0003_webhooks")]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="public_id",
            field=models.CharField(max_length=40),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(fields=("public_id",), name="event_once"),
        ),
    ]
