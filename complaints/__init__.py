"""The complaint desk: THE workflow, its policy, its clocks, its messages."""
