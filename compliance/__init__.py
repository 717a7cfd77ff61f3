"""Which duty, which deadline: clock presets, working calendars, the arithmetic of time limits."""
