"""The documentation site: it is built without a warning, and every link inside of it leads somewhere."""

from __future__ import annotations

import ast
import html
import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from autograder.judging import milestone_content
from autograder.sources import Sources

from . import docs_answers
from .docs_site import ROOT, build


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


def for_instructors() -> dict[str, str]:
    """Return the pages that are not published, as `docs/conf.py` names them."""
    tree = ast.parse((ROOT / "docs" / "conf.py").read_text(encoding="utf-8"))
    named = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FOR_INSTRUCTORS"
    ]
    return dict(ast.literal_eval(named[0]))


def test_no_page_that_is_published_gives_an_answer_away():
    hidden = {f"{page}.md" for page in for_instructors()}
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
    assert hidden <= {*texts}
    found = {name: docs_answers.shown(text) for name, text in texts.items() if name not in hidden}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_model_answers_and_lines_of_solutions_are_found_where_they_stand():
    assert len(docs_answers.shown((ROOT / "docs" / "rubrics.md").read_text(encoding="utf-8"))) > 50
    code = (ROOT / "source_lib" / "nndl" / "layers" / "affine.py").read_text(encoding="utf-8")
    page = "".join(f"<span>{html.escape(word)}</span> " for word in code.split(" "))
    assert len(docs_answers.shown(page)) >= 3
    bug = milestone_content.bugs(Sources().milestone("dropout"))[0]
    assert len(docs_answers.shown(f"<p>{html.escape(bug.explanation)}</p>")) == 1


def test_continuous_integration_builds_the_site_and_follows_its_links():
    """No test here follows a link to elsewhere, as a machine may have no network: a job of its own does."""
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "docs.yml").read_text(encoding="utf-8"))
    runs = {name: [step.get("run") for step in job["steps"]] for name, job in flow["jobs"].items()}
    assert "make docs" in runs["build"]
    assert "make docs-links" in runs["links"]
    assert "schedule" in flow[True]  # YAML reads the key `on` as a truth value
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^docs-links:.*\n\t.*-b linkcheck ", targets, re.MULTILINE)


site = pytest.mark.skipif(
    importlib.util.find_spec("sphinx") is None, reason="Sphinx is not here: `make docs` installs it"
)


@pytest.mark.slow
@pytest.mark.timeout(900)
@site
def test_a_site_for_instructors_has_everything(tmp_path):
    done = build(tmp_path, "instructors")
    assert done.returncode == 0, done.stderr[-4000:]
    site = tmp_path / "docs/_build"
    assert broken(site) == []
    for page in for_instructors():
        assert (site / f"{page}.html").is_file()
    assert (site / "_modules/nndl/layers/affine.html").is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
@site
def test_the_site_is_built_without_a_warning_and_has_no_broken_link(tmp_path):
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr[-4000:]
    page_folder = tmp_path / "docs/_build"
    assert broken(page_folder) == []
    page = (tmp_path / "docs/_build" / "year.html").read_text(encoding="utf-8")
    assert re.search(r"<h1>A year with a class", page)
    drawn = (tmp_path / "docs/_build/api/generated/autograder.judging.check.html").read_text(encoding="utf-8")
    assert "neighbouring rows differ wherever that is possible" in drawn, (
        "methods are described, not only named"
    )
    told = {
        path.name: docs_answers.shown(path.read_text("utf-8")) for path in docs_answers.pages(page_folder)
    }
    assert {name: lines for name, lines in told.items() if lines} == {}, "what is published has no answers"
    assert not [path for path in page_folder.rglob("*") if path.stem in for_instructors()]
