"""Pure decisions: how high a call has climbed, where nobody is on call, what a link reveals."""
