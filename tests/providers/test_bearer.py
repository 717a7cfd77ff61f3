"""Who calls is put together by hand, and is the same as the rows say."""

import pytest
from django.utils import timezone

from accounts.models import Provider, User
from providers.selectors.clients import bearer_of
from tests.providers.partner import Partner


@pytest.mark.django_db
@pytest.mark.parametrize("organisation", [False, True])
def test_each_value_is_where_it_belongs(organisation):
    partner = Partner("callco", organisation=organisation)
    User.objects.filter(pk=partner.client.user_id).update(language="zh-hans")
    Provider.objects.update(is_test=True, shown_fields=["name"])
    bearer = bearer_of(partner.token, now=timezone.now())
    assert bearer is not None
    kept = User.objects.get(pk=partner.client.user_id)
    for name in ("username", "is_active", "language", "display_name", "is_system", "is_client"):
        assert getattr(bearer.user, name) == getattr(kept, name), name
    found, real = bearer.client.provider, Provider.objects.first()
    assert (found is None) is organisation
    if found is not None:
        names = ("code", "name_en", "name_zh", "active", "is_test", "granted", "shown_fields")
        assert [getattr(found, name) for name in names] == [getattr(real, name) for name in names]
