"""The demo's incidents: one lived to its end, one suspected now."""
