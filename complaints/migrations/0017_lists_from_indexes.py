"""Let filtered lists and their counts be read from an index alone.

An index answers alone only where the database knows that all readers see a row; it learns that when
it tidies the table up. By default it waits for a fifth of the table to be new, and the newest rows
are what lists begin with. A change of what no index holds (how high a complaint has climbed) stays
in its page where that has room, and leaves all indexes alone.
"""

from django.conf import settings
from django.db import migrations, models

KEPT_SO = (
    "ALTER TABLE complaints_complaint SET (fillfactor = 90,"
    " autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.05)"
)
KEPT_AS_OTHERS = (
    "ALTER TABLE complaints_complaint RESET (fillfactor,"
    " autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor)"
)


def forwards(apps, schema_editor):
    """Tidy the table up sooner, and leave room in its pages (PostgreSQL)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(KEPT_SO)


def backwards(apps, schema_editor):
    """Keep it as any other table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(KEPT_AS_OTHERS)


class Migration(migrations.Migration):
    """Indexes that carry along what lists are narrowed to."""

    dependencies = [
        ("accounts", "0002_life_cycle"),
        ("complaints", "0016_waiting_and_sites"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="complaint",
            name="complaint_cat_new",
        ),
        migrations.RemoveIndex(
            model_name="complaint",
            name="complaint_site_new",
        ),
        migrations.RemoveIndex(
            model_name="complaint",
            name="complaint_owner_new",
        ),
        migrations.RemoveIndex(
            model_name="complaint",
            name="complaint_team_new",
        ),
        migrations.RemoveIndex(
            model_name="complaint",
            name="complaint_free_due",
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("is_open", True), ("owner__isnull", True)),
                fields=["next_due_at", "id"],
                include=(
                    "received_at",
                    "state",
                    "channel",
                    "priority",
                    "category",
                    "site",
                    "team",
                    "confidential",
                    "subject_person",
                ),
                name="complaint_free_due",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                fields=["owner", "-received_at", "-id"],
                include=(
                    "is_open",
                    "state",
                    "channel",
                    "priority",
                    "category",
                    "site",
                    "team",
                    "confidential",
                    "subject_person",
                ),
                name="complaint_owner_new",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                fields=["team", "-received_at", "-id"],
                include=(
                    "is_open",
                    "state",
                    "channel",
                    "priority",
                    "category",
                    "site",
                    "owner",
                    "confidential",
                    "subject_person",
                ),
                name="complaint_team_new",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                fields=["category", "-received_at", "-id"],
                include=(
                    "is_open",
                    "state",
                    "channel",
                    "priority",
                    "site",
                    "team",
                    "owner",
                    "confidential",
                    "subject_person",
                ),
                name="complaint_cat_new",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                fields=["site", "-received_at", "-id"],
                include=(
                    "is_open",
                    "state",
                    "channel",
                    "priority",
                    "category",
                    "team",
                    "owner",
                    "confidential",
                    "subject_person",
                ),
                name="complaint_site_new",
            ),
        ),
        migrations.RunPython(forwards, backwards),
    ]
