"""The verbs of the fast channel."""
