"""Reads a page as a browser's parser would: its elements, its text, the labels of its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What stands in it, with its line breaks."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, *tags: str, **wanted: str) -> list[Element]:
        """The elements in it of these tags (any, when none is named) and attributes; `class_` stands for one class."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                found += [child] if child.is_one(tags, wanted) else []
                found += child.all(*tags, **wanted)
        return found

    def one(self, *tags: str, **wanted: str) -> Element:
        found = self.all(*tags, **wanted)
        assert len(found) == 1, (tags, wanted, len(found))
        return found[0]

    def is_one(self, tags: tuple[str, ...], wanted: dict[str, str]) -> bool:
        classes = self.attributes.get("class", "").split()
        here = all(value in classes if name == "class_" else self.attributes.get(name) == value for name, value in wanted.items())
        return here and (not tags or self.tag in tags)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute of <{tag}> is given twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(html: str) -> Element:
    """The tree of a page; a tag that is not closed, or closed twice, is an error."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root], "an element is not closed"
    return reader.root


def unlabelled(page: Element) -> list[Element]:
    """The fields that a person sees and that have no label."""
    labels = {label.attributes.get("for") for label in page.all("label") if label.text.strip()}
    seen = [each for each in page.all("input", "textarea", "select") if each.attributes.get("type") != "hidden"]
    return [each for each in seen if each.attributes.get("id") not in labels]
