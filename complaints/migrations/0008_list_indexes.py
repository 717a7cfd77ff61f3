"""Indexes for what nobody owns and for what waits for approval."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("complaints", "0007_answered_has_scores"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="complaint",
            name="complaint_owner_due",
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("is_open", True), ("owner__isnull", False)),
                fields=["owner", "next_due_at", "id"],
                name="complaint_owner_due",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("is_open", True), ("owner__isnull", True)),
                fields=["next_due_at", "id"],
                name="complaint_free_due",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("pending_approval", ""), _negated=True),
                fields=["next_due_at", "id"],
                name="complaint_pending",
            ),
        ),
    ]
