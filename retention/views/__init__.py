"""HTML doors of retention."""
