"""The verbs of the desk, by stage. Each: ask, lock, move, save by name, record; one transaction."""
