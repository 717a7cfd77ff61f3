"""The database itself refuses to change, remove or replace an entry or a seal, on both engines.

A later migration that rebuilds one of these tables on SQLite (any AlterField does) drops its
triggers with it: such a migration must end with `RunPython` of `install` again. The test
`tests/journal/test_append_only.py` fails if one forgets.
"""

from django.db import migrations

TABLES = {
    "journal_entry": ("subject_type", "subject_id", "seq"),
    "journal_seal": ("day",),
}
MESSAGE = "the journal is append-only"

POSTGRESQL_INSTALL = [
    f"""
    CREATE OR REPLACE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{MESSAGE}: % of % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION journal_refuse()
        """
        for table in TABLES
    ),
    *(
        f"""
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse()
        """
        for table in TABLES
    ),
]
POSTGRESQL_REMOVE = [
    *(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}" for table in TABLES),
    *(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}" for table in TABLES),
    "DROP FUNCTION IF EXISTS journal_refuse()",
]


def _same_place(table, columns):
    place = " AND ".join(f"{column} = NEW.{column}" for column in columns)
    return (
        f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"
        f" OR EXISTS (SELECT 1 FROM {table} WHERE {place})"
    )


# INSERT OR REPLACE removes the old row without asking the delete trigger, hence the third one.
SQLITE_INSTALL = [
    *(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {verb} of {table} is refused'); END"
        for table in TABLES
        for verb in ("UPDATE", "DELETE")
    ),
    *(
        f"CREATE TRIGGER {table}_no_REPLACE BEFORE INSERT ON {table}"
        f" WHEN {_same_place(table, columns)}"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}: REPLACE of {table} is refused'); END"
        for table, columns in TABLES.items()
    ),
]
SQLITE_REMOVE = [
    f"DROP TRIGGER IF EXISTS {table}_no_{verb}"
    for table in TABLES
    for verb in ("UPDATE", "DELETE", "REPLACE")
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
    """Triggers on entries and seals."""

    dependencies = [("journal", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
