"""A function's code under the real Lambda bootstrap (awslambdaric), which talks to a runtime API of ours.

The process sees what Lambda gives it and nothing else: the unpacked zip, the packages of the managed runtime, and a
clean environment.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Self

from attrs import define, field

RUNTIME = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)
"""The distributions of the managed Python runtime."""

_PATIENCE = 30.0  # seconds for each event
_LONGEST_START = 120.0  # seconds
_WORKING = 0.002  # seconds between two looks at a process that starts


class FunctionError(Exception):
    """The function did not start, or ended an event with an error; the text is what it said."""


def managed_runtime(target: Path) -> Path:
    """A directory with links to the runtime's own packages; to be the only site-packages of a function."""
    target.mkdir(parents=True)
    for name in RUNTIME:
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or () if ".." not in file.parts}
        for top in sorted(tops - {"__pycache__"}):
            (target / top).symlink_to(Path(str(found.locate_file(top))))
    return target


@define(eq=False, kw_only=True)
class LambdaRig:
    """One function instance. Enter it to start.

    ``task`` is the unpacked zip, ``handler`` such as app.app, ``runtime`` what ``managed_runtime`` made.
    """

    task: Path
    handler: str
    runtime: Path
    environment: Mapping[str, str]
    _api: _RuntimeApi = field(init=False)
    _log: Any = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)

    def __enter__(self) -> Self:
        self._api = _RuntimeApi()
        threading.Thread(target=self._api.serve_forever, args=(0.02,), daemon=True).start()
        self._log = tempfile.TemporaryFile()
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._api.todo.put(None)
        self._api.shutdown()
        self._api.server_close()
        self._log.close()

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """What the function returns for the event. Raises FunctionError with what it raised."""
        try:
            kind, body = self._api.run(json.dumps(event).encode())
        except queue.Empty:
            raise FunctionError(f"no answer: {self.logs()}") from None
        if kind == "error":
            raise FunctionError(body.decode())
        return json.loads(body)

    def logs(self) -> str:
        """What the function has written so far."""
        self._log.seek(0)
        written: bytes = self._log.read()
        return written.decode("utf-8", "replace")

    @property
    def pid(self) -> int:
        """The function's process."""
        return self._process.pid

    def command(self) -> list[str]:
        """What Lambda starts: the bootstrap of the runtime, with no site-packages but the runtime's own."""
        interpreter = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
        return [str(interpreter), "-S", "-m", "awslambdaric", self.handler]

    def _start(self) -> None:
        began = time.perf_counter()
        self._process = subprocess.Popen(
            self.command(),
            cwd=self.task,
            env=self._variables(),
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        while not self._api.ready.wait(_WORKING):
            if self._process.poll() is not None or time.perf_counter() - began > _LONGEST_START:
                break
        if self._api.init_error or not self._api.ready.is_set():
            raise FunctionError(self._api.init_error or self.logs())

    def _variables(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": str(self.runtime),
            "PYTHONDONTWRITEBYTECODE": "1",  # as in /var/task, which nobody can write to
            "LAMBDA_TASK_ROOT": str(self.task),
            "_HANDLER": self.handler,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}",
            **self.environment,
        }


class _RuntimeApi(ThreadingHTTPServer):
    """Hands events out and takes answers in, as the Lambda runtime API does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Calls)
        self.ready = threading.Event()
        self.todo: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self.done: dict[str, queue.Queue[tuple[str, bytes]]] = {}
        self.init_error = ""

    def handle_error(self, request: object, client_address: object) -> None:
        """A function that is killed hangs up in the middle of a call; anything else is worth a traceback."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def run(self, event: bytes) -> tuple[str, bytes]:
        """The kind of answer to the event, and the answer. Raises queue.Empty when none comes."""
        request_id = str(uuid.uuid4())
        self.done[request_id] = queue.Queue()
        self.todo.put((request_id, event))
        try:
            return self.done[request_id].get(timeout=_PATIENCE)
        finally:
            del self.done[request_id]


class _Calls(BaseHTTPRequestHandler):
    server: _RuntimeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:  # .../invocation/next
        self.server.ready.set()
        event = self.server.todo.get()
        if event is None:
            self._answer(410)
            return
        deadline = int((time.time() + _PATIENCE) * 1000)
        self._answer(
            200,
            event[1],
            {
                "Lambda-Runtime-Aws-Request-Id": event[0],
                "Lambda-Runtime-Deadline-Ms": str(deadline),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:function",
                "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
            },
        )

    def do_POST(self) -> None:  # .../init/error, .../invocation/{id}/response, .../invocation/{id}/error
        body = self._body()
        *_, request_id, kind = self.path.split("/")
        if (request_id, kind) == ("init", "error"):
            self.server.init_error = body.decode()
            self.server.ready.set()
        else:
            self.server.done[request_id].put((kind, body))
        self._answer(202)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while length := int(self.rfile.readline(), 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing."""
