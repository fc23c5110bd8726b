"""The live page for the course's staff: what `overview` knows, in a browser."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import anyio.to_thread
import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from ...reports import html
from ..not_graded import again, not_graded
from ..policy import iso
from ..web.door import Door, Refusal, door_of, milestone_of
from . import login
from .login import Session
from .next_words import next_words, percent, span
from .overview import history, overview
from .peak import peak

_LONGEST_FORM = 4096
_WIDTH, _HEIGHT, _EDGE = 200.0, 48.0, 5.0
_STATIC = {
    "style.css": ("autograder.reports", "templates", "text/css"),
    "live.css": ("autograder.service.live", "static", "text/css"),
    "live.js": ("autograder.service.live", "static", "text/javascript"),
}


@functools.cache
def _environment() -> jinja2.Environment:
    """Return the environment of the reports' pages, which escapes every value, with the templates of this room."""
    env = html.environment()
    assert env.loader is not None
    env.loader = jinja2.ChoiceLoader([jinja2.PackageLoader("autograder.service.live"), env.loader])
    env.filters["percent"] = percent
    env.filters["span"] = span
    env.filters["when"] = _when
    return env


def _when(at: str) -> str:
    return at.replace("T", " ").removesuffix("Z")


def _root(door: Door) -> str:
    return f"{urlsplit(door.service.base).path.rstrip('/')}/live"


def _show(door: Door, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    values = {"root": _root(door), "session": None, "error": None, **values}
    return HTMLResponse(_environment().get_template(template).render(**values), status)


def _refused(door: Door, error: Refusal, session: Session | None = None) -> Response:
    answer = _show(door, "refused.html", error.status, session=session, error=error)
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(int(error.retry_after) + 1)
    return answer


def _for_staff(view: Callable[[Door, Request, Session], Response]) -> Callable[[Request], Response]:
    """Return an endpoint that shows a page to instructors and assistants, and the login to everybody else."""

    @functools.wraps(view)
    def endpoint(request: Request) -> Response:
        door, session = door_of(request), None
        try:
            session = login.session(door, request)
            if session is None:
                return RedirectResponse(f"{_root(door)}/login", 303)
            return view(door, request, session)
        except Refusal as error:
            return _refused(door, error, session)

    return endpoint


@_for_staff
def index(door: Door, request: Request, session: Session) -> Response:
    """List the milestones."""
    found = door.service.store.handed_in()
    rows = []
    released = door.service.open_milestones
    for name, milestone in door.service.milestones.items():
        students, last = found.get(name, (0, None))
        row = {"name": name, "title": milestone.title, "students": students, "last": iso(last)}
        rows.append(row | {"released": name in released})
    return _show(door, "index.html", session=session, rows=rows)


@_for_staff
def live(door: Door, request: Request, session: Session) -> Response:
    """Show one milestone as it is now."""
    name = milestone_of(door, request)
    now = overview(door.service, name)
    return _show(
        door,
        "live.html",
        session=session,
        name=name,
        title=door.service.milestones[name].title,
        now=now,
        peak=peak(door.service, door.clock()),
        not_graded=not_graded(door.service, name),
        at=iso(door.clock()),
        words=next_words(now),
        handed_in=sum(row["last"] is not None for row in now.handed_in),
        rising=rising(now.pass_rates),
        size=(_WIDTH, _HEIGHT),
    )


@_for_staff
def student(door: Door, request: Request, session: Session) -> Response:
    """Show every hand-in of one student."""
    name, who = milestone_of(door, request), request.query_params.get("student", "")
    found = history(door.service, who, name)
    if not found and who not in door.service.deadlines.roster():
        raise Refusal(404, "There is no such student in the roster.", "Choose one on the milestone's page.")
    checks = list(dict.fromkeys(check["name"] for one in found for check in one["checks"]))
    title = door.service.milestones[name].title
    return _show(
        door, "history.html", session=session, name=name, title=title, student=who, found=found, checks=checks
    )


def rising(pass_rates: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Return for each check its rates by day, and where they lie in a small plot.

    Parameters
    ----------
    pass_rates : dict of str to dict of str to float
        As in `Overview`: day → check → share.
    """
    days = sorted(pass_rates)
    numbers = [datetime.date.fromisoformat(day).toordinal() for day in days]
    span = max(1, numbers[-1] - numbers[0]) if days else 1
    rows = []
    for check in dict.fromkeys(name for day in days for name in pass_rates[day]):
        rates = [(day, pass_rates[day].get(check, 0.0)) for day in days]
        points = [
            (
                round(_EDGE + (_WIDTH - 2 * _EDGE) * (number - numbers[0]) / span, 1),
                round(_HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * rate, 1),
            )
            for number, (_, rate) in zip(numbers, rates, strict=True)
        ]
        rows.append({"check": check, "rates": rates, "points": points})
    return sorted(rows, key=lambda row: row["rates"][-1][1])


async def login_form(request: Request) -> Response:
    """Ask for the invitation."""
    return _ask(door_of(request))


def _ask(door: Door, error: Refusal | None = None) -> Response:
    csrf = login.new_form()
    status = error.status if error else 200
    answer = _show(door, "login.html", status, csrf=csrf, error=error, hub=door.hub is not None)
    login.keep_form(door, answer, csrf)
    return answer


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a small form."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            raise Refusal(413, "This is longer than any invitation.", "Paste the link alone.")
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    return {name: values[0] for name, values in fields.items()}


async def log_in(request: Request) -> Response:
    """Begin a session."""
    door = door_of(request)
    try:
        form = await _form(request)
        session_id = await anyio.to_thread.run_sync(
            login.begin, door, request, form.get("invitation", ""), form.get("csrf", "")
        )
    except Refusal as error:
        return _ask(door, error)
    answer = RedirectResponse(f"{_root(door)}/", 303)
    login.keep_session(door, answer, session_id)
    return answer


def to_hub(request: Request) -> Response:
    """Lead to the hub, which says who it is."""
    door = door_of(request)
    if door.hub is None:
        return _ask(door, Refusal(404, "This service belongs to no JupyterHub.", "Use your invitation link."))
    address, kept = login.to_hub(door.hub)
    answer = RedirectResponse(address, 303)
    login.keep_hub_form(door, answer, kept)
    return answer


def from_hub(request: Request) -> Response:
    """Begin a session of somebody whom the hub has named."""
    door = door_of(request)
    try:
        if door.hub is None:
            raise Refusal(404, "This service belongs to no JupyterHub.", "Use your invitation link.")
        session_id = login.begin_from_hub(door, door.hub, request)
    except Refusal as error:
        return _ask(door, error)
    # a page and no redirect: a browser that comes from elsewhere sends the new cookie only from here on
    answer = _show(door, "logged_in.html")
    login.keep_session(door, answer, session_id)
    return answer


async def log_out(request: Request) -> Response:
    """End a session."""
    door = door_of(request)
    answer = RedirectResponse(f"{_root(door)}/login", 303)
    try:
        form = await _form(request)
        await anyio.to_thread.run_sync(login.end, door, request, answer, form.get("csrf", ""))
    except Refusal as error:
        return _refused(door, error)
    return answer


async def grade_again(request: Request) -> Response:
    """Put a hand-in that could not be graded into the queue once more, and show its milestone."""
    door, id = door_of(request), str(request.path_params["id"])

    def do(csrf: str) -> Response:
        session = login.session(door, request)
        if session is None:
            return RedirectResponse(f"{_root(door)}/login", 303)
        try:
            login.require_own_form(session, csrf)
            one = door.service.store.hand_in(id)
            if one is None or not again(door.service, door.queue, id, session.person.id):
                raise Refusal(
                    409, "This hand-in is in the queue, or has its result.", "Look at the student's history."
                )
        except Refusal as error:
            return _refused(door, error, session)
        return RedirectResponse(f"{_root(door)}/milestones/{quote(one.milestone, safe='')}", 303)

    try:
        form = await _form(request)
        return await anyio.to_thread.run_sync(do, form.get("csrf", ""))
    except Refusal as error:
        return _refused(door, error)


async def static(request: Request) -> Response:
    """Give the style and the script, which are the same for everybody."""
    name = str(request.path_params["name"])
    if name not in _STATIC:
        return Response("There is no such file.", 404, media_type="text/plain")
    package, folder, kind = _STATIC[name]
    text = resources.files(package).joinpath(folder, name).read_text(encoding="utf-8")
    return Response(text, media_type=kind)


async def to_index(request: Request) -> Response:
    """Lead from the address without its last slash to the page."""
    return RedirectResponse(f"{_root(door_of(request))}/", 307)


def pages() -> list[Route | Mount]:
    """Return the routes of the live page."""
    return [
        Route("/oauth_callback", from_hub),  # where JupyterHub leads back to
        Route("/live", to_index),  # Starlette's own redirect names a host, which is not the proxy's
        Mount(
            "/live",
            routes=[
                Route("/", index),
                Route("/login", login_form, methods=["GET"]),
                Route("/login", log_in, methods=["POST"]),
                Route("/hub", to_hub),
                Route("/logout", log_out, methods=["POST"]),
                Route("/milestones/{milestone}", live),
                Route("/milestones/{milestone}/history", student),
                Route("/hand-ins/{id}/again", grade_again, methods=["POST"]),
                Route("/static/{name}", static),
            ],
        ),
    ]
