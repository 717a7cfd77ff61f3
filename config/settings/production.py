"""In earnest: every secret and address is demanded, nothing is guessed, HTTPS is assumed."""

from config.env import VAR, env
from config.settings.base import *

for folder in ("attachments", "static"):
    (VAR / folder).mkdir(parents=True, exist_ok=True)

SECRET_KEY = env.str("SECRET_KEY")
JOURNAL_KEY = env.str("JOURNAL_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
DATABASES["default"].update(env.db_url("DATABASE_URL"))
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL")
DEMO_ALLOWED = False

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
