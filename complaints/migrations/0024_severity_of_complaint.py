"""A complaint holds how severe its last assessment judged it, so that lists find it by an index."""

from django.conf import settings
from django.db import migrations, models


def carry_over(apps, schema_editor):
    """Note on each complaint what its last assessment says."""
    assessment = apps.get_model("complaints", "Assessment")
    last = assessment.objects.filter(complaint=models.OuterRef("pk")).order_by("-pk")
    apps.get_model("complaints", "Complaint")._base_manager.filter(
        pk__in=assessment.objects.values("complaint")
    ).update(severity=models.Subquery(last.values("severity")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_test_providers"),
        ("complaints", "0023_complainant_address"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="complaint",
            name="severity",
            field=models.CharField(
                blank=True,
                choices=[
                    ("low", "Low"),
                    ("moderate", "Moderate"),
                    ("high", "High"),
                    ("critical", "Critical"),
                ],
                max_length=10,
                verbose_name="severity",
            ),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("severity", ""), _negated=True),
                fields=["severity", "-received_at", "-id"],
                name="complaint_severity_new",
            ),
        ),
        # SQLite went through all that is open to find what one partner recorded and is due first.
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("is_open", True)),
                fields=["recorded_by", "next_due_at", "id"],
                name="complaint_rec_due",
            ),
        ),
    ]
