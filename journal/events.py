"""The kinds of entry this app writes; payloads hold ids and codes."""

DELIVERY_RETRIED = "journal.delivery_retried"  # entry, subscriber
