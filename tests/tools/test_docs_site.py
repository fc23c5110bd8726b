"""The documentation site: it is built without a warning, and every link inside of it leads somewhere."""

from __future__ import annotations

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .docs_site import build


class _Links(HTMLParser):
    """The links of a page and the places in it that a link can lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        self.places |= {value for name in ("id", "name") if (value := of.get(name))}
        self.links += [value for name in ("href", "src") if (value := of.get(name))]


def broken(folder: Path) -> list[str]:
    """Return the links between pages of a folder that lead nowhere."""
    files = [path for path in folder.rglob("*.html") if "_static" not in path.parts]  # the theme's own
    pages = {path: _Links(path.read_text(encoding="utf-8")) for path in files}
    places = {path.resolve(): page.places for path, page in pages.items()}
    found = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            place = unquote(parts.fragment)
            if not target.exists() or (place and target in places and place not in places[target]):
                found.append(f"{path.name}: {link}")
    return found


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="here"></p><a href="b.html#there"></a><a href="#here"></a><a href="#lost"></a>'
        '<a href="c.html"></a><img src="no.png"><a href="https://example.org/x"></a><a href="b.html#no"></a>'
    )
    (tmp_path / "b.html").write_text('<p id="there"></p>')
    assert broken(tmp_path) == ["a.html: #lost", "a.html: c.html", "a.html: no.png", "a.html: b.html#no"]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(
    importlib.util.find_spec("sphinx") is None, reason="Sphinx is not here: `make docs` installs it"
)
def test_the_site_is_built_without_a_warning_and_has_no_broken_link(tmp_path):
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr[-4000:]
    assert broken(tmp_path / "docs/_build") == []
    page = (tmp_path / "docs/_build" / "year.html").read_text(encoding="utf-8")
    assert re.search(r"<h1>A year with a class", page)
    drawn = (tmp_path / "docs/_build/api/generated/autograder.judging.check.html").read_text(encoding="utf-8")
    assert "neighbouring rows differ wherever that is possible" in drawn, (
        "methods are described, not only named"
    )
