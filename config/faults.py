"""What a fault of ours is answered: a page, or for programs a problem."""

from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error

from providers.api.problems import problem


def fault(request: HttpRequest) -> HttpResponse:
    """Answer 500 in the words of the door that was used."""
    if request.path.startswith("/api/"):
        return problem(500)
    return server_error(request)
