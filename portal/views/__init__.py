"""The pages of the complainants' side, and what the desk sees of it."""
