"""The two calendars every installation starts with; people edit them from there."""

from pathlib import Path
from secrets import token_hex

import yaml
from django.db import migrations
from django.utils import timezone

DATA = Path(__file__).parent.parent / "calendars" / "cn.yaml"
WEEK = [[["09:00", "17:00"]]] * 5 + [[]] * 2
CALENDARS = [
    ("CN", "Mainland China", "中国大陆", "Asia/Shanghai", True),
    ("weekdays", "Monday to Friday, no holidays", "周一至周五（不含节假日）", "", False),
]


def seed(apps, schema_editor):
    Calendar = apps.get_model("compliance", "Calendar")
    CalendarRevision = apps.get_model("compliance", "CalendarRevision")
    CalendarDay = apps.get_model("compliance", "CalendarDay")
    calendars = {}
    for code, name_en, name_zh, tz, yearly_list in CALENDARS:
        calendar = calendars[code] = Calendar.objects.create(
            code=code,
            name_en=name_en,
            name_zh=name_zh,
            tz=tz,
            windows=WEEK,
            yearly_list=yearly_list,
        )
        CalendarRevision.objects.create(
            calendar=calendar,
            number=1,
            token=token_hex(8),
            tz=tz,
            windows=WEEK,
            made_at=timezone.now(),
        )
    CalendarDay.objects.bulk_create(
        CalendarDay(
            calendar=calendars["CN"],
            date=day["date"],
            is_workday=day.get("work", False),
            statutory=day.get("law", False),
            note_en=day["en"],
            note_zh=day["zh"],
            source="published",
            since=1,
        )
        for day in yaml.safe_load(DATA.read_text(encoding="utf-8"))["days"]
    )


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_calendars")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
