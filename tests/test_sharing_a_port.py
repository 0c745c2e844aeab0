"""Several public processes serve one port, one a core; without being told so none joins another."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from tests.conftest import Database
from tests.core import free_port, two_free_ports

Process = subprocess.Popen[str]


@contextmanager
def public(database: Database, port: int, *options: str) -> Iterator[Process]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADSTELLE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "adstelle", "public", "--port", str(port), *options],
        env=kept | {"ADSTELLE_DSN": database.dsn("adstelle_public")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def wait_until_it_serves(port: int) -> None:
    for _ in range(3600):
        with suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/de/stellen").raise_for_status()
            return
        time.sleep(0.05)
    raise AssertionError("nothing serves")


def test_a_second_process_goes_on_when_the_first_ends(database: Database) -> None:
    port = free_port()
    with public(database, port, "--share-port") as second:
        with public(database, port, "--share-port"):
            wait_until_it_serves(port)
        wait_until_it_serves(port)

        assert second.poll() is None


def test_an_occupied_port_is_named_and_left_alone(database: Database) -> None:
    port = free_port()
    with public(database, port) as first:
        wait_until_it_serves(port)
        with public(database, port, "--share-port") as second:
            said = second.communicate(timeout=180)[1]

            assert second.returncode == 1
            assert said == f"adstelle: cannot serve 127.0.0.1 port {port}: Address already in use\n"
        assert first.poll() is None


def test_a_port_that_tests_found_free_is_given_to_nobody_but_their_server() -> None:
    first = two_free_ports()
    for port in (first, first + 1):
        with socket.socket() as another, pytest.raises(OSError, match="in use"):
            another.bind(("127.0.0.1", port))
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with (
            socket.create_server(("127.0.0.1", port)) as server,
            socket.create_connection(("127.0.0.1", port)) as visitor,
            server.accept()[0] as seen,
        ):
            assert seen.getpeername() == visitor.getsockname()
