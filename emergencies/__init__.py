"""The fast channel: who is on call, who was called, what was decided (CM-8.2b)."""
