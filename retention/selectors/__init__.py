"""The questions of retention."""
