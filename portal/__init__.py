"""The other side of the counter: complaining and following a complaint without an account."""
