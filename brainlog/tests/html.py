"""HTML parser for tests: resources, scripts, headings and texts of a page."""

from html.parser import HTMLParser

# The one link of ours to another site: help lines in countries that the operator lists none for.
ELSEWHERE = ("a", {"href": "https://findahelpline.com/", "rel": "noopener noreferrer"})


class Page(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.headings: list[str] = []
        self.inline: list[str] = []
        self.inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag in {"h1", "h2", "h3", "h4"}:
            self.headings.append(tag)

    def handle_data(self, data):
        if self.inside in {"script", "style"} and data.strip():
            self.inline.append(f"<{self.inside}> with {data.strip()[:30]}")
        self.inside = self.inside if self.inside in {"script", "style"} else ""

    def handle_endtag(self, tag):
        self.inside = ""

    def against_the_policy(self) -> list[str]:
        """The parts of a page that a browser refuses under a Content-Security-Policy of 'self', and links elsewhere."""
        found = list(self.inline)
        for tag, attrs in self.elements:
            found += [f"<{tag} {name}>" for name in attrs if name.startswith("on") or name == "style"]
            if tag == "style":
                found.append("<style>")
            for name in ("src", "href", "action", "formaction") if (tag, attrs) != ELSEWHERE else ():
                value = attrs.get(name) or ""
                if value.lower().startswith(("javascript:", "http:", "https:", "//", "data:")) and tag != "img":
                    found.append(f'<{tag} {name}="{value}">')
        return found
