"""Run a composed application under uvicorn, quietly and with steady pauses."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable

import uvicorn
from litestar.types import ASGIApp

from adstelle import events
from adstelle.errors import AdstelleError
from adstelle.web.head import HeadAsGet


class PlaceTaken(AdstelleError):
    """Something else serves this port already, or the address is not of this machine."""


def serve(
    create: Callable[[], ASGIApp],
    *,
    process: str,
    host: str,
    port: int,
    share_port: bool = False,
    reload: Callable[[], None] | None = None,
) -> None:
    """Serve until the process is told to stop; then finish what is running.

    *create* is called inside the event loop, to which connections belong; *reload* on SIGHUP.
    With *share_port* other processes of the same user may serve the same port, one a core. Raises
    `PlaceTaken` where nothing can be served.
    No access log: it would hold addresses and moments (PRODUCT.md P3).
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share_port:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise PlaceTaken(f"cannot serve {host} port {port}: {error.strerror}") from None

    def settled() -> ASGIApp:
        app = create()
        if reload is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
        gc.collect()
        gc.freeze()  # the imported modules never die: keep full collections short
        gc.set_threshold(50_000, 20, 100)
        return HeadAsGet(app)

    config = uvicorn.Config(
        settled,
        factory=True,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        loop="uvloop",
        http="httptools",
    )
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them again when it has ended
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to be replaced
    events.emit(events.Started(process=process, port=listener.getsockname()[1]))
    uvicorn.Server(config).run(sockets=[listener])
    events.emit(events.Stopped(process=process))
