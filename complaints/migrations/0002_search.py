"""The search index beside the complaints: one narrow row per complaint, on each engine its own kind.

Django knows nothing of this table: complaints/services/searching.py fills it and
complaints/selectors/search.py asks it. There is no foreign key on purpose, because the flush of the
test suite cannot empty a table that one of Django's own does not know refers to; an entry without
its complaint is never found, since every answer is fetched through Complaint.
"""

from django.db import migrations

# The tokens are made in Python (complaints/rules/bigrams.py): the tokenizer only splits at spaces.
SQLITE = [
    "CREATE VIRTUAL TABLE complaints_search USING fts5("
    "tokens, tokenize = 'ascii', prefix = '1 2', columnsize = 0)"
]
# Rows stay in the table up to 8 kB, so that a walk over the newest ones reads no second table.
# A short list of pending entries keeps both a single receipt and a search quick.
POSTGRESQL = [
    "CREATE TABLE complaints_search ("
    "complaint_id bigint PRIMARY KEY, vector tsvector NOT NULL) WITH (toast_tuple_target = 8160)",
    "CREATE INDEX complaints_search_words ON complaints_search USING gin (vector)"
    " WITH (gin_pending_list_limit = 1024)",
    # Without statistics the planner always takes the word index where it is asked for.
    "ALTER TABLE complaints_search ALTER COLUMN vector SET STATISTICS 0",
]


def forwards(apps, schema_editor):
    """Create the index."""
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    """Drop the index."""
    schema_editor.execute("DROP TABLE complaints_search")


class Migration(migrations.Migration):
    """The search index."""

    dependencies = [("complaints", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
