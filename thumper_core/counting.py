"""How many of a thing, in words."""

from __future__ import annotations

from thumper_core.language import figure, plural


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 visit`, `1,204 visits`, in the reader's language.

    one, many: the thing's name, and of several where that is not `one` with an s.
    """
    return f"{figure(n, ',')} {plural(n, one, many or one + 's')}"
