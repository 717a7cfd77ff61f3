"""Indexes for what waits for others, and for what a site has to do first."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("complaints", "0015_standing_in"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("is_open", True)),
                fields=["site", "next_due_at", "id"],
                name="complaint_site_due",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(
                    ("is_open", True),
                    models.Q(
                        ("paused", True),
                        models.Q(("answer", ""), ("state", "responded")),
                        models.Q(("pending_approval", ""), _negated=True),
                        _connector="OR",
                    ),
                ),
                fields=["next_due_at", "id"],
                name="complaint_waiting",
            ),
        ),
    ]
