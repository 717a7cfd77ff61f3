"""Many complaints with one origin, handled as one event without losing any (CM-7.4)."""
