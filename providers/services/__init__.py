"""The verbs on providers: their file, their people, their software."""
