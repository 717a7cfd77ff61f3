"""What happened, and who must hear of it: the append-only record and its outbox."""
