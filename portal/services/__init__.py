"""The verbs of the complainants' side, by stage."""
