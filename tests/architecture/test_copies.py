"""A copy of somebody's data is whole: what may be erased as theirs is told, or it says why not."""

import inspect

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from retention.selectors.classes import NAMES


@pytest.mark.clause("CM-7.5")
@pytest.mark.parametrize("code", settings.RETENTION_CLASSES)
def test_every_class_tells_or_says_why_not(code: str) -> None:
    """Write a `tell` for it (retention/selectors/classes.py), or a sentence as `untold`."""
    named = settings.RETENTION_CLASSES[code]
    assert ("tell" in named) != ("untold" in named)
    assert set(named) <= set(NAMES)
    if "untold" in named:
        assert named["untold"].endswith(".")


@pytest.mark.parametrize("code", settings.RETENTION_CLASSES)
def test_every_function_that_is_named_exists_and_takes_what_it_is_given(code: str) -> None:
    """A name that leads nowhere would be noticed on the night it is needed."""
    given = {
        "starts": ["complaint_ids"],
        "against": ["complaint_ids"],
        "erase": ["complaint_id", "actor", "at"],
        "tell": ["complaint_id"],
        "files": ["complaint_id"],
        "others": ["complaint_id"],
        "clean": ["before", "at"],
        "loose": ["people", "asked_by"],
        "loose_files": ["people", "asked_by"],
        "unfindable": ["people"],
    }
    for name, path in settings.RETENTION_CLASSES[code].items():
        if name != "untold":
            assert list(inspect.signature(import_string(path)).parameters) == given[name], path
