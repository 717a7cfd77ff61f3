"""The verbs of cases outside. Each: ask, lock, move, save by name, record; one transaction."""
