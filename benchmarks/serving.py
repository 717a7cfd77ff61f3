"""The memory of a web worker, started as `make run` starts it, after it has served every page."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode

from accounts.models import User
from benchmarks.filling import EVERYWHERE, ONE_SITE, ONE_TEAM
from benchmarks.measuring import Row, resident
from benchmarks.pages import WORDS

REQUESTS = 3_000
PER_ROUTE = 150  # pages of one kind
MEGABYTES = 200
_LINK = re.compile(rb'(?:href|hx-get)="(/[^"#]*)"')
_LEFT_OUT = frozenset({"account_logout"})


def worker() -> list[Row]:
    """Walk through all pages as three people, twice by four at once; take the largest worker."""
    port = _free_port()
    environment = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1"}
    program = [sys.executable, "-m", "config.program", "web"]
    server = subprocess.Popen(program, env=environment)
    try:
        _wait_for(port)
        walk = Walk(port)
        walk.go()
        written = [walk.export(kind) / 1e6 for kind in ("csv", "xlsx")]
        size = max(resident(pid=pid) for pid in _children(server.pid))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    return [
        Row(
            "web worker after all pages",
            f"{size:.0f} MB",
            f"≤ {MEGABYTES} MB",
            size <= MEGABYTES,
            f"{walk.done:,} requests, {len(walk.routes)} kinds of pages,"
            f" exports of {written[0]:.0f} MB CSV and {written[1]:.0f} MB XLSX",
        )
    ]


class Walk:
    """Follows links from page to page, some of each kind, until enough were asked for."""

    def __init__(self, port: int) -> None:
        """Sign three people in, and begin where each of them begins."""
        self.port = port
        self.cookies = [_cookie(name) for name in (EVERYWHERE, ONE_SITE, ONE_TEAM)]
        begin = [reverse("complaints:queue"), reverse("complaints:list")]
        begin += [f"{reverse('complaints:search')}?{urlencode({'q': q})}" for q in WORDS.values()]
        self.waiting = deque((address, cookie) for cookie in self.cookies for address in begin)
        self.known = set(self.waiting)
        self.routes: dict[str, int] = {}
        self.done = 0
        self.lock = threading.Lock()

    def go(self) -> None:
        """Ask by four at once."""
        crew = [threading.Thread(target=self._walk) for _ in range(4)]
        for one in crew:
            one.start()
        for one in crew:
            one.join()

    def export(self, kind: str) -> int:
        """Export everything as somebody who sees everything; return how many bytes came."""
        client = Client()
        client.force_login(User.objects.get(username=EVERYWHERE))
        client.get(reverse("complaints:list"))
        cookies = {name: morsel.value for name, morsel in client.cookies.items()}
        given = {"format": kind, "csrfmiddlewaretoken": cookies[settings.CSRF_COOKIE_NAME]}
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        link.request("POST", reverse("complaints:export"), urlencode(given), headers)
        response = link.getresponse()
        if response.status != http.client.OK:
            raise RuntimeError(f"export: {response.status}")
        return sum(len(piece) for piece in iter(lambda: response.read(1 << 16), b""))

    def _walk(self) -> None:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while self.done < REQUESTS:
            with self.lock:
                address, cookie = self.waiting.popleft() if self.waiting else (None, "")
                if address is not None:
                    self.waiting.append((address, cookie))  # again when there is nothing new
            if address is None:
                return
            page = _ask(link, address, cookie)
            with self.lock:
                self.done += 1
                for found in _LINK.findall(page):
                    self._note(found.decode().replace("&amp;", "&"), cookie)

    def _note(self, address: str, cookie: str) -> None:
        try:
            route = resolve(address.partition("?")[0]).view_name
        except Resolver404:
            return  # static files
        seen = self.routes.get(route, 0)
        new = (address, cookie) not in self.known
        if new and seen < PER_ROUTE and route not in _LEFT_OUT:
            self.routes[route] = seen + 1
            self.known.add((address, cookie))
            self.waiting.appendleft((address, cookie))


def _ask(link: http.client.HTTPConnection, address: str, cookie: str) -> bytes:
    link.request("GET", address, headers={"Cookie": cookie})
    response = link.getresponse()
    page = response.read()
    if response.status >= 500:
        raise RuntimeError(f"{address}: {response.status}")
    return page


def _cookie(name: str) -> str:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError("the web server did not start")


def _children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
