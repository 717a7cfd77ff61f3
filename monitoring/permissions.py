"""Who may see figures, and who sets what they are meant to reach."""

VIEW = "monitoring.view"
SET_TARGETS = "monitoring.set_targets"
# Of the floor below: what a figure counts, its reader may list.
VIEW_COMPLAINTS = "complaints.view"
VIEW_CONFIDENTIAL = "complaints.view_confidential"
