"""What stands on papers, in words, from data that were collected."""
