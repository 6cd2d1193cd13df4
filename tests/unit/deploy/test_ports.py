"""The ports that servers are started on: no two callers get the same, and no connection goes out from one."""

import socket

import pytest

from deploy.local.backends import ports
from deploy.local.backends.ports import LOOPBACK, free_port


def test_no_port_is_given_twice() -> None:
    given = [free_port() for _ in range(500)]
    assert len(set(given)) == len(given)


def test_no_port_is_one_that_the_system_gives_to_outgoing_connections() -> None:
    with socket.create_server((LOOPBACK, 0)) as server, socket.create_connection(server.getsockname()) as client:
        outgoing = client.getsockname()[1]
    assert outgoing >= ports._first_ephemeral()
    assert all(free_port() < ports._first_ephemeral() for _ in range(500))


def test_a_port_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port()
    monkeypatch.setattr(ports, "_given", set())
    monkeypatch.setattr(ports, "LOWEST", first)
    monkeypatch.setattr(ports, "_first_ephemeral", lambda: first + 1)
    with socket.create_server((LOOPBACK, first)), pytest.raises(OSError, match="no free port"):
        free_port()
    assert free_port() == first
