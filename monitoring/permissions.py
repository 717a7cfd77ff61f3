"""Who may see figures, and who sets what they are meant to reach."""

VIEW = "monitoring.view"
SET_TARGETS = "monitoring.set_targets"
