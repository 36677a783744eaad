"""Accessibility rules, checked by axe-core in a page of a browser test."""

from pathlib import Path

AXE = Path(__file__).parent / "axe" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page) -> list[str]:
    """Return what axe finds wrong on the page as it is now, one readable text each.

    `assert violations(page) == []` shows them all.
    """
    # Evaluated rather than added as a <script>: our Content-Security-Policy forbids inline ones.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {' '.join(map(str, node['target']))}: {node['html']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
