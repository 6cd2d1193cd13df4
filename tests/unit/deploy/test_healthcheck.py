"""The image's health check, run as Docker would, against something that answers like a service."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from deploy.local.backends.ports import LOOPBACK, free_port

DOCKERFILE = (Path(__file__).parents[3] / "deploy/docker/Dockerfile").read_text()
STATUS = {"/health/ready": 200}


class Service(BaseHTTPRequestHandler):
    """Answers what the test decided."""

    def do_GET(self) -> None:
        """The status of this path, 404 for any other."""
        self.send_response(STATUS.get(self.path, 404))
        self.end_headers()


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer((LOOPBACK, 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def check(port: int) -> int:
    """Its exit status, by the interpreter that runs the tests; a proxy of the environment must not matter."""
    command = re.search(r"^HEALTHCHECK [^\[]*CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert command
    python, *arguments = json.loads(command[1])
    assert python == "python"
    environment = {"PORT": str(port), "http_proxy": f"http://{LOOPBACK}:1"}
    ran = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, timeout=30, check=False)
    return ran.returncode


def test_a_ready_service_is_healthy(port: int) -> None:
    assert check(port) == 0


def test_a_service_that_is_not_ready_is_not(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STATUS, "/health/ready", 503)
    assert check(port) == 1


def test_nor_is_one_that_does_not_answer() -> None:
    assert check(free_port()) == 1
