"""What may be wrong with a camera, and the offset of its clock that would mend it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ClockFix:
    """An offset of a camera's clock for a part of its photos.

    offset_s: seconds to add to what the camera says, in place of any offset before; begins
    (inclusive), ends (exclusive): by the camera's clock, ISO text, None: no bound; files:
    `first-last` numbers of file names that it is for, None: all.
    """

    offset_s: float
    begins: str | None = None
    ends: str | None = None
    files: str | None = None

    @classmethod
    def of(
        cls,
        offset_s: float,
        begins: datetime | None = None,
        ends: datetime | None = None,
        files: tuple[int, int] | None = None,
    ) -> ClockFix:
        """The same from times and numbers."""
        return cls(
            offset_s,
            begins.isoformat(" ") if begins else None,
            ends.isoformat(" ") if ends else None,
            f"{files[0]}-{files[1]}" if files else None,
        )

    def command(self, camera: str) -> str:
        """The command that writes it down."""
        options = {"--offset": offset_text(self.offset_s), "--from": self.begins, "--to": self.ends}
        words = ["thumper", "cameras", "clock", camera]
        for option, value in (options | {"--files": self.files}).items():
            words += [option, value] if value is not None else []
        return shlex.join(words)


@dataclass(frozen=True)
class CameraFinding:
    """Something that is wrong with a camera.

    kind: silent, clock, infrared, lens; position, from `camera_places`. fix: what would mend it.
    """

    camera: str
    kind: str
    message: str
    fix: ClockFix | None = None


def offset_text(seconds: float) -> str:
    """`+12:00:00`, `-8760:00:30`.

    >>> from thumper_core import offset_text
    >>> offset_text(-5400)
    '-01:30:00'
    """
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
