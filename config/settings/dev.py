"""The embedded default: SQLite, files for a broker, secrets made once and kept under var/."""

import json

from config.env import VAR, env, kept_secret
from config.settings.base import *

for folder in ("broker/control", "mail", "cache", "attachments", "static"):
    (VAR / folder).mkdir(parents=True, exist_ok=True)

SECRET_KEY = kept_secret("SECRET_KEY")
JOURNAL_KEY = kept_secret("JOURNAL_KEY")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
DEMO_ALLOWED = True

# The demo goes under the name of its own organisation, unless this one has been given a name.
_demo = VAR / "demo.json"
if not env.str("ORGANISATION_NAME", default="") and _demo.exists():
    _called = json.loads(_demo.read_text(encoding="utf-8")).get("organisation") or {}
    ORGANISATION_NAME = _called.get("en", ORGANISATION_NAME)
    ORGANISATION_NAME_ZH = _called.get("zh", ORGANISATION_NAME)
