"""Deliveries of events: signed, in the order they happened, repeated until they are accepted."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field

from scripts.paypal_emulator.certificates import Certificates

Json = dict[str, Any]
Message = tuple[bytes, dict[str, str]]

RETRIES = (0.2, 1.0, 5.0)
"""Seconds before each repetition of a delivery that was not accepted."""

_TIMEOUT = 35.0


def signed(event: Json | bytes, *, at: datetime, webhook_id: str, certificates: Certificates, cert_url: str) -> Message:
    """The body and headers of a delivery."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    transmission_id, sent_at = str(uuid.uuid4()), at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return body, {
        "Content-Type": "application/json",
        "PayPal-Transmission-Id": transmission_id,
        "PayPal-Transmission-Time": sent_at,
        "PayPal-Transmission-Sig": certificates.sign(transmission_id, sent_at, webhook_id, body),
        "PayPal-Cert-Url": cert_url,
        "PayPal-Auth-Algo": "SHA256withRSA",
    }


@define(eq=False)
class Deliveries:
    """Delivers to ``url``, if there is one, on a thread of its own. The next ``lost`` deliveries never arrive."""

    url: str | None
    accepted: list[str] = field(factory=list)
    made: dict[str, list[Json]] = field(factory=dict)
    """What became of each event's deliveries, as PayPal shows it."""

    lost: int = 0
    _waiting: queue.Queue[tuple[str, Message, str] | None] = field(factory=queue.Queue)
    _thread: threading.Thread | None = None
    _stopped: threading.Event = field(factory=threading.Event)

    def start(self) -> None:
        """Deliver from now on."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._stopped.set()
        self._waiting.put(None)
        if self._thread:
            self._thread.join(_TIMEOUT)

    def send(self, event_id: str, message: Message, url: str | None = None) -> None:
        """Deliver this, to another address perhaps, as soon as what is before it was tried."""
        if self.lost > 0:
            self.lost -= 1
        elif address := url or self.url:
            self._waiting.put((event_id, message, address))

    def drained(self, seconds: float = 10.0) -> bool:
        """Whether everything was delivered or given up within this time."""
        ends = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < ends:
            self._stopped.wait(0.01)
        return not self._waiting.unfinished_tasks

    def _run(self) -> None:
        while (next_one := self._waiting.get()) is not None:
            event_id, message, url = next_one
            for pause in (0.0, *RETRIES):
                if self._stopped.wait(pause) or self._is_accepted(event_id, message, url):
                    break
            self._waiting.task_done()

    def _is_accepted(self, event_id: str, message: Message, url: str) -> bool:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        try:
            connection.request("POST", parts.path, message[0], message[1])
            status = connection.getresponse().status
            self.made.setdefault(event_id, []).append({"webhook_url": url, "http_status": str(status)})
            accepted = status // 100 == 2  # noqa: PLR2004 - any 2xx
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if accepted:
            self.accepted.append(event_id)
        return accepted
