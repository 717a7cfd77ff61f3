"""The questions one may ask about incidents."""
