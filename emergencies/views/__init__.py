"""The HTML doors of the fast channel."""
