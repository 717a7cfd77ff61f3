"""HTML doors of the mailroom."""
