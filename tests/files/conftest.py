"""Shared by the tests of files: the public application behind a real HTTP server."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from litestar.types import ASGIApp

from adstelle.city import City
from adstelle.database import Pool
from adstelle.web import application, security
from adstelle.web.head import HeadAsGet
from adstelle.web.overload import Gate
from adstelle.web.pages import Pages
from tests.conftest import Admin
from tests.core import application_of, begin, free_port
from tests.core import keyed as keyed


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve over HTTP as in `web.serving`; give the address."""
    port = free_port()
    config = uvicorn.Config(
        app, port=port, log_config=None, access_log=False, http="httptools", lifespan="off"
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  it has no event to wait for
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = server.force_exit = True
        await running


def gated(pool: Pool, city: City, *, clamd: str | None = None) -> Gate:
    """The public application as its process serves it."""
    pages = Pages(city, secure=False)
    return Gate(
        HeadAsGet(application_of(pool, city, clamd=clamd)),
        busy_pages=application.busy_pages(pages, "layout.html"),
        headers=security.page_headers(secure=False),
    )


@pytest.fixture
def gate(public_pool: Pool, city: City, keyed: Admin) -> Gate:
    return gated(public_pool, city)


@pytest.fixture
async def address(gate: Gate) -> AsyncIterator[str]:
    async with served(gate) as address:
        yield address


@pytest.fixture
async def visitor(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a draft."""
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        await begin(client)
        yield client


async def upload(
    client: httpx.AsyncClient, *files: tuple[str, Any], then: str = "hochladen"
) -> httpx.Response:
    """Choose files in the form and press a button."""
    return await client.post(
        "/de/m/dateien", files=[("files", file) for file in files], data={"tun": then}
    )


def names_in(page: httpx.Response) -> list[str]:
    """The files that are listed."""
    return re.findall(r"<bdi><strong>(.*?)</strong></bdi>", page.text)


async def listed(client: httpx.AsyncClient) -> list[str]:
    page = await client.get("/de/m/dateien")
    assert page.status_code == 200, page.text[:500]
    return names_in(page)
