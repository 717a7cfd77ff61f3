"""Standing in for absent colleagues; and why approval is asked for, in any reader's language."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


ABOVE_LIMIT = ("above the handler's limit", "超出处理人员的限额")
PRIORITY = ("asks for approval at this priority", "要求该优先级的答复须经审批")


def to_codes(apps, _schema_editor):
    """Turn the sentences that were stored in the asker's language into codes with their figures."""
    approvals = apps.get_model("complaints", "Approval").objects.filter(kind="response", why=[])
    for approval in approvals.select_related("response", "complaint").iterator(chunk_size=500):
        why = []
        if any(words in approval.reason for words in ABOVE_LIMIT) and approval.response:
            response = approval.response
            amount = f"{response.amount:.2f}"
            why.append({"code": "above_limit", "amount": amount, "currency": response.currency})
        if any(words in approval.reason for words in PRIORITY):
            why.append({"code": "priority", "priority": approval.complaint.priority})
        if why:
            approval.why, approval.reason = why, ""
            approval.save(update_fields=["why", "reason"])


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0014_disposal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="asked_for",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="why",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="notice",
            name="instead_of",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="approval",
            name="reason",
            field=models.TextField(blank=True, verbose_name="reason"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    ("asked_for__isnull", True),
                    models.Q(("decided_by", models.F("asked_for")), _negated=True),
                    _connector="OR",
                ),
                name="approval_not_by_whom_it_was_asked_for",
            ),
        ),
        migrations.RunPython(to_codes, migrations.RunPython.noop, elidable=True),
    ]
