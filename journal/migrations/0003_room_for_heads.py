"""Leave room in the pages of the heads: each entry moves one on, and no index holds what changes."""

from django.db import migrations


def forwards(apps, schema_editor):
    """Leave room (PostgreSQL)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE journal_head SET (fillfactor = 80)")


def backwards(apps, schema_editor):
    """Fill pages as those of any other table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE journal_head RESET (fillfactor)")


class Migration(migrations.Migration):
    """Heads stay in their pages."""

    dependencies = [("journal", "0002_append_only")]

    operations = [migrations.RunPython(forwards, backwards)]
