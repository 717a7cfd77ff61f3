"""The JSON dialect that every API door speaks (docs/adr/0009-api.md)."""
