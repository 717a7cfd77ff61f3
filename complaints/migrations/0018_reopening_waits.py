"""A wish to reopen that waits stops closing; what waits already is marked."""

from django.db import migrations, models


def mark_waiting(apps, schema_editor):
    """Mark complaints whose wish of this cycle nobody has decided on."""
    request = apps.get_model("complaints", "ReopenRequest")
    waiting = request.objects.filter(verdict="", cycle=models.F("complaint__cycle"))
    apps.get_model("complaints", "Complaint").objects.filter(
        pk__in=waiting.values("complaint")
    ).update(reopening_waits=True)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0017_lists_from_indexes")]

    operations = [
        migrations.AddField(
            model_name="complaint",
            name="reopening_waits",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.RunPython(mark_waiting, migrations.RunPython.noop),
    ]
