"""What holds everywhere. Secrets and addresses come from the environment (docs/operators.md)."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from config.env import ROOT, VAR, env, group_role

BASE_DIR: Path = ROOT
VAR_DIR: Path = VAR
DEBUG = False
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# SQLite leaves out what an index carries along; it finds the same rows without.
SILENCED_SYSTEM_CHECKS = ["models.W040"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "journal",
    "papers",
    "accounts",
    "compliance",
    "providers",
    "complaints",
    "emergencies",
    "incidents",
    "referrals",
    "mailroom",
    "portal",
    "retention",
    "monitoring",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.RequestLogMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "accounts.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.RefusalMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "accounts.context.navigation",
                "complaints.context.desk",
                "monitoring.context.warnings",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data ------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR / 'redress.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers go on while one writes; IMMEDIATE makes writers queue instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
            "PRAGMA cache_size=-65536;PRAGMA temp_store=MEMORY;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Compiling a plan takes longer than running it here; a search took 15 ms instead of 1.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")

REDIS_URL: str = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        # Sign-in limits must hold across processes, so the embedded cache lies on disk.
        else {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(VAR / "cache"),
        }
    ),
    # Parts of the frame that are the same on many pages: in each process, for as long as it lives.
    "fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    },
}

# --- work behind the pages -------------------------------------------------------------------
BROKER_DIR: Path = VAR / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT = None if REDIS_URL else "config.broker:Transport"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 5}
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.2,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# What is owed lives in the database; a beat only wakes somebody to look. A wake-up nobody heard
# expires, so that a stopped worker does not come back to a heap of them.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "deliver": {
        "task": "journal.tasks.deliver_pending",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
    "announce": {  # to partners: the feed they poll, and what is posted to them
        "task": "providers.tasks.announce",
        "schedule": 1.0,
        "options": {"expires": 2},
    },
    "webhooks": {
        "task": "providers.tasks.send_webhooks",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
    "figures": {  # what has been recorded since becomes facts and cells
        "task": "monitoring.tasks.fold",
        "schedule": 3.0,
        "options": {"expires": 6},
    },
    "sandbox": {  # what partners tried out
        "task": "complaints.tasks.purge_test_complaints",
        "schedule": crontab(hour=19, minute=50),
    },
    "old_news": {
        "task": "providers.tasks.forget_old_news",
        "schedule": crontab(hour=19, minute=40),
    },
    "seal": {
        "task": "journal.tasks.seal_days",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "sessions": {
        "task": "accounts.tasks.forget_expired_sessions",
        "schedule": crontab(hour=18, minute=10),
    },
    "verify": {"task": "journal.tasks.verify_journal", "schedule": crontab(hour=18, minute=30)},
    "files": {
        "task": "complaints.tasks.scan_attachments",
        "schedule": crontab(hour=18, minute=50),
    },
    "held_files": {
        "task": "portal.tasks.clean_held_files",
        "schedule": crontab(hour=18, minute=55),
    },
    "sweep": {
        "task": "complaints.tasks.sweep_clocks",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
    "life_cycle": {  # moves and departures whose day has come
        "task": "accounts.tasks.sweep_life_cycle",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "stranded": {  # open work of people who are gone
        "task": "complaints.tasks.sweep_stranded_work",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "silence": {
        "task": "complaints.tasks.sweep_silence",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "outside_dates": {
        "task": "referrals.tasks.sweep_outside_dates",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "follow_ups": {
        "task": "complaints.tasks.sweep_follow_ups",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "bulk": {
        "task": "complaints.tasks.run_bulk",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
    "incidents": {
        "task": "incidents.tasks.sweep_suggestions",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "joint": {
        "task": "incidents.tasks.run_joint",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
    "statements": {
        "task": "incidents.tasks.sweep_approvals",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "imports": {
        "task": "complaints.tasks.run_imports",
        "schedule": 3.0,
        "options": {"expires": 6},
    },
    "mail": {
        "task": "mailroom.tasks.fetch_mail",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "emergency_calls": {
        "task": "emergencies.tasks.sweep_calls",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
    "emergency_warnings": {
        "task": "emergencies.tasks.sweep_warnings",
        "schedule": 60.0,
        "options": {"expires": 120},
    },
    "exercises": {
        "task": "emergencies.tasks.open_due_exercises",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "policy": {
        "task": "complaints.tasks.put_policy_in_force",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "due": {
        "task": "retention.tasks.list_what_is_due",
        "schedule": crontab(day_of_month=1, hour=19, minute=10),
    },
    "disposal": {
        "task": "retention.tasks.carry_out_disposal",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "holds": {
        "task": "retention.tasks.extend_holds",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "packages": {
        "task": "retention.tasks.prepare_packages",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "outside_questions": {
        "task": "referrals.tasks.sweep_outside_questions",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "contracts": {
        "task": "providers.tasks.sweep_contracts",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "quarters": {
        # Some days into the quarter: until then what was begun before is still written down.
        "task": "complaints.tasks.rate_quarters",
        "schedule": crontab(day_of_month="6-12", hour=18, minute=40),
    },
    "api": {"task": "providers.tasks.clean_up", "schedule": crontab(minute=20)},
    "warnings": {  # after midnight in Shanghai: the day, and on Mondays the week, is over
        "task": "monitoring.tasks.watch",
        "schedule": crontab(hour=17, minute=20),
    },
    "alerts": {
        "task": "monitoring.tasks.follow_alerts",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "warning_previews": {
        "task": "monitoring.tasks.reckon_warning_previews",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "reports": {  # after midnight in Shanghai: ten working days after a month, or later
        "task": "monitoring.tasks.freeze_reports",
        "schedule": crontab(hour=16, minute=40),
    },
    "report_files": {  # a few at a time: many months may have been frozen at once
        "task": "monitoring.tasks.print_reports",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "clean_up": {"task": "retention.tasks.clean_up", "schedule": crontab(hour=19, minute=30)},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")

# --- language and time -----------------------------------------------------------------------
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE: str = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"

# Former secret keys: second factors encrypted with them stay readable after a change of the key.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- sign-in ---------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "complaints:queue"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
MFA_ADAPTER = "accounts.adapters.MfaAdapter"
USERSESSIONS_ADAPTER = "accounts.adapters.UserSessionsAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login_failed": "20/5m/ip,5/15m/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers give out passkeys on plain http only for this machine itself; the site's address counts.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = env.bool("DEBUG", default=False)
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "activate_totp": "accounts.forms.FirstCodeForm",
    "add_webauthn": "accounts.forms.PasskeyForm",
    "edit_webauthn": "accounts.forms.PasskeyNameForm",
}
MFA_TOTP_ISSUER = "Redress"
# Roles (accounts.states.Role) that may only be used with a second factor.
REQUIRE_SECOND_FACTOR_FOR: list[str] = env.list("REQUIRE_SECOND_FACTOR_FOR", default=[])
INVITATION_HOURS = env.int("INVITATION_HOURS", default=72)
# Off: people sign in by passkey or single sign-on; administrators keep their password.
PASSWORD_SIGN_IN = env.bool("PASSWORD_SIGN_IN", default=True)
# Single sign-on by OpenID Connect: nothing without an issuer. OIDC_ROLES lists what groups give:
# "group=role", "group=role@site", "group=role@site/team" or "group=role@/team".
OIDC: dict[str, Any] = {}
if env.str("OIDC_ISSUER", default=""):
    OIDC = {
        "issuer": env.str("OIDC_ISSUER"),
        "client_id": env.str("OIDC_CLIENT_ID"),
        "secret": env.str("OIDC_CLIENT_SECRET"),
        "name": (
            env.str("OIDC_NAME_EN", default="single sign-on"),
            env.str("OIDC_NAME_ZH", default="单点登录"),
        ),
        "domains": env.list("OIDC_ALLOWED_DOMAINS", default=[]),
        "username_claim": env.str("OIDC_USERNAME_CLAIM", default="preferred_username"),
        "groups_claim": env.str("OIDC_GROUPS_CLAIM", default="groups"),
        "creates": env.bool("OIDC_CREATE_PEOPLE", default=True),
        "roles": [group_role(one) for one in env.list("OIDC_ROLES", default=[])],
    }
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SingleSignOnAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_LOGIN_ON_GET = True
# How many proxies stand before us: so many of X-Forwarded-For's last addresses are to be believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
USERSESSIONS_TRACK_ACTIVITY = False
SESSION_COOKIE_AGE = env.int("SESSION_IDLE_SECONDS", default=4 * 3600)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# --- what the browser may do -----------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
_SWAGGER = "drf_spectacular_sidecar/swagger-ui-dist"
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [
    ROOT / "static",
    # Of the pages of the API only this: the package's other viewer calls font servers.
    ("swagger-ui", Path(str(files("drf_spectacular_sidecar") / "static" / _SWAGGER))),
    # Of what npm brought only the files that pages load (Makefile).
    ROOT / "node_modules" / ".served",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR / "attachments"  # never served by path: complaints.views.attachments checks rights
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=512 * 1024 * 1024)  # of one request
FILE_UPLOAD_HANDLERS = [
    "config.uploads.LengthLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- messages out ----------------------------------------------------------------------------
# Without EMAIL_URL letters are laid as files under var/mail: nothing leaves a trial installation.
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "config.mail.FileOnceBackend"
MAIL_DIR: Path = VAR / "mail"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Complaints <complaints@localhost>")
MAIL_REPLY_TO: str = env.str("MAIL_REPLY_TO", default="")  # where answers go, if not to the sender
# Answers to "reply+<signature>@…" find their complaint by themselves: "", "reply-to" or "from".
MAIL_SIGNED_REPLIES: str = env.str("MAIL_SIGNED_REPLIES", default="")
MAIL_RETURN_ADDRESS: str = env.str("MAIL_RETURN_ADDRESS", default="")  # signed, on the envelope
PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
# Where complainants see their complaint. Letters name it; in an e-mail it becomes a personal link.
STATUS_PAGE: str = f"{PUBLIC_URL}/complain/status/"

# --- messages in -----------------------------------------------------------------------------
# Without MAIL_IMAP_HOST nothing is fetched; mail may still come through `manage.py receive_mail`.
MAIL_IMAP_HOST: str = env.str("MAIL_IMAP_HOST", default="")
MAIL_IMAP_TLS: str = env.str("MAIL_IMAP_TLS", default="ssl")  # ssl, starttls or none
MAIL_IMAP_PORT: int = env.int("MAIL_IMAP_PORT", default=993 if MAIL_IMAP_TLS == "ssl" else 143)
MAIL_IMAP_USER: str = env.str("MAIL_IMAP_USER", default="")
MAIL_IMAP_PASSWORD: str = env.str("MAIL_IMAP_PASSWORD", default="")
MAIL_IMAP_FOLDER: str = env.str("MAIL_IMAP_FOLDER", default="INBOX")
MAIL_IMAP_DONE_FOLDER: str = env.str("MAIL_IMAP_DONE_FOLDER", default="")  # else marked as read
MAIL_IMAP_BATCH = env.int("MAIL_IMAP_BATCH", default=50)  # mails in one go
MAIL_MAX_BYTES = env.int("MAIL_MAX_BYTES", default=50 * 1024 * 1024)  # larger ones are not read
# Mail to these becomes a complaint by itself; else the sender's address and MAIL_REPLY_TO.
MAIL_COMPLAINT_ADDRESSES: list[str] = env.list("MAIL_COMPLAINT_ADDRESSES", default=[])
MAIL_AUTHSERV_ID: str = env.str("MAIL_AUTHSERV_ID", default="")  # whose sender checks are believed
MAIL_RAW_ROOT: Path = VAR / "mailroom"  # every mail as it came
# --- calling people in an emergency ----------------------------------------------------------
# Services (Apprise schemes) anybody on the rota may use: their hosts are fixed by the scheme.
_FIXED_HOSTS = [
    *("dingtalk", "wecombot", "feishu", "lark", "wxpusher", "pushplus", "schan"),
    *("clicksend", "twilio", "vonage", "nexmo", "msgbird", "sinch", "plivo", "bulksms"),
    *("slack", "tgram", "discord", "pover", "pagerduty", "opsgenie", "signl4", "threema"),
]
PAGING_SCHEMES: list[str] = env.list("PAGING_SCHEMES", default=_FIXED_HOSTS)
# Schemes whose host is free: only administrators may enter them, for this server calls that host.
PAGING_GENERIC_SCHEMES: list[str] = env.list("PAGING_GENERIC_SCHEMES", default=[])

# --- telling partners (webhooks) ------------------------------------------------------------
# Partners choose the addresses, so only the public network is called, encrypted, at usual ports.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", default=False)
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)
WEBHOOK_PORTS: list[int] = [  # none: any
    int(one) for one in env.str("WEBHOOK_PORTS", default="443,8443").split(",") if one.strip()
]
SANDBOX_KEEP_DAYS = env.int("SANDBOX_KEEP_DAYS", default=30)  # complaints of test providers
WEBHOOK_KEEP_DAYS = env.int("WEBHOOK_KEEP_DAYS", default=90)  # the feed reaches back so far
# --- the API for partners ---------------------------------------------------------------------
API_CALLS_A_MINUTE = env.int("API_CALLS_A_MINUTE", default=600)  # of one client; 0 is any number
API_TOKENS_A_MINUTE = env.int("API_TOKENS_A_MINUTE", default=30)  # asked for from one address
API_TOKEN_SECONDS = env.int("API_TOKEN_SECONDS", default=3600)
API_SECRET_GRACE_HOURS = env.int("API_SECRET_GRACE_HOURS", default=72)  # of the one before
API_ANSWERS_KEPT_HOURS = env.int("API_ANSWERS_KEPT_HOURS", default=48)  # for Idempotency-Key
API_DESCRIPTION: Path = ROOT / "docs" / "api" / "v1.yaml"  # as it lies in the repository
REST_FRAMEWORK: dict[str, Any] = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Redress",
    "VERSION": "1",
    "DESCRIPTION": "Hand over complaints, work on them, and know where they stand.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": False,
    "SORT_OPERATIONS": False,
    "ENUM_NAME_OVERRIDES": {
        "ChannelEnum": "complaints.states.Channel",
        "MessageChannelEnum": "complaints.states.MessageChannel",
        "StatusEnum": "complaints.states.State",
    },
    "PATH_CONVERTER_OVERRIDES": {
        "reference": {
            "type": "string",
            "pattern": "^C[0-9]{2}-[0-9A-Z]{4}-[0-9A-Z]{4}$",
            "example": "C26-7QK2-9XWD",
        },
        "opaque": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
}

# --- the organisation ------------------------------------------------------------------------
ORGANISATION_NAME: str = env.str("ORGANISATION_NAME", default="Redress")
ORGANISATION_NAME_ZH: str = env.str("ORGANISATION_NAME_ZH", default=ORGANISATION_NAME)
ORGANISATION_CONTACT: str = env.str("ORGANISATION_CONTACT", default="")  # else the sender's address
DEFAULT_PHONE_REGION: str = env.str("DEFAULT_PHONE_REGION", default="CN")
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=25 * 1024 * 1024)
CLAMAV_ADDRESS: str = env.str("CLAMAV_ADDRESS", default="")  # "/run/clamav/clamd.ctl" or host:port
CLAMAV_REQUIRED = env.bool("CLAMAV_REQUIRED", default=False)  # refuse files while nobody can scan
# What one address may do on the pages without an account, each hour.
PUBLIC_FORMS_AN_HOUR = env.int("PUBLIC_FORMS_AN_HOUR", default=20)
PUBLIC_SAME_TEXT_AN_HOUR = env.int("PUBLIC_SAME_TEXT_AN_HOUR", default=10)  # from all addresses
PUBLIC_TRIES_AN_HOUR = env.int("PUBLIC_TRIES_AN_HOUR", default=30)  # reference, code, link
DEMO_ALLOWED = False
# What floors above live beside the demo's complaints: generators of the times of their steps.
DEMO_LIVES: list[str] = ["incidents.demo.heaters.live"]
# What each floor above the desk adds to the demo: `tell(now=…, say=…)`, in this order.
DEMO_STORIES: list[str] = [
    "complaints.demo.quarters.tell",
    "complaints.demo.people.tell",
    "complaints.demo.aftermath.tell",
    "referrals.demo.tell",
    "emergencies.demo.tell",
    "mailroom.demo.tell",
    "incidents.demo.telling.tell",
    "portal.demo.tell",
    "retention.demo.tell",
    "monitoring.demo.tell_warnings",
    "monitoring.demo.tell",  # counts what all the others have told
    "monitoring.demo.tell_reports",
]
# What each app keeps beside complaints, by record class: retention/selectors/classes.py says how.
_NO_COMPLAINT = "Belongs to no complaint yet, or is gone before anybody could ask."
RETENTION_CLASSES: dict[str, dict[str, str]] = {
    "outside_case": {
        "starts": "referrals.selectors.keeping.ends_of_cases",
        "against": "referrals.selectors.keeping.open_cases",
        "erase": "referrals.services.erasing.erase_cases",
        "tell": "referrals.selectors.keeping.what_is_held",
    },
    "incident": {
        "starts": "incidents.selectors.keeping.ends_of_incidents",
        "against": "incidents.selectors.keeping.open_incidents",
        "erase": "incidents.services.erasing.erase_complaint",
        "tell": "incidents.selectors.keeping.what_is_held",
        "others": "incidents.selectors.keeping.other_people",
    },
    "emergency": {
        "against": "emergencies.selectors.keeping.unfinished",
        "erase": "emergencies.services.erasing.erase_emergencies",
        "tell": "emergencies.selectors.keeping.what_is_held",
    },
    "alert": {
        "against": "monitoring.selectors.keeping.worked_on",
        "erase": "monitoring.services.erasing.erase_alerts",
        "untold": "It says why counts rose and what was changed: of the cause, not of a person.",
    },
    "raw_mails": {
        "erase": "mailroom.services.keeping.erase_mails",
        "clean": "mailroom.services.keeping.clean_mails",
        "tell": "mailroom.selectors.keeping.what_is_held",
        "files": "mailroom.services.keeping.raw_mails",
        "others": "mailroom.selectors.keeping.other_people",
        "loose": "mailroom.selectors.keeping.what_lies_on_no_complaint",
        "loose_files": "mailroom.services.keeping.raw_mails_on_no_complaint",
        "unfindable": "mailroom.selectors.keeping.what_cannot_be_found",
    },
    "held_files": {
        "erase": "portal.services.files.erase_held_files",
        "tell": "portal.selectors.keeping.what_is_held",
        "files": "portal.services.files.files_of_complaint",
    },
    "holds": {
        "erase": "retention.services.holds.forget_holds",
        "untold": "Why something is held is between the house and an authority or a court.",
    },
    "drafts": {"clean": "complaints.services.drafts.clean_drafts", "untold": _NO_COMPLAINT},
    "import_files": {
        "clean": "complaints.services.importing.forget_imports",
        "untold": _NO_COMPLAINT,
    },
    "orphaned_files": {
        "clean": "complaints.services.attachments.clean_orphans",
        "untold": _NO_COMPLAINT,
    },
    "subject_exports": {
        "clean": "retention.services.packages.clean_packages",
        "untold": "A copy of the copy: they have it, or may have a new one prepared.",
    },
    "subject_requests": {
        "clean": "retention.services.rights.forget_requests",
        "untold": "What they asked for and were answered: they have said and heard it themselves.",
    },
}

# --- logs: events with ids, never whole records ----------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Without local variables: they hold forms, names and passwords.
                structlog.processors.ExceptionRenderer(
                    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
                ),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            "foreign_pre_chain": _shared,
        }
    },
    "filters": {"without_tokens": {"()": "config.middleware.WithoutTokens"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "filters": ["without_tokens"],
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": [], "propagate": True},
        # Addresses hold keys, and these would write them down.
        "apprise": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "urllib3": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
