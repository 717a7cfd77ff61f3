"""Paper: the one place that makes PDF files and pictures."""
