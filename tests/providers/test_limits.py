"""Calls are counted across processes, whatever the cache."""

import multiprocessing
import time

import pytest
from django.core.cache import cache
from django.core.cache.backends.filebased import FileBasedCache

from providers.api.limits import count_call, count_in_file
from providers.errors import TooManyCalls


def test_calls_are_counted_by_whose_they_are(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 6000.0)
    assert count_call("one", 2)["RateLimit-Remaining"] == "1"
    assert count_call("one", 2)["RateLimit-Remaining"] == "0"
    assert count_call("two", 2)["RateLimit-Remaining"] == "1"
    with pytest.raises(TooManyCalls) as refusal:
        count_call("one", 2)
    assert refusal.value.wait == 60
    monkeypatch.setattr(time, "time", lambda: 6060.0)
    assert count_call("one", 2)["RateLimit-Remaining"] == "1"


def test_no_limit_is_no_counting():
    assert count_call("one", 0) == {}


def test_a_counter_that_was_lost_begins_anew(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 6000.0)
    count_call("one", 9)
    monkeypatch.setattr(cache, "add", lambda *_args, **_how: False)
    cache.clear()
    assert count_call("one", 9)["RateLimit-Remaining"] == "8"


def _many(folder):
    for _ in range(50):
        count_in_file(folder, "one", 100)


def test_files_are_counted_right_by_many_processes_at_once(tmp_path):
    workers = [multiprocessing.Process(target=_many, args=(tmp_path,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert count_in_file(tmp_path, "one", 100) == 201
    assert count_in_file(tmp_path, "one", 101) == 1
    assert count_in_file(tmp_path, "two", 100) == 1


def test_the_cache_of_files_counts_in_files(monkeypatch, tmp_path):
    files = {"default": FileBasedCache(str(tmp_path), {})}
    monkeypatch.setattr("providers.api.limits.caches", files)
    assert count_call("one", 2)["RateLimit-Remaining"] == "1"
    assert count_call("one", 2)["RateLimit-Remaining"] == "0"
    assert len(list((tmp_path / "calls").iterdir())) == 1
