"""The kinds of entry this app writes. Payloads hold ids and codes."""

TARGET_SET = "target.set"  # {"kpi", "direction", "value", "first", "last"}; the subject is it
TARGET_ENDED = "target.ended"  # {"kpi"}
