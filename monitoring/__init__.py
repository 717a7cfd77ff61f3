"""What rises, what falls silent, and how sure one can be of it (CM-8.4)."""
