"""The verbs of retention, by matter. Each: ask, lock, save by name, record; one transaction."""
