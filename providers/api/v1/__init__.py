"""Version 1 of the calls that stand on this floor."""
