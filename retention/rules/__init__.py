"""Pure decisions: how long, from when, and what a free text may still say of others."""
