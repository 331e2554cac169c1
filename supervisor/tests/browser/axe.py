"""The accessibility checker axe-core, as the development package brings it.

Its text is known by a checksum: a renewed package must be looked at before it judges our pages.
"""

import hashlib
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

SHA256 = "84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc"
"""Of axe-core 4.12.1."""

# WCAG 2.2 A and AA, and what the makers of the checker hold for good practice.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")

_RUN = """async tags => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags},
                                         resultTypes: ["violations"]});
  return found.violations.map(v => ({rule: v.id, help: v.help,
    nodes: v.nodes.slice(0, 5).map(n => n.target.join(" ") + ": " + n.html.slice(0, 200)
      + " | " + (n.failureSummary || "").replace(/\\s+/g, " ").slice(0, 240))}));
}"""


def script() -> str:
    """The checker's text."""
    text = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    found = hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert found == SHA256, f"axe-core is another one: {found}; look at it, then renew SHA256"
    return text


def violations(page: Page) -> list[str]:
    """What the checker holds against the page as it is shown now, a line for each rule."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(script())
    found: list[dict[str, Any]] = page.evaluate(_RUN, list(TAGS))
    return [f"{v['rule']}: {v['help']}: " + "; ".join(v["nodes"]) for v in found]
