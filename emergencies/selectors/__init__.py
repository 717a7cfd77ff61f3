"""The questions of the fast channel."""
