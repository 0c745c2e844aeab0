"""Processes that are measured: started on a free port, stopped afterwards."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Running:
    """A process that serves, and its port."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.port = port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_pair() -> int:
    """A free port whose neighbour, the advisers' side, is free as well."""
    while True:
        with socket.socket() as public, socket.socket() as staff, suppress(OSError):
            public.bind(("127.0.0.1", 0))
            port = int(public.getsockname()[1])
            staff.bind(("127.0.0.1", port + 1))
            return port


@contextmanager
def started(
    command: list[str], environment: dict[str, str], port: int | None = None
) -> Iterator[Running]:
    port = port or _free_port()
    place = [str(port)] if command[-1] == "raw" else ["--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, *command, *place],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield Running(process, port)
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    sys.exit(f"nothing answers on port {port}")


def resident(pid: int) -> float:
    """Resident memory of a process in MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
