"""HTML to text: what a reader would see. Nothing is loaded, nothing is executed. Pure."""

import re
from html.parser import HTMLParser

_SKIPPED = {"script", "style", "head", "title", "template", "object", "svg", "noscript"}
_BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote"}
_EMPTY = {"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr", "source"}
_MANY_BREAKS = re.compile(r"\n{3,}")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self.skipping.append(tag)
        if tag in _BREAKS:
            self.said.append("\n")
        if tag == "li":
            self.said.append("- ")
        if tag in {"td", "th"}:
            self.said.append(" ")
        if tag == "img":
            self.said.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.skipping:
            while self.skipping and self.skipping.pop() != tag:
                pass
        if tag in _BREAKS - {"br"}:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.said.append(re.sub(r"[ \t\r\n\f\xa0]+", " ", data))


def text_of_html(html: str) -> str:
    """Return the words of an HTML text with its paragraphs; links and pictures are not followed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (line.strip() for line in "".join(reader.said).split("\n"))
    return _MANY_BREAKS.sub("\n\n", "\n".join(lines)).strip()
