"""A call centre's own software, as a partner would write it: it knows the API, and nothing of us.

It keeps its cases in a database of its own, hands them over while the network misbehaves, takes
webhooks, polls for changes, and at the end compares what both sides hold. It imports nothing of
this project; `python -m tests.providers.simulator --help` runs it against any installation.
"""

import argparse
import base64
import hashlib
import hmac
import json
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Case = dict[str, Any]
TRIES = 30
ANSWER_SECONDS = 30


class LostError(Exception):
    """The network swallowed a request, or the answer to it; the sender cannot know which."""


@dataclass
class Network:
    """A network that loses, delays and doubles: each fault so often among so many requests."""

    dice: random.Random = field(default_factory=lambda: random.Random(4))
    faults: dict[str, int] = field(default_factory=dict)
    calm: bool = False

    def carry(self, send: Callable[..., requests.Response]) -> requests.Response:
        """Send, or lose: before it arrives, or after it was answered; or send it twice at once."""
        roll = 1.0 if self.calm else self.dice.random()
        if roll < 0.05:
            self._note("request lost")
            raise LostError
        if roll < 0.15:
            send()
            self._note("answer lost")
            raise LostError
        if roll < 0.20:
            self._note("given up early")
            try:
                return send(timeout=0.001)  # the server goes on with it all the same
            except requests.RequestException as error:
                raise LostError from error
        if roll < 0.30:
            self._note("sent twice at once")
            with ThreadPoolExecutor(2) as both:
                first, second = both.submit(send), both.submit(send)
                first.result()
                return second.result()
        try:
            return send()
        except requests.RequestException as error:
            raise LostError from error

    def _note(self, fault: str) -> None:
        self.faults[fault] = self.faults.get(fault, 0) + 1


class Api:
    """The API of the organisation, as its documentation describes it."""

    def __init__(self, base: str, client_id: str, secret: str, network: Network) -> None:
        self.base, self.client_id, self.secret = base.rstrip("/"), client_id, secret
        self.network = network
        self.token = ""
        self.lock = threading.Lock()
        self.local = threading.local()

    def sign_in(self) -> None:
        """Get a token (OAuth 2.0 client credentials)."""
        answer = requests.post(
            f"{self.base}/oauth/token/",
            data={"grant_type": "client_credentials"},
            auth=(self.client_id, self.secret),
            timeout=ANSWER_SECONDS,
        )
        answer.raise_for_status()
        self.token = answer.json()["access_token"]

    def post(self, path: str, body: Any, *, key: str = "") -> requests.Response:
        """Do something, again and again until an answer comes; the key makes that safe."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._insist("POST", self._address(path), json=body, headers=headers)

    def get(self, path: str) -> requests.Response:
        """Read something."""
        return self._insist("GET", self._address(path), headers={})

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.base}/api/v1/{path}"

    def _insist(self, method: str, address: str, **what: Any) -> requests.Response:
        for attempt in range(TRIES):
            try:
                answer = self.network.carry(lambda **how: self._send(method, address, what, how))
            except LostError:
                time.sleep(0.01 * min(attempt, 5))
                continue
            if answer.status_code == 401:
                with self.lock:
                    self.sign_in()
            elif answer.status_code == 429:
                time.sleep(float(answer.headers["Retry-After"]))
            elif answer.status_code < 500:
                return answer
        raise LostError

    def _send(
        self, method: str, address: str, what: dict[str, Any], how: dict[str, Any]
    ) -> requests.Response:
        headers = {**what["headers"], "Authorization": f"Bearer {self.token}"}
        asked = {"timeout": ANSWER_SECONDS, **what, **how, "headers": headers}
        return requests.request(method, address, **asked)


class Store:
    """The partner's own database: its cases, the events it has taken, how far it has polled."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rows = sqlite3.connect(":memory:", check_same_thread=False)
        self.rows.executescript(
            "CREATE TABLE cases (id TEXT PRIMARY KEY, said TEXT, reference TEXT, status TEXT);"
            "CREATE TABLE polled (id TEXT PRIMARY KEY, number INT, reference TEXT, status TEXT);"
            "CREATE TABLE posted (id TEXT PRIMARY KEY, number INT, reference TEXT, status TEXT);"
            "CREATE TABLE place (address TEXT);"
        )

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and return what it finds."""
        with self.lock, self.rows:
            return self.rows.execute(statement, values).fetchall()

    def take(self, table: str, event: str, number: int, reference: str, status: str) -> bool:
        """Keep an event; return whether it is new. The same one may come any number of times."""
        before = self.rows.total_changes
        self.run(
            f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?, ?)", event, number, reference, status
        )
        return self.rows.total_changes > before

    def statuses(self, table: str) -> dict[str, str]:
        """Return where each complaint stands, by the last event that came this way."""
        rows = self.run(f"SELECT reference, status FROM {table} ORDER BY number")
        return {str(reference): str(status) for reference, status in rows}


class CallCentre:
    """The whole program."""

    def __init__(self, api: Api, cases: Sequence[Case]) -> None:
        self.api, self.store = api, Store()
        for case in cases:
            self.store.run(
                "INSERT INTO cases VALUES (?, ?, NULL, NULL)",
                case["external_id"],
                json.dumps(case),
            )
        self.secret = ""
        self.refused_signatures = 0
        self.repeated = 0

    # --- handing over

    def open_cases(self) -> list[Case]:
        """Return what has not been handed over for certain, in no particular order."""
        rows = self.store.run("SELECT said FROM cases WHERE reference IS NULL")
        cases: list[Case] = [json.loads(said) for (said,) in rows]
        random.Random(7).shuffle(cases)
        return cases

    def hand_over(self, *, one_by_one: int, at_once: int, workers: int) -> None:
        """Hand everything over: some one by one, the others in batches, by several workers."""
        cases = self.open_cases()
        singles, many = cases[:one_by_one], cases[one_by_one:]
        batches = [many[start : start + at_once] for start in range(0, len(many), at_once)]
        with ThreadPoolExecutor(workers) as crowd:
            list(crowd.map(self.hand_over_one, singles))
            list(crowd.map(self.hand_over_many, batches))

    def hand_over_twice(self, *, workers: int) -> dict[int, int]:
        """Post every case twice, in no order, by several workers; count the answers by status."""
        jobs = [*self.open_cases(), *self.open_cases()]
        random.Random(8).shuffle(jobs)
        answers: dict[int, int] = {}
        with ThreadPoolExecutor(workers) as crowd:
            for status in crowd.map(self.hand_over_one, jobs):
                answers[status] = answers.get(status, 0) + 1
        return answers

    def hand_over_one(self, case: Case) -> int:
        """Hand over one case under a key of its own; return what it was answered."""
        answer = self.api.post("complaints/", case, key=f"case-{case['external_id']}")
        if answer.status_code == 201:
            self._held(case["external_id"], answer.json()["reference"])
        return answer.status_code

    def hand_over_many(self, batch: Sequence[Case]) -> None:
        """Hand over many; what was held already is answered with the reference that holds it."""
        answer = self.api.post("complaints/bulk/", {"complaints": list(batch)})
        for item in answer.json()["results"]:
            if item["status"] == 201:
                case = batch[item["index"]]
                self._held(case["external_id"], item["complaint"]["reference"])

    def _held(self, case: str, reference: str) -> None:
        self.store.run("UPDATE cases SET reference = ? WHERE id = ?", reference, case)

    # --- hearing what happens

    def subscribe(self, url: str) -> str:
        """Ask for webhooks and fetch the secret; return the id of the endpoint."""
        made = self.api.post("webhooks/", {"url": url}, key=f"hook-{url}")
        endpoint: str = made.json()["id"]
        self.secret = self.api.get(f"webhooks/{endpoint}/secret/").json()["secret"]
        return endpoint

    def take_webhook(self, headers: dict[str, str], body: bytes) -> bool:
        """Take a delivery if it is signed; return whether it was."""
        event = headers.get("webhook-id", "")
        if not signed(self.secret, headers, body):
            self.refused_signatures += 1
            return False
        said = json.loads(body)
        data = said["data"]
        if data and not self.store.take(
            "posted", event, data["sequence"], data["reference"], data["status"]
        ):
            self.repeated += 1
        return True

    def poll(self) -> int:
        """Read on in the feed to its present end; return how many changes were new."""
        known = self.store.run("SELECT address FROM place")
        address = known[0][0] if known else "changes/?page_size=100"
        new = 0
        while True:
            page = self.api.get(address).json()
            for row in page["results"]:
                new += self.store.take(
                    "polled", row["id"], row["sequence"], row["reference"], row["status"]
                )
            # The place is kept after what came with it: a crash in between reads it once more.
            address = page["next"]
            self.store.run("DELETE FROM place")
            self.store.run("INSERT INTO place VALUES (?)", address)
            if not page["has_more"]:
                return new

    # --- comparing

    def reconcile(self) -> list[str]:
        """Compare with the other side, note what it holds, and return what it does not."""
        missing: list[str] = []
        ids = [str(row[0]) for row in self.store.run("SELECT id FROM cases ORDER BY id")]
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            answer = self.api.post("complaints/reconcile/", {"references": part}).json()
            for held in answer["held"]:
                self.store.run(
                    "UPDATE cases SET reference = ?, status = ? WHERE id = ?",
                    held["reference"],
                    held["status"],
                    held["external_id"],
                )
            missing += answer["missing"]
        return missing

    def holds(self) -> dict[str, tuple[str, str]]:
        """Return reference and status of each case, as this side knows them."""
        rows = self.store.run("SELECT id, reference, status FROM cases")
        return {str(case): (str(reference), str(status)) for case, reference, status in rows}


def signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Return whether a delivery is signed with the secret, and fresh (Standard Webhooks 1.0.0)."""
    event, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdecimal() or abs(time.time() - int(moment)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{event}.{moment}.".encode() + body
    expected = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(f"v1,{expected}", one) for one in given)


@contextmanager
def listening(centre: CallCentre, network: Network) -> Iterator[str]:
    """Take webhooks while the block runs; the network hurts these, too. Yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            roll = 1.0 if network.calm else network.dice.random()
            if roll < 0.03:
                self._answer(500)
                return
            named = {name.lower(): value for name, value in self.headers.items()}
            taken = centre.take_webhook(named, body)
            if roll < 0.06:
                self.close_connection = True  # taken, but the answer is lost
                self.connection.close()
                return
            self._answer(204 if taken else 401)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
            pass

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/events"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def invented(count: int) -> list[Case]:
    """Return cases as a call centre takes them down; some say little, some in Chinese."""
    cases: list[Case] = []
    for number in range(count):
        case: Case = {
            "external_id": f"CASE-{number:06}",
            "channel": ("phone", "email", "web")[number % 3],
            "description": f"The kettle of order {number} leaks." if number % 2 else "水壶漏水",
        }
        if number % 5:
            case["complainant"] = {"name": f"Caller {number}", "phone": f"139{number:08}"}
        cases.append(case)
    return cases


def main() -> None:
    """Hand over invented cases to an installation and compare; tell how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="address of the installation")
    parser.add_argument("client_id")
    parser.add_argument("secret")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--twice", action="store_true", help="post each twice, on a good network")
    given = parser.parse_args()
    network = Network(calm=given.twice)
    centre = CallCentre(
        Api(given.base, given.client_id, given.secret, network), invented(given.cases)
    )
    centre.api.sign_in()
    began = time.monotonic()
    if given.twice:
        how: Any = centre.hand_over_twice(workers=given.workers)
    else:
        centre.hand_over(one_by_one=given.cases // 5, at_once=100, workers=given.workers)
        how = network.faults
    took = time.monotonic() - began
    references = {reference for reference, _status in centre.holds().values()}
    missing = centre.reconcile()
    same = references == {reference for reference, _status in centre.holds().values()}
    sys.stdout.write(
        f"{given.cases} cases in {took:.1f} s; {how}; {len(references)} references; "
        f"missing there: {len(missing)}; the same on both sides: {same}\n"
    )


if __name__ == "__main__":
    main()
