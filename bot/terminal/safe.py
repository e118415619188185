r"""What a host printed, made harmless for a terminal (law 6).

Control characters, escape sequences, and characters that hide or turn text around are shown
as what they are (`\x1b`, `\u202e`). Rich markup is not interpreted either: the result goes into
`rich.text.Text`, never into a marked-up string.
"""

from __future__ import annotations

from rich.text import Text


def printable(text: str) -> str:
    """One line that shows every character it holds; a tab becomes a space."""
    return "".join(map(_shown, text))


def plain(text: str, style: str = "") -> Text:
    """Text of unknown origin for rich."""
    return Text(printable(text), style=style)


def _shown(character: str) -> str:
    if character == "\t":
        return " "
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
