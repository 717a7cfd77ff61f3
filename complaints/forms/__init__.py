"""What the pages of the desk take in, one module per subject."""
