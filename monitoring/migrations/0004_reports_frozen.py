"""The database itself keeps frozen reports: nobody changes or deletes one, or a file of one.

A later migration that rebuilds one of the tables on SQLite (any AlterField of a column does) drops
its triggers with it: such a migration must end with `RunPython` of `install` again. The test
`tests/monitoring/test_reports.py` fails if one forgets.
"""

from django.db import migrations

TABLES = {
    "monitoring_report": "id = NEW.id",
    "monitoring_reportfile": "id = NEW.id OR (report_id = NEW.report_id AND language = NEW.language)",
}
MESSAGE = "a report is frozen"

FUNCTION = f"""
CREATE OR REPLACE FUNCTION report_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{MESSAGE}: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""
POSTGRESQL_INSTALL = [
    FUNCTION,
    *(
        f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION report_refuse()"
        for table in TABLES
    ),
]
POSTGRESQL_REMOVE = [
    *(f"DROP TRIGGER IF EXISTS {table}_kept ON {table}" for table in TABLES),
    "DROP FUNCTION IF EXISTS report_refuse()",
]


def _refuse(table, name, event, condition=""):
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table}{when}"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {event} of {table} is refused'); END"
    )


# INSERT OR REPLACE removes the old row without asking the delete trigger, hence the third one.
SQLITE_INSTALL = [
    _refuse(table, name, event, condition)
    for table, same in TABLES.items()
    for name, event, condition in (
        ("frozen", "UPDATE", ""),
        ("kept", "DELETE", ""),
        ("replaced", "INSERT", f"EXISTS (SELECT 1 FROM {table} WHERE {same})"),
    )
]
SQLITE_REMOVE = [
    f"DROP TRIGGER IF EXISTS {table}_{name}"
    for table in TABLES
    for name in ("frozen", "kept", "replaced")
]

STATEMENTS = {
    "postgresql": (POSTGRESQL_INSTALL, POSTGRESQL_REMOVE),
    "sqlite": (SQLITE_INSTALL, SQLITE_REMOVE),
}


def install(schema_editor):
    """Create the triggers. Needs `schema_editor.connection` only."""
    _run(schema_editor.connection, 0)


def remove(schema_editor):
    """Drop the triggers. Needs `schema_editor.connection` only."""
    _run(schema_editor.connection, 1)


def _run(connection, which):
    with connection.cursor() as cursor:
        for statement in STATEMENTS[connection.vendor][which]:
            cursor.execute(statement)


def forwards(apps, schema_editor):
    """Install."""
    install(schema_editor)


def backwards(apps, schema_editor):
    """Remove."""
    remove(schema_editor)


class Migration(migrations.Migration):
    """The triggers."""

    dependencies = [("monitoring", "0003_reports")]

    operations = [migrations.RunPython(forwards, backwards)]
