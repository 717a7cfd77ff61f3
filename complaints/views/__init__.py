"""The pages of the desk, one module per subject."""
