"""The questions about providers."""
