"""The kinds of entry this app writes; payloads hold dates, codes and edition numbers."""

CALENDAR_DAYS_SET = "calendar.days_set"
CALENDAR_DAY_REMOVED = "calendar.day_removed"
CALENDAR_YEAR_CONFIRMED = "calendar.year_confirmed"
CALENDAR_HOURS_SET = "calendar.hours_set"
