"""How many of a thing, in words."""

from __future__ import annotations


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 visit`, `1,204 visits`.

    one, many: the thing's name, and of several where that is not `one` with an s.
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"
