"""How long records are kept, what is held, what was disposed of, what a person may ask (CM-7.5)."""
