"""Outsourced call centres and other partners: file, software, what they are told (CM-8.7)."""
