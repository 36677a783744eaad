"""A small OpenID Connect provider on this machine. It logs every browser in as `person` without a page."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

CLIENT, SECRET = "brain-log", "a-secret-of-both"  # noqa: S105 (of a provider for tests)


@dataclass
class Provider:
    """The provider, and how it behaves.

    `person` are the claims of the person who logs in. It can answer with an error (`refuses`), or with status 503
    (`is_down`); replace claims in its tokens (`claims`) or the issuer in its discovery document (`issuer`); and
    redirect the paths in `redirected`. `asked` are the authorization requests so far.
    """

    url: str = ""
    person: dict = field(default_factory=lambda: {"sub": "1"})
    refuses: bool = False
    is_down: bool = False
    claims: dict = field(default_factory=dict)
    issuer: str = ""
    redirected: set[str] = field(default_factory=set)
    codes: dict = field(default_factory=dict)
    asked: list[dict] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make Brain Log use it."""
        names = {"SERVER_URL": self.url, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET, "NAME": "The Club"}
        return {f"OIDC_{name}": value for name, value in names.items()}

    def authorize(self, asked: dict) -> str:
        """The URL to redirect the browser to."""
        self.asked.append(asked)
        code = secrets.token_urlsafe()
        self.codes[code] = asked | {"person": self.person}
        result = {"error": "access_denied"} if self.refuses else {"code": code}
        return f"{asked['redirect_uri']}?{urlencode(result | {'state': asked['state']})}"

    def token(self, sent: dict) -> dict | None:
        """Return the tokens for a code, once. None if the client may not have them."""
        asked = self.codes.pop(sent.get("code"), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_allowed = asked and (sent["client_id"], sent["client_secret"]) == (CLIENT, SECRET)
        if not is_allowed or asked["code_challenge"] != challenge:
            return None
        claims = {"iss": self.url, "aud": CLIENT, "iat": time.time(), "exp": time.time() + 60} | asked["person"]
        token = jwt.encode(claims | self.claims, "k" * 32, algorithm="HS256")
        return {"access_token": json.dumps(asked["person"]), "token_type": "Bearer", "id_token": token}


@contextmanager
def throwaway_provider() -> Iterator[Provider]:
    """Yield a running provider."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, content, status=200):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def redirect(self):
            self.send_response(307)
            self.send_header("Location", f"{provider.url}/redirected{self.path}")
            self.end_headers()

        def do_GET(self):
            address = urlsplit(self.path)
            if provider.is_down:
                self.answer({}, 503)
            elif address.path in provider.redirected:
                self.redirect()
            elif address.path == "/authorize":
                self.send_response(302)
                asked = {name: values[0] for name, values in parse_qs(address.query).items()}
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
            elif address.path == "/userinfo":
                self.answer(json.loads(self.headers["Authorization"].removeprefix("Bearer ")))
            else:
                ends = {f"{name}_endpoint": f"{provider.url}/{name}" for name in ("token", "userinfo")}
                ends["authorization_endpoint"] = f"{provider.url}/authorize"
                more = {"issuer": provider.issuer or provider.url, "jwks_uri": f"{provider.url}/keys"}
                self.answer(ends | more | {"token_endpoint_auth_methods_supported": ["client_secret_post"]})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.path in provider.redirected:
                return self.redirect()
            tokens = provider.token({name: values[0] for name, values in parse_qs(body).items()})
            return self.answer(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
