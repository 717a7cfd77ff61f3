"""The questions of the complainants' side."""
