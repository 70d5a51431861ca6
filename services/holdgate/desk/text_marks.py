"""Text from outside as HTML: escaped, hiding characters written out, parts of it marked."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

_HIDING = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories of characters that are not seen, that turn what follows, or that have no meaning."""

_JOINERS = "\u200c\u200d"
MAX_MARKED_SPANS = 500


def show_text(text: str) -> Markup:
    """Return a text in an element of its own direction, with hiding characters written out."""
    return Markup(f'<bdi dir="auto">{_visible(text)}</bdi>')  # noqa: S704 - escaped; a page has 250 of them


def show_spans(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """Return a text in which spans (start, end) are marked; they are in order and do not overlap."""
    parts, position = Markup(), 0
    for start, end in spans[:MAX_MARKED_SPANS]:
        parts += _visible(text[position:start]) + Markup("<mark>%s</mark>") % _visible(text[start:end])
        position = end
    return Markup('<bdi dir="auto">%s</bdi>') % (parts + _visible(text[position:]))


def find_spans(text: str, needles: Iterable[str]) -> list[tuple[int, int]]:
    """Return where the needles stand in a text as whole words, whatever their case and line breaks."""
    patterns = [_pattern(needle) for needle in dict.fromkeys(needles) if needle.strip()]
    if not patterns:
        return []
    found = re.finditer("|".join(sorted(patterns, key=len, reverse=True)), text, re.IGNORECASE)
    return [match.span() for _, match in zip(range(MAX_MARKED_SPANS), found, strict=False)]


def _pattern(needle: str) -> str:
    words = r"\s+".join(re.escape(word) for word in needle.split())
    return rf"(?<!\w){words}(?!\w)"


def _visible(text: str) -> Markup:
    """Return a text with its hiding characters as code points."""
    if text.isprintable():
        return escape(text)
    return Markup().join(
        escape(part) if part.isprintable() else Markup().join(map(_mark, part))
        for part in re.split(r"([^ -~]+)", text)
    )


def _mark(char: str) -> Markup:
    if char in "\n\t " or char in _JOINERS or unicodedata.category(char) not in _HIDING:
        return escape(char)
    name = unicodedata.name(char, "a control character")
    return Markup('<span class="hidden-char" title="{}">U+{:04X}</span>').format(name, ord(char))
