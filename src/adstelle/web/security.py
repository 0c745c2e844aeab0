"""Headers, cookies and the check where a form comes from. No token, no cookie for strangers."""

from typing import Any, Final, Literal
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def page_headers(secure: bool) -> dict[str, str]:
    """Headers of every page: nothing is kept, nothing is told to others, nothing foreign loads."""
    headers = {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
    if secure:
        headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return headers


def cookie_name(name: str, secure: bool) -> str:
    """The ``__Host-`` prefix pins a cookie to this host, where TLS allows it."""
    return f"__Host-{name}" if secure else name


def session_cookie(
    name: str, value: str, *, secure: bool, site: Literal["strict", "lax"] = "strict"
) -> Cookie:
    """A cookie that scripts cannot read, other sites cannot send and the browser's end removes.

    *site*: with "lax" it comes along when a link of another site leads here, and with nothing else.
    """
    return Cookie(
        key=cookie_name(name, secure),
        value=value,
        path="/",
        httponly=True,
        secure=secure,
        samesite=site,
    )


def expired_cookie(name: str, *, secure: bool) -> Cookie:
    """Take a cookie back."""
    return Cookie(
        key=cookie_name(name, secure),
        value="",
        path="/",
        max_age=0,
        httponly=True,
        secure=secure,
        samesite="strict",
    )


def is_from_elsewhere(request: Request[Any, Any, Any]) -> bool:
    """Whether a browser says that a page of another site caused this request (Fetch Metadata)."""
    site = request.headers.get("sec-fetch-site")
    return site is not None and site not in {"same-origin", "none"}


async def require_same_origin(request: Request[Any, Any, Any]) -> None:
    """Refuse a form that another site sends. Raises `PermissionDeniedException`.

    Browsers say where a request comes from (Fetch Metadata, else Origin). ``Origin: null`` is what
    our own ``no-referrer`` pages send in browsers without Fetch Metadata; there the cookies'
    ``SameSite=Strict`` guards, which those browsers know. Async, though it waits for nothing: the
    framework would call it in a thread.
    """
    if request.method in SAFE_METHODS:
        return
    if is_from_elsewhere(request):
        raise PermissionDeniedException
    if "sec-fetch-site" in request.headers:
        return
    origin = request.headers.get("origin", "null")
    if origin != "null" and _host_of(origin) != request.headers.get("host"):
        raise PermissionDeniedException


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # as in http://[::1
        return None
