"""Pure decisions of incidents: what is alike, what a statement cites, how a list is read."""
