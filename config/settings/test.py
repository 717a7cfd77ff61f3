"""For tests: fixed secrets, quick hashes, everything in memory or under a folder of its own."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("REDRESS_VAR", tempfile.mkdtemp(prefix="redress-test-"))

from config.env import VAR, env
from config.settings.base import *

for folder in ("broker/control", "mail", "cache", "attachments", "static"):
    (Path(VAR) / folder).mkdir(parents=True, exist_ok=True)

SECRET_KEY = "only-for-tests"  # noqa: S105 - guards nothing: the test database is thrown away
JOURNAL_KEY = "only-for-tests-journal"
ALLOWED_HOSTS = ["*"]
DEMO_ALLOWED = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
DATABASES = {"default": env.db_url("TEST_DATABASE_URL", default="sqlite:///:memory:")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
else:
    # Runs side by side on one server need databases of their own.
    DATABASES["default"]["TEST"] = {"NAME": env.str("TEST_DB_NAME", default="test_redress")}
LOGGING["root"]["level"] = "ERROR"
