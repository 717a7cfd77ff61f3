"""Let charts be counted from indexes alone, and counts be kept by what something is called.

An index answers alone only where the database knows that all readers see a row: the table of facts
is tidied up as early as that of complaints (0017 there).
"""

from django.db import migrations, models

KEPT_SO = (
    "ALTER TABLE monitoring_fact SET (autovacuum_vacuum_insert_scale_factor = 0.01,"
    " autovacuum_vacuum_scale_factor = 0.05)"
)
KEPT_AS_OTHERS = (
    "ALTER TABLE monitoring_fact RESET (autovacuum_vacuum_insert_scale_factor,"
    " autovacuum_vacuum_scale_factor)"
)


def forwards(apps, schema_editor):
    """Tidy the table up sooner (PostgreSQL)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(KEPT_SO)


def backwards(apps, schema_editor):
    """Keep it as any other table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(KEPT_AS_OTHERS)


class Migration(migrations.Migration):
    """Indexes that carry along what charts are divided by."""

    dependencies = [
        ("complaints", "0022_attachment_withdrawn"),
        ("monitoring", "0006_what_figures_need"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="fact",
            name="fact_received",
        ),
        migrations.RemoveIndex(
            model_name="fact",
            name="fact_ended",
        ),
        migrations.RemoveIndex(
            model_name="fact",
            name="fact_open_of",
        ),
        migrations.RemoveIndex(
            model_name="fact",
            name="fact_next_due",
        ),
        migrations.AlterField(
            model_name="cell",
            name="measure",
            field=models.CharField(max_length=90),
        ),
        migrations.AddIndex(
            model_name="cell",
            index=models.Index(
                fields=["dimension", "member", "measure", "day"],
                include=("confidential", "n", "total"),
                name="cell_measures",
            ),
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                fields=["received_day"],
                include=(
                    "site_id",
                    "team_id",
                    "confidential",
                    "subject_person_id",
                    "counted",
                    "category_id",
                    "provider_id",
                    "answered_day",
                    "ended_day",
                ),
                name="fact_received",
            ),
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                fields=["site_id", "received_day"],
                include=(
                    "counted",
                    "category_id",
                    "provider_id",
                    "team_id",
                    "confidential",
                    "subject_person_id",
                ),
                name="fact_received_at",
            ),
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(("ended_day__isnull", False)),
                fields=["ended_day"],
                include=(
                    "site_id",
                    "team_id",
                    "confidential",
                    "subject_person_id",
                    "owner_id",
                    "ending",
                    "received_day",
                    "first_ended_day",
                ),
                name="fact_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(("ended_day__isnull", True)),
                fields=["owner_id", "next_due_day"],
                include=("site_id", "team_id", "confidential", "subject_person_id"),
                name="fact_open_of",
            ),
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(("ended_day__isnull", True)),
                fields=["next_due_day"],
                include=(
                    "site_id",
                    "team_id",
                    "confidential",
                    "subject_person_id",
                    "owner_id",
                    "received_day",
                    "first_ended_day",
                ),
                name="fact_next_due",
            ),
        ),
        migrations.RunPython(forwards, backwards),
    ]
