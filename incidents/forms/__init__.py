"""What the pages of incidents take in."""
