"""The database itself keeps what a version of the handling policy says once it is no draft any more.

A later migration that rebuilds the table on SQLite (any AlterField of a column does) drops its
triggers with it: such a migration must end with `RunPython` of `install` again. The test
`tests/complaints/test_policy_frozen.py` fails if one forgets.
"""

from django.db import migrations, models

TABLE = "complaints_handlingpolicy"
MESSAGE = "the handling policy is frozen"
WRITTEN = ("version", "content", "change_note", "author_id", "created_at")
DECIDED = ("state", "approved_by_id", "approved_at", "effective_from", "decision_note")


def _differs(columns, sign):
    return " OR ".join(f"NEW.{column} {sign} OLD.{column}" for column in columns)


def _wrong(sign):
    """Return the condition under which a change is refused; `sign` compares with NULLs in mind."""
    return (
        f"(OLD.state <> 'draft' AND ({_differs(WRITTEN, sign)}))"
        f" OR (OLD.state NOT IN ('draft', 'submitted') AND ({_differs(DECIDED, sign)}))"
        " OR (OLD.state = 'submitted' AND NEW.state NOT IN ('submitted', 'approved', 'rejected'))"
        " OR (OLD.state = 'draft' AND NEW.state NOT IN ('draft', 'submitted', 'discarded'))"
    )


POSTGRESQL_INSTALL = [
    f"""
    CREATE OR REPLACE FUNCTION policy_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{MESSAGE}: % of % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    f"""
    CREATE TRIGGER {TABLE}_frozen BEFORE UPDATE ON {TABLE}
    FOR EACH ROW WHEN ({_wrong("IS DISTINCT FROM")}) EXECUTE FUNCTION policy_refuse()
    """,
    f"""
    CREATE TRIGGER {TABLE}_kept BEFORE DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION policy_refuse()
    """,
]
POSTGRESQL_REMOVE = [
    f"DROP TRIGGER IF EXISTS {TABLE}_frozen ON {TABLE}",
    f"DROP TRIGGER IF EXISTS {TABLE}_kept ON {TABLE}",
    "DROP FUNCTION IF EXISTS policy_refuse()",
]


def _refuse(name, event, condition):
    when = f" WHEN {condition}" if condition else ""
    return (
        f"CREATE TRIGGER {TABLE}_{name} BEFORE {event} ON {TABLE}{when}"
        f" BEGIN SELECT RAISE(ABORT, '{MESSAGE}: {event} of {TABLE} is refused'); END"
    )


# INSERT OR REPLACE removes the old row without asking the delete trigger, hence the third one.
SQLITE_INSTALL = [
    _refuse("frozen", "UPDATE", _wrong("IS NOT")),
    _refuse("kept", "DELETE", ""),
    _refuse(
        "replaced",
        "INSERT",
        f"EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id OR version = NEW.version)",
    ),
]
SQLITE_REMOVE = [
    f"DROP TRIGGER IF EXISTS {TABLE}_{name}" for name in ("frozen", "kept", "replaced")
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
    """When a version took effect, drafts that were given up, and the triggers."""

    dependencies = [("complaints", "0002_search")]

    operations = [
        migrations.AddField(
            model_name="handlingpolicy",
            name="applied_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="handlingpolicy",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("submitted", "Waiting for approval"),
                    ("approved", "Approved"),
                    ("rejected", "Rejected"),
                    ("discarded", "Discarded"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.RunPython(forwards, backwards),
    ]
