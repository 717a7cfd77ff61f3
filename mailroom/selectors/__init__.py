"""The questions one may ask the mailroom."""
