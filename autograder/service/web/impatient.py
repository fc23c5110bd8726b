"""HTTP for a server that anybody may connect to: who connects and asks nothing takes nobody's place."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


class Impatient(H11Protocol):
    """A connection that ends if no whole request comes: uvicorn itself waits for the first one for ever.

    How long a request that has come may take is for the application to say.
    """

    seconds = 20.0
    """Until the first whole request, and twice as long at most until each further one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at a new connection."""
        super().connection_made(transport)
        self._last: object = None
        self._look_again()

    def _look_again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self._look)

    def _look(self) -> None:
        request = self.cycle
        is_idle = request is None or request.response_complete
        if is_idle and (request is None or request is self._last):
            self.transport.close()
            return
        self._last = request if is_idle else None
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the looks."""
        self._timer.cancel()
        super().connection_lost(exc)
