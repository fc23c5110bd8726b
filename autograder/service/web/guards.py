"""What every answer says to a browser, and how often somebody may ask."""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Rates:
    """How often somebody may ask, for each kind of request.

    Parameters
    ----------
    **rates : str
        As the package ``limits`` reads them, such as ``"60/hour"``.
    """

    def __init__(self, **rates: str) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rates = {name: parse(rate) for name, rate in rates.items()}

    def wait(self, name: str, who: str) -> float:
        """Count a request; return 0 if it is one of those that are answered, else for how many seconds to wait."""
        rate = self._rates[name]
        if self._limiter.hit(rate, name, who):
            return 0.0
        resets = self._limiter.get_window_stats(rate, name, who).reset_time
        return max(1.0, math.ceil(resets - time.time()))


class WithoutPrefix:
    """Finds pages also where a proxy, such as JupyterHub's, leaves the path of the service's address in that of a page.

    Parameters
    ----------
    app : ASGI application
    prefix : str
        That path, or nothing.
    """

    def __init__(self, app: ASGIApp, *, prefix: str) -> None:
        self._app, self._prefix = app, prefix.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope.get("path", "")
        if self._prefix and path.startswith(f"{self._prefix}/"):
            scope = {**scope, "path": path.removeprefix(self._prefix)}
        await self._app(scope, receive, send)


class SecurityHeaders:
    """Tells browsers to load nothing from elsewhere, to show no page inside another, and to keep no answer.

    Parameters
    ----------
    app : ASGI application
    tls : bool
        Whether the service is reached over TLS, so that a browser may insist on it.
    """

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._said = {
            "Content-Security-Policy": (
                "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
                "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        if tls:
            self._said["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and add these headers where the application did not set them."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._said.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
