"""The questions one may ask the desk, by subject."""
