"""Give each emergency that was declared before this floor was built its row."""

from datetime import timedelta

from django.db import migrations

ENDED = "closed"


def make_rows(apps, _schema_editor):
    complaints = apps.get_model("complaints", "Complaint").objects
    rows = apps.get_model("emergencies", "Emergency").objects
    known = complaints.filter(emergency_declared_at__isnull=False).order_by("pk")
    for complaint in known.iterator(chunk_size=500):
        declared = complaint.emergency_declared_at
        over = not (complaint.emergency and complaint.is_open)
        waits = not over and complaint.emergency_taken_at is None
        rows.get_or_create(
            complaint=complaint,
            declared_at=declared,
            defaults={
                "trigger": complaint.emergency_trigger,
                "taken_at": complaint.emergency_taken_at,
                "taken_by_id": complaint.emergency_taken_by_id,
                "ended_at": (complaint.closed_at or declared) if over else None,
                "ended_how": ENDED if over else "",
                "next_call_at": declared if waits else None,
                "reports_due_at": declared + timedelta(hours=24),
            },
        )


class Migration(migrations.Migration):
    dependencies = [("emergencies", "0001_emergencies")]
    operations = [migrations.RunPython(make_rows, migrations.RunPython.noop, elidable=True)]
