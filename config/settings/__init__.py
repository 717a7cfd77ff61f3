"""Settings by place: base for all, dev (embedded default), test, production."""
