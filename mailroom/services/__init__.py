"""The verbs of the mailroom."""
