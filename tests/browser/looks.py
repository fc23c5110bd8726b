"""What is wrong with the looks of a page: what axe finds, and what is wider than the window."""

from __future__ import annotations

import json

WIDTHS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


def wrong_with(view, axe):
    """Return what is wrong with a page, with everything on it opened, a line each."""
    view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    too_wide = view.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    view.evaluate(axe)
    found = json.loads(view.evaluate("axe.run().then(r => JSON.stringify(r.violations))"))
    lines = [f"{one['impact']}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]
    return [*([f"{too_wide} pixels too wide"] if too_wide > 0 else []), *lines]
