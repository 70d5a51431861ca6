"""Text for a terminal. Every command imports this, so it imports nothing."""


def escape_text(text: str) -> str:
    """Return text with control and other unprintable characters as `\\u001b`: a terminal would obey them."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
