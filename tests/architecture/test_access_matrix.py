"""Every address of the project, by GET and POST, for every role: exactly what the matrix says.

You broke this test by adding or renaming an address, or by changing who may open it. Add or
change the line in tests/<app>/access.py (ROWS); tests/architecture/access_row.py has the words
it is written in. If the test shows that a role gets more than you meant: mend the view.
"""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.architecture.access_matrix import MATRIX
from tests.architecture.access_row import ANONYMOUS, ROLES, Row, World


def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Yield the name of each address."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from addresses(pattern, inner)
        elif isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern.pattern} needs a name, so that the matrix can hold it"
            yield prefix + pattern.name


def test_every_address_has_a_row():
    missing = set(addresses(get_resolver())) - {key.partition("#")[0] for key in MATRIX}
    assert not missing, (
        f"Who may open {sorted(missing)}? Add a line for each to ROWS in tests/<app>/access.py,"
        ' for example "app:page": Row(get=only("manager"), post=no_such_method()).'
    )


def test_every_row_has_an_address():
    stale = {key.partition("#")[0] for key in MATRIX} - set(addresses(get_resolver()))
    assert not stale, f"{sorted(stale)} do not exist any more: remove their rows."


@pytest.mark.django_db
@pytest.mark.parametrize("key", sorted(MATRIX))
def test_each_role_gets_what_the_matrix_says(key):
    row, world = MATRIX[key], World()
    address = reverse(key.partition("#")[0], kwargs=dict(row.kwargs(world)))
    wrong = [
        f"{method.upper()} as {role}: expected {expected}, got {got}"
        for method in ("get", "post")
        for role in ROLES
        if (got := answer(world, row, role, method, address))
        != (expected := row.expected(method, role))
    ]
    assert not wrong, f"{key} ({address}):\n" + "\n".join(wrong)


def answer(world: World, row: Row, role: str, method: str, address: str) -> str:
    """Return what the role gets; whatever the request changed is undone."""
    client = Client()
    with transaction.atomic():
        if role != ANONYMOUS:
            client.force_login(world.users[role])
        data = dict(row.data(world)) if method == "post" else {}
        response: HttpResponse = getattr(client, method)(address, data)
        transaction.set_rollback(True)
    return told(response)


def told(response: HttpResponse) -> str:
    """Return the matrix's word for a response."""
    status = response.status_code
    if 300 <= status < 400:
        to_login = response.headers["Location"].startswith(reverse("account_login"))
        return "login" if to_login else "redirect"
    return "ok" if 200 <= status < 300 else str(status)
