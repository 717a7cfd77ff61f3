"""All addresses, by app."""

from django.conf import settings
from django.urls import include, path, re_path

from accounts.urls import sign_in_patterns
from config import health, styleguide
from monitoring.urls import warning_patterns
from providers.api.views import nothing_here
from providers.urls import token_patterns

handler500 = "config.faults.fault"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include(sign_in_patterns)),
    path("", include("accounts.urls")),
    path("", include(token_patterns)),
    path("api/v1/", include("complaints.api.v1.urls")),
    # A pattern without an end: an address with a line feed in it speaks the dialect, too.
    re_path("^api/", nothing_here, name="api_nothing"),
    path("operations/", include("journal.urls")),
    path("calendars/", include("compliance.urls")),
    path("providers/", include("providers.urls")),
    path("", include("complaints.urls")),
    path("emergencies/", include("emergencies.urls")),
    path("incidents/", include("incidents.urls")),
    path("outside-cases/", include("referrals.urls")),
    path("mailroom/", include("mailroom.urls")),
    path("complain/", include("portal.urls")),
    path("retention/", include("retention.urls")),
    path("monitoring/", include("monitoring.urls")),
    path("warnings/", include(warning_patterns)),
]
if settings.DEBUG or settings.DEMO_ALLOWED:
    urlpatterns.append(path("styleguide/", styleguide.styleguide, name="styleguide"))
