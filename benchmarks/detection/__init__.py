"""How early and how surely outbreaks are seen, and how often nothing is taken for one."""
