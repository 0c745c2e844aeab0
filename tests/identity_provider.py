"""A city's identity provider for the tests: real HTTP on a port of its own, real signatures."""

import hashlib
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT_ID: Final = "adstelle-jena"
SECRET: Final = "nur für: Tests"
Claims = dict[str, Any]


@dataclass
class FakeProvider:
    """Signs *subject* in at once; `twist` or `token` make what it says about them wrong."""

    issuer: str = ""
    subject: str = "a-1b2c3"
    key: ECKey | RSAKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1", "use": "sig"})
    )
    algorithm: str = "ES256"
    metadata: dict[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    twist: Callable[[Claims], Claims] = lambda claims: claims
    token: Callable[[Claims], str] | None = None
    answer: dict[str, str] = field(default_factory=dict)  # more for the way back
    is_ill: bool = False
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def known(self) -> dict[str, str]:
        own = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/anmelden",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return own | self.metadata

    def authorize(self, asked: dict[str, str]) -> str:
        """Note what was asked; return where to lead the browser."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer} | self.answer
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def exchange(self, form: dict[str, str], authorization: str) -> dict[str, str] | None:
        """Give tokens for a code, once, to whom it was given for; None for anybody else."""
        asked = self._codes.pop(form.get("code", ""), None)
        own = b64decode(authorization.removeprefix("Basic ")).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        verified = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or unquote(own) != f"{CLIENT_ID}:{SECRET}"
            or asked["code_challenge"] != verified
            or asked["code_challenge_method"] != "S256"
            or asked["redirect_uri"] != form.get("redirect_uri")
            or form.get("grant_type") != "authorization_code"
        ):
            return None
        now = int(self.clock())
        claims = self.twist(
            {
                "iss": self.issuer, "sub": self.subject, "aud": asked["client_id"],
                "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            }
        )  # fmt: skip
        return {"id_token": (self.token or self.signed)(claims), "token_type": "Bearer"}

    def signed(self, claims: Claims) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid or ""}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


def handler_for(provider: FakeProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, urlsplit(self.path).query
            provider.asked.append(path)
            if provider.is_ill:
                self._send(500, b"{}")
            elif path == "/.well-known/openid-configuration":
                self._send(200, json.dumps(provider.known()).encode())
            elif path == "/keys":
                keys = KeySet([provider.key]).as_dict(private=False)
                self._send(200, json.dumps(keys).encode())
            else:
                asked = {name: values[-1] for name, values in parse_qs(query).items()}
                self.send_response(302)
                self.send_header("location", provider.authorize(asked))
                self.send_header("content-length", "0")
                self.end_headers()

        def do_POST(self) -> None:
            provider.asked.append(urlsplit(self.path).path)
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[-1] for name, values in parse_qs(body).items()}
            given = provider.exchange(form, self.headers.get("authorization", ""))
            answer = given or {"error": "invalid_grant"}
            self._send(200 if given else 400, json.dumps(answer).encode())

        def _send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running() -> Iterator[FakeProvider]:
    """Run a provider on a free port of this machine."""
    provider = FakeProvider()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_for(provider)) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
