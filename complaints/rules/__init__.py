"""Pure decisions: policy content, priority, completeness, text of letters. No Django, no clock."""
