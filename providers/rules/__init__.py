"""Pure decisions about providers: what holds now, who does which step, what a score is."""
