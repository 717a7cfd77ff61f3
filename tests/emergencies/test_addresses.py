"""Ways to be called: kept secret, open to few services, entered by their owners."""

from typing import Any

import pytest

from emergencies.errors import BadInput, NotAllowed
from emergencies.models import Address
from emergencies.rules.addresses import mail_tail, scheme_of, tail_of
from emergencies.services.addresses import MOST, add_address, remove_address
from emergencies.transports import unseal
from journal.selectors import history_of
from tests.complaints.factories import NOW, make_user

pytestmark = pytest.mark.django_db
DINGTALK = "dingtalk://secretsecretsecretsecret1234/13800001234"


def test_an_address_lies_encrypted_and_only_its_tail_is_shown():
    person = make_user("handler")
    address = add_address(person=person, text=DINGTALK, actor=person, at=NOW)
    assert "secret" not in address.secret + address.tail
    assert (address.scheme, address.tail) == ("dingtalk", "dingtalk://…1234")
    assert unseal(address.secret) == DINGTALK
    assert "1234" not in "".join(entry.body for entry in history_of(address))


def test_a_former_key_still_opens_it(settings):
    person = make_user("handler")
    address = add_address(person=person, text=DINGTALK, actor=person, at=NOW)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-tests"
    assert unseal(address.secret) == DINGTALK


def test_a_second_mail_address_will_do():
    person = make_user("handler")
    address = add_address(person=person, text="home@fang.example", actor=person, at=NOW)
    assert (address.service, address.tail) == ("email", "h…@fang.example")


def test_what_is_removed_is_forgotten_at_once():
    person = make_user("handler")
    address = add_address(person=person, text=DINGTALK, actor=person, at=NOW)
    remove_address(address_id=address.pk, actor=person, at=NOW)
    address.refresh_from_db()
    assert (address.secret, address.removed_at) == ("", NOW)
    with pytest.raises(Address.DoesNotExist):
        remove_address(address_id=address.pk, actor=person, at=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "not an address",
        "json://intranet.example/hook",  # a free host: this server would call it
        "dingtalk://",
        "file:///etc/passwd",
        "syslog://",
    ],
)
def test_what_is_no_address_or_a_free_host_is_refused(text):
    person = make_user("handler")
    with pytest.raises(BadInput) as refusal:
        add_address(person=person, text=text, actor=person, at=NOW)
    assert refusal.value.field == "text"
    assert "passwd" not in str(refusal.value)


def test_a_free_host_needs_the_setting_and_an_administrator(settings):
    person, admin = make_user("manager"), make_user("administrator")
    given: dict[str, Any] = {"person": person, "text": "json://gateway.example/hook", "at": NOW}
    with pytest.raises(BadInput):
        add_address(actor=admin, **given)
    settings.PAGING_GENERIC_SCHEMES = ["json"]
    with pytest.raises(BadInput):
        add_address(actor=person, **given)
    assert add_address(actor=admin, **given).scheme == "json"


def test_everybody_keeps_their_own_and_the_keepers_anybodys():
    person, keeper = make_user("handler"), make_user("quality_manager")
    address = add_address(person=person, text=DINGTALK, actor=keeper, at=NOW)
    other = make_user("handler")
    with pytest.raises(NotAllowed):
        add_address(person=person, text=DINGTALK, actor=other, at=NOW)
    with pytest.raises(NotAllowed):
        remove_address(address_id=address.pk, actor=other, at=NOW)


def test_there_is_an_end_to_them():
    person = make_user("handler")
    for _number in range(MOST):
        add_address(person=person, text=DINGTALK, actor=person, at=NOW)
    with pytest.raises(BadInput):
        add_address(person=person, text=DINGTALK, actor=person, at=NOW)


def test_tails():
    assert scheme_of("WeComBot://key") == "wecombot"
    assert scheme_of("no scheme here") == ""
    assert tail_of("feishu://abcdef") == "feishu://…cdef"
    assert mail_tail("mei@desk.example") == "m…@desk.example"
