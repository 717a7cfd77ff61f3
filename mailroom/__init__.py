"""Letters that come in: kept raw, threaded to their complaint, or put before a person."""
