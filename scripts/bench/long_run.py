"""`python -m scripts.bench.long_run 10000`: paid enrollments one after the other on a stack as `make run` starts it.

Prints a table in Markdown: how long opening a checkout took, how long it took from paying to being enrolled, and the
processor time of the whole stack, per thousand enrollments. Fails where the last tenth took the stack much more
processor time than the first, where the API answered anything but what it should, and after MINUTES (90).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import urllib3
from attrs import define, field, frozen

from scripts.stack.aws_resources import Clients
from scripts.stack.ports import Ports
from tests.support.aws.cognito_tokens import IdTokenIssuer

ROOT = Path(__file__).resolve().parents[2]
COURSE = "TEST-COURSE-005"
SLOWER = 1.5
"""How many times the processor time of the first tenth the last tenth may take."""

_BLOCK = 1000
_EDGE = 100
_STARTING = 120.0  # seconds
_LONGEST = 30.0  # seconds for one answer, and for one payment to arrive
_FIRST_PAUSE, _PAUSE = 0.06, 0.02  # seconds before the first look whether the payment arrived, and between two
_MINUTES = "90"
_WARM = 10  # enrollments that do not count: they load modules and make clients
_TICKS = os.sysconf("SC_CLK_TCK")
_OK = range(200, 300)


@frozen
class Enrollment:
    """Seconds of wall time, and of the stack's processor time, that one enrollment took."""

    opening: float
    settling: float
    processor: float


@define
class Buyer:
    """Buys the course once per student, over HTTP."""

    api: str
    stripe: str
    mint: IdTokenIssuer
    pid: int
    _http: urllib3.PoolManager = field(factory=lambda: urllib3.PoolManager(retries=False, timeout=_LONGEST))

    def buy(self) -> Enrollment:
        """A new student's checkout, payment and enrollment. Raises RuntimeError where an answer is not as it should."""
        user = str(uuid.uuid4())
        headers = {"Authorization": f"Bearer {self.mint.token(user, f'{user}@example.com')}"}
        processor, began = processor_time(self.pid), time.perf_counter()
        opened = self._send("POST", f"{self.api}/api/enrollments", headers, {"courseId": COURSE})
        answered = time.perf_counter()
        checkout = opened["clientSecret"].partition("_secret_")[0]
        self._send("POST", f"{self.stripe}/emulator/sessions/{checkout}/pay", {}, {"card": "4242424242424242"})
        time.sleep(_FIRST_PAUSE)
        while not self._send("GET", f"{self.api}/api/enrollments/check/{COURSE}", headers)["enrolled"]:
            if time.perf_counter() - answered > _LONGEST:
                raise RuntimeError("paid, and not enrolled in time")
            time.sleep(_PAUSE)
        return Enrollment(answered - began, time.perf_counter() - answered, processor_time(self.pid) - processor)

    def _send(self, method: str, url: str, headers: dict[str, str], body: object = None) -> Any:
        answer = self._http.request(method, url, json=body, headers=headers)
        if answer.status not in _OK:
            raise RuntimeError(f"{method} {url.partition('?')[0]} answered {answer.status}")
        return json.loads(answer.data)


@contextmanager
def running(**variables: str) -> Iterator[tuple[Ports, int]]:
    """A stack in a process of its own, started as `make run` does: its ports and its process id."""
    ports = Ports.free()
    chosen = {f"{name.upper()}_PORT": str(getattr(ports, name)) for name in ("web", "api", "aws", "stripe")}
    command = [sys.executable, "-m", "scripts.stack"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | chosen | variables, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://127.0.0.1:{ports.web}/")
            yield ports, process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def buyer(ports: Ports, pid: int) -> Buyer:
    """Somebody who buys at this stack."""
    cognito = Clients(f"http://127.0.0.1:{ports.aws}")("cognito-idp")
    (pool,) = (pool["Id"] for pool in cognito.list_user_pools(MaxResults=10)["UserPools"])
    (client,) = (one["ClientId"] for one in cognito.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"])
    mint = IdTokenIssuer(f"https://cognito-idp.us-east-1.amazonaws.com/{pool}", client)
    return Buyer(f"http://127.0.0.1:{ports.api}", f"http://127.0.0.1:{ports.stripe}", mint, pid)


def processor_time(pid: int) -> float:
    """Seconds that a process has used so far, all of its threads together."""
    after_the_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_the_name[11]) + int(after_the_name[12])) / _TICKS


def row(done: Sequence[Enrollment], start: int, end: int) -> str:
    """One line of the table: medians in milliseconds over some of the enrollments."""
    part = done[start:end]
    figures = (
        median(one.opening for one in part),
        median(one.settling for one in part),
        sum(one.processor for one in part) / len(part),
    )
    return f"| {start + 1:,} to {end:,} | " + " | ".join(f"{1000 * figure:.0f}" for figure in figures) + " |"


def slowdown(done: Sequence[Enrollment]) -> tuple[float, float]:
    """How many times as much the end took as the beginning.

    Of processor time, which is counted in steps too long for a median, a tenth of all: the schedules that run every
    minute would weigh on one hundred and not on another. Of wall time, which also depends on what else the machine
    does, the medians of a hundred.
    """
    tenth = max(len(done) // 10, 1)
    processor = sum(one.processor for one in done[-tenth:]) / sum(one.processor for one in done[:tenth])
    return processor, _wall(done[-_EDGE:]) / _wall(done[:_EDGE])


def _wall(part: Sequence[Enrollment]) -> float:
    return median(one.opening + one.settling for one in part)


def main(wanted: int) -> int:
    """The exit status: 1 where the stack became slower than it may."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the stack is ended, too
    done: list[Enrollment] = []
    until = time.monotonic() + 60 * float(os.environ.get("MINUTES", _MINUTES))
    print("| Enrollments | opening a checkout, ms | paid to enrolled, ms | processor time of the stack, ms (mean) |")
    print("|---|---|---|---|")
    with running(ENGINE=os.environ.get("ENGINE", "")) as (ports, pid):
        someone = buyer(ports, pid)
        for _ in range(_WARM):
            someone.buy()
        while len(done) < wanted:
            if time.monotonic() > until:
                raise RuntimeError(f"only {len(done)} enrollments in the time that there was")
            done.append(someone.buy())
            if len(done) == _EDGE or len(done) % _BLOCK == 0:
                print(row(done, len(done) - (_EDGE if len(done) == _EDGE else _BLOCK), len(done)), flush=True)
    print(row(done, len(done) - _EDGE, len(done)))
    processor, wall = slowdown(done)
    print(
        f"\nThe last tenth took {processor:.2f} times the processor time of the first (at most {SLOWER}), "
        f"the last {_EDGE} {wall:.2f} times the wall time of the first {_EDGE} (medians)."
    )
    return 0 if processor <= SLOWER else 1


def _wait_for(url: str) -> None:
    until = time.monotonic() + _STARTING
    while True:
        try:
            urllib3.request("GET", url, retries=False, timeout=_LONGEST)
        except urllib3.exceptions.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
