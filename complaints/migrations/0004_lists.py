"""What belongs to lists: saved filters, bulk runs, and indexes that serve the orders of lists.

Columns that begin a composite index lose the index of their own: fewer indexes to write.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("complaints", "0003_policy_frozen"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("refused", "Refused")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="BulkRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("assign", "Assign"),
                            ("acknowledge", "Acknowledge by e-mail"),
                            ("escalate", "Escalate"),
                            ("no_reply", "Record: no reply"),
                            ("close", "Close"),
                            ("withdraw", "Withdraw"),
                        ],
                        max_length=12,
                    ),
                ),
                ("given", models.JSONField(default=dict)),
                ("language", models.CharField(max_length=10)),
                ("total", models.PositiveIntegerField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "bulk move",
                "verbose_name_plural": "bulk moves",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=1000)),
                ("saved_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
                "ordering": ["name"],
            },
        ),
        migrations.AlterField(
            model_name="complaint",
            name="category",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="complaints.category",
                verbose_name="category",
            ),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="complainant",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="complaints",
                to="complaints.complainant",
                verbose_name="complainant",
            ),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="emergency_taken_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="complaints_owned",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="policy",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="complaints",
                to="complaints.handlingpolicy",
            ),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="site",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="accounts.site",
                verbose_name="site",
            ),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="team",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="accounts.team",
                verbose_name="team",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(
                condition=models.Q(("is_open", False), ("next_due_at__isnull", False)),
                fields=["next_due_at", "id"],
                name="complaint_follow_ups",
            ),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["owner", "-received_at", "-id"], name="complaint_owner_new"),
        ),
        migrations.AddIndex(
            model_name="complaint",
            index=models.Index(fields=["team", "-received_at", "-id"], name="complaint_team_new"),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="complaint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="complaints.complaint",
            ),
        ),
        migrations.AddField(
            model_name="bulkrun",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="complaints.bulkrun",
            ),
        ),
        migrations.AddField(
            model_name="savedfilter",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_filters",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="bulkrun",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", True)),
                fields=["id"],
                name="bulk_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="bulkitem",
            index=models.Index(fields=["run", "outcome", "id"], name="bulk_item_outcome"),
        ),
        migrations.AddConstraint(
            model_name="bulkitem",
            constraint=models.UniqueConstraint(fields=("run", "complaint"), name="bulk_item_once"),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="saved_filter_once"),
        ),
    ]
