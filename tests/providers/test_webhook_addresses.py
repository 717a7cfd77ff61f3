"""No webhook reaches into a network that is not public, whatever its address looks like."""

import socket

import pytest

from accounts.services import system_user
from providers.errors import BadInput
from providers.rules.addresses import is_public, url_fault
from providers.services.endpoints import add_endpoint
from providers.states import Fault
from providers.transports import NotToldError, post
from tests.accounts.factories import make_provider
from tests.complaints.factories import NOW
from tests.providers.listening import make_client, receiving

PORTS = (443, 8443)


def fault(url: str, *, private: bool = False, plain_http: bool = False) -> str:
    return url_fault(url, plain_http=plain_http, private=private, ports=PORTS)


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # metadata of most clouds
        "100.100.100.200",  # of Alibaba
        "192.0.0.192",  # of Oracle
        "168.63.129.16",  # of Azure
        "100.64.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",  # of Amazon, by IPv6
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "no number",
    ],
)
def test_numbers_that_are_not_public(number):
    assert not is_public(number)


@pytest.mark.parametrize(
    "number",
    ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "93.184.216.34"],
)
def test_numbers_that_are_public(number):
    assert is_public(number)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://partner.example/hook", "not_https"),
        ("ftp://partner.example/hook", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("gopher://partner.example/", "not_https"),
        ("//partner.example/hook", "not_https"),
        ("partner.example/hook", "not_https"),
        ("", "not_https"),
        ("https://", "not_an_address"),
        ("https:///hook", "not_an_address"),
        ("https://user:word@partner.example/", "secret_in_address"),
        ("https://partner.example@evil.example/", "secret_in_address"),
        ("https://partner.example/#part", "secret_in_address"),
        ("https://partner.example:22/", "port"),
        ("https://partner.example:6379/", "port"),
        ("https://partner.example:80/", "port"),
        ("https://partner.example:99999/", "not_an_address"),
        ("https://partner.example:x/", "not_an_address"),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "private"),
        ("https://localhost/", "private"),
        ("https://LOCALHOST./", "private"),
        ("https://a.localhost/", "private"),
        ("https://metadata.google.internal/", "private"),
        ("https://printer.local/", "private"),
        ("https://2130706433/", "not_an_address"),  # 127.0.0.1 as one number
        ("https://0x7f000001/", "not_an_address"),
        ("https://0x7f.0x0.0x0.0x1/", "not_an_address"),
        ("https://0177.0.0.1/", "not_an_address"),
        ("https://127.1/", "not_an_address"),
        ("https://127.0.0.1./", "not_an_address"),
        ("https://partner.example/a b", "not_an_address"),
        ("https://partner.example/\r\nX-Evil: 1", "not_an_address"),
        ("https://partner.example\\@evil.example/", "not_an_address"),
        ("https://p\u00e4rtner.example/", "not_an_address"),
        ("https://under_score.example/", "not_an_address"),
        ("https://-partner.example/", "not_an_address"),
        ("https://[::1/", "not_an_address"),
        (f"https://partner.example/{'a' * 500}", "too_long"),
    ],
)
def test_addresses_that_nobody_may_enter(url, code):
    assert fault(url) == code


@pytest.mark.parametrize(
    "url",
    [
        "https://partner.example/hook",
        "https://partner.example",
        "https://partner.example:8443/hook?key=1",
        "https://xn--prtner-bua.example/",
        "https://8.8.8.8/",
        "https://[2400:3200::1]/hook",
    ],
)
def test_addresses_that_may_be_entered(url):
    assert fault(url) == ""


def test_an_installation_may_allow_more():
    assert fault("http://127.0.0.1:8443/", private=True, plain_http=True) == ""
    assert fault("http://127.0.0.1:8080/", private=True, plain_http=True) == "port"
    assert url_fault("https://a.example:1/", plain_http=False, private=False, ports=()) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["https://10.0.0.1/", "http://partner.example/", "https://0x7f.1/"])
def test_the_verb_refuses_them_naming_the_field(url):
    client = make_client(make_provider())
    with pytest.raises(BadInput) as refused:
        add_endpoint(client=client, url=url, types=(), actor=system_user(), at=NOW)
    assert refused.value.field == "url"
    assert not client.endpoints.exists()


def resolving(monkeypatch, *numbers: str) -> list[str]:
    asked: list[str] = []

    def getaddrinfo(host, port, *_kinds, **_kind):
        asked.append(host)
        kind = socket.AF_INET6 if ":" in numbers[0] else socket.AF_INET
        return [(kind, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr("providers.transports.socket.getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "numbers",
    [
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("8.8.8.8", "10.0.0.1"),
    ],
)
def test_a_name_that_resolves_inward_is_not_called(monkeypatch, settings, numbers):
    settings.WEBHOOK_ALLOW_HTTP, settings.WEBHOOK_PORTS = True, []
    resolving(monkeypatch, *numbers)
    with receiving() as receiver:
        with pytest.raises(NotToldError) as error:
            post(f"http://partner.example:{receiver.port}/", b"{}", {})
        assert error.value.fault == Fault.FORBIDDEN
        assert receiver.came == []


def test_a_number_in_another_form_is_not_called_either(settings):
    """What got into the database in some other way is looked at again before it is called."""
    settings.WEBHOOK_ALLOW_HTTP, settings.WEBHOOK_PORTS = True, []
    with receiving() as receiver:
        for host in ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "localhost"):
            with pytest.raises(NotToldError) as error:
                post(f"http://{host}:{receiver.port}/", b"{}", {})
            assert error.value.fault == Fault.FORBIDDEN
        assert receiver.came == []


def test_the_name_is_asked_for_once_and_that_number_is_called(monkeypatch, settings):
    """A name that answers with another number the second time (DNS rebinding) gains nothing."""
    settings.WEBHOOK_ALLOW_HTTP, settings.WEBHOOK_PORTS = True, []
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as receiver:
        asked = resolving(monkeypatch, "127.0.0.1")
        assert post(f"http://partner.example:{receiver.port}/hook?a=1", b"{}", {}) == 204
        assert asked.count("partner.example") == 1
    (came,) = receiver.came
    assert came.path == "/hook?a=1"
    assert came.headers["Host"] == f"partner.example:{receiver.port}"
