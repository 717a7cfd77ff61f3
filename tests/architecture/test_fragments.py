"""What is kept rendered is whole: a kept part neither begins nor ends inside a tag."""

import re
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
_KEPT = re.compile(r"\{% cache .*?%\}(.*?)\{% endcache %\}", re.DOTALL)
_DJANGO = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


def test_what_is_kept_rendered_ends_where_tags_end() -> None:
    """Cut a `cache` block between elements; half a tag is found by nobody who changes the other."""
    kept = {
        f"{file.relative_to(TEMPLATES)}: {part[1][-60:]}": _DJANGO.sub("", part[1])
        for file in sorted(TEMPLATES.rglob("*.html"))
        for part in _KEPT.finditer(file.read_text(encoding="utf-8"))
    }
    assert kept
    broken = [name for name, text in kept.items() if text.rfind("<") > text.rfind(">")]
    assert broken == []
    assert [name for name, text in kept.items() if 0 <= text.find(">") < text.find("<")] == []
