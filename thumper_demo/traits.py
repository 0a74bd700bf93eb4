"""Who is in the herd: sex, age, build, coat and antlers of every deer, and how alike they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

import numpy as np

from .antlers import Antlers, grow_antlers
from .coat import CoatTraits
from .noise import Rng, rng_for
from .skeleton import Build

DOE_SHARE = 0.65
FAWN_SHARE = 0.20


@dataclass(frozen=True)
class Deer:
    """One known animal in one summer. ``mother`` is the doe a fawn follows; ``rubbed_at`` and
    ``cast_at``: when a buck's antlers lose their velvet and when they fall; none: hard all along.
    """

    name: str
    kind: str  # doe, buck, fawn: the detector's class
    build: Build
    coat: CoatTraits
    antlers: Antlers | None
    mother: str | None
    rubbed_at: datetime | None = None
    cast_at: datetime | None = None

    def antler_state(self, when: datetime) -> str | None:
        """velvet, hard or shed at a time; None for one that grows no antlers."""
        if self.antlers is None:
            return None
        if self.rubbed_at is not None and when < self.rubbed_at:
            return "velvet"
        return "shed" if self.cast_at is not None and when >= self.cast_at else "hard"

    @property
    def sex(self) -> str:
        """male, female, or unknown for a fawn."""
        return {"doe": "female", "buck": "male"}.get(self.kind, "unknown")

    @property
    def age_class(self) -> str:
        """Adult or fawn."""
        return "fawn" if self.kind == "fawn" else "adult"


def herd_mix(n_deer: int) -> tuple[int, int, int]:
    """Numbers of does, bucks and fawns: about a fifth fawns, adults 65/35 does to bucks."""
    fawns = round(n_deer * FAWN_SHARE) if n_deer >= 4 else 0
    adults = n_deer - fawns
    bucks = round(adults * (1.0 - DOE_SHARE)) if adults > 1 else 0
    return adults - bucks, bucks, fawns


def variety(difficulty: float) -> float:
    """How far traits spread, 1.33 (easy) .. 0.06 (all alike), from ``difficulty`` 0..1."""
    return float(np.clip(1.33 - 1.27 * difficulty, 0.06, 1.33))


class Look(NamedTuple):
    """A coat's plan: pattern, its polarity (1 pale on dark, -1 dark on pale), and tones in stops of
    body, legs, head, neck.
    """

    pattern: str
    sign: float
    tone: float
    legs: float
    head: float
    neck: float


# Looks are dealt like cards, not rolled like dice: two deer of a herd do not get the same pattern,
# polarity and tone by
# chance, as a rolled herd of 24 would have several near-twins and no model could be blamed for
# merging them.
_LOOKS: tuple[Look, ...] = (
    Look("plain", 1, 0.85, 0.1, 0.1, 0.1),
    Look("plain", -1, -1.55, 0.0, 0.0, 0.0),
    Look("plain", 1, 0.0, 0.0, 0.0, 0.0),
    Look("belt", 1, -1.4, 0.0, -0.3, 0.0),
    Look("bars", -1, 0.65, 0.0, 0.2, 0.0),
    Look("patches", 1, -0.9, 0.3, -0.6, 0.0),
    Look("dappled", -1, 0.55, 0.1, 0.0, 0.0),
    Look("flecked", 1, -1.2, -0.3, 0.0, 0.0),
    Look("twotone", -1, 0.7, 0.4, 0.0, 0.0),
    Look("twotone", 1, -1.1, -0.4, 0.0, 0.0),
    Look("saddle", -1, 0.65, 0.2, 0.2, 0.1),
    Look("saddle", 1, -1.1, -0.4, -0.3, 0.0),
    Look("stripe", 1, -1.0, -0.3, 0.9, 0.0),
    Look("mottled", -1, 0.6, 0.3, 0.3, 0.0),
    Look("plain", -1, -0.9, 2.0, 1.6, -0.2),
    Look("plain", 1, 0.7, -2.4, -2.2, 0.0),
    Look("rearwhite", 1, -1.0, -0.3, 0.0, 0.0),
    Look("rearwhite", -1, 0.35, 0.2, 0.3, 0.2),
    Look("flecked", -1, 0.5, -1.2, 0.0, 0.0),
    Look("stripe", -1, 0.6, -0.9, 0.3, 0.0),
    Look("belt", -1, 0.7, 0.0, -1.4, 0.0),
)
_FAWN_LOOKS: tuple[Look, ...] = (
    Look("plain", -1, -1.4, -0.2, 0.0, 0.0),
    Look("belt", 1, -0.9, 0.0, -0.5, 0.0),
    Look("plain", 1, 0.45, -2.2, -2.0, 0.0),
    Look("rearwhite", 1, -0.9, -0.2, 0.2, 0.0),
    Look("twotone", -1, 0.5, 0.5, 0.0, 0.0),
    Look("plain", -1, -0.7, 2.0, 1.6, 0.0),
    Look("plain", 1, 0.75, 0.1, 0.1, 0.1),
    Look("twotone", 1, -1.0, -0.3, 0.0, 0.0),
    Look("plain", 1, -0.1, 0.0, 0.0, 0.0),
)


def make_herd(seed: int, n_deer: int, difficulty: float) -> list[Deer]:
    """All deer of a herd, does first, then bucks, then fawns, named deer-01 ... in a shuffled
    order.
    """
    rng = rng_for(seed, "herd")
    does, bucks, fawns = herd_mix(n_deer)
    kinds = ["doe"] * does + ["buck"] * bucks + ["fawn"] * fawns
    spread = variety(difficulty)
    numbers = rng.permutation(n_deer) + 1
    names = [f"deer-{int(n):02d}" for n in numbers]
    mothers = _mothers(rng, names[:does], fawns)
    herd = []
    decks: dict[bool, list[int]] = {False: [], True: []}
    for i, kind in enumerate(kinds):
        cards = _FAWN_LOOKS if kind == "fawn" else _LOOKS
        deck = decks[kind == "fawn"]
        if not deck:
            deck.extend(int(k) for k in rng.permutation(len(cards)))
        look = cards[deck.pop()]
        ranks = {"doe": (i, does), "buck": (i - does, bucks), "fawn": (i - does - bucks, fawns)}[
            kind
        ]
        slot = (ranks[0] + 0.5) / max(ranks[1], 1)
        coat = _coat(rng, seed, names[i], kind, look, spread)
        antlers = grow_antlers(rng, slot, min(spread, 1.0)) if kind == "buck" else None
        mother = mothers[ranks[0]] if kind == "fawn" else None
        herd.append(Deer(names[i], kind, _build(rng, kind, spread), coat, antlers, mother))
    return herd


def newcomer(
    rng: Rng, seed: int, name: str, kind: str, known: Iterable[Deer], spread: float
) -> Deer:
    """A deer that joins a herd later, in a look that none of the known ones has while there is one to spare.

    Its antlers are those of a full-grown buck; spread as `variety`.
    """
    cards = _FAWN_LOOKS if kind == "fawn" else _LOOKS
    worn = [deer.coat for deer in known]
    free = [look for look in cards if not any(_is_like(look, coat, spread) for coat in worn)]
    free = free or list(cards)
    look = free[int(rng.integers(len(free)))]
    antlers = grow_antlers(rng, float(rng.random()), min(spread, 1.0)) if kind == "buck" else None
    coat = _coat(rng, seed, name, kind, look, spread)
    return Deer(name, kind, _build(rng, kind, spread), coat, antlers, None)


def _is_like(look: Look, coat: CoatTraits, spread: float) -> bool:
    """Whether a deer of this look would be taken for the one in the coat."""
    return (
        (look.pattern, look.sign) == (coat.pattern, coat.pattern_sign)
        and abs(look.tone * min(spread, 1.0) - coat.tone) < 0.5
        and abs(look.legs - coat.leg_tone) < 1.0
    )


def grown_up(rng: Rng, fawn: Deer, kind: str, spread: float) -> Deer:
    """The fawn in its second summer, a doe or a buck: without spots, in the pattern it was born with."""
    antlers = grow_antlers(rng, float(rng.random()), min(spread, 1.0)) if kind == "buck" else None
    coat = replace(fawn.coat, spots=False)
    return Deer(fawn.name, kind, _build(rng, kind, spread), coat, antlers, None)


def _mothers(rng: Rng, does: list[str], fawns: int) -> list[str | None]:
    """One mother per fawn; twins when there are more fawns than does would have singly."""
    if not does:
        return [None] * fawns
    order = [does[int(k)] for k in rng.permutation(len(does))]
    twins = max(1, round(fawns * 0.7))
    return [order[(k % twins) % len(order)] for k in range(fawns)]


def _coat(rng: Rng, seed: int, name: str, kind: str, look: Look, spread: float) -> CoatTraits:
    s = min(spread, 1.0)
    fawn = kind == "fawn"
    return CoatTraits(
        tone=float(np.clip(look.tone * s + s * rng.normal(0, 0.10), -1.7, 0.95)),
        warmth=float(np.clip(0.75 + s * rng.uniform(-0.45, 0.35), 0.0, 1.3)),
        pattern=look.pattern,
        pattern_sign=look.sign,
        pattern_scale=float(rng.uniform(0.85, 1.2)),
        leg_tone=look.legs + float(rng.normal(0, 0.15)),
        head_tone=look.head + float(rng.normal(0, 0.12)),
        neck_tone=look.neck + float(rng.normal(0, 0.12)),
        ear_tone=float(rng.normal(0, 0.4)),
        socks=float(rng.uniform(0.35, 0.75)) if rng.random() < 0.25 else 0.0,
        blaze=float(rng.random() < 0.25),
        scars=int(rng.integers(0, 3)) if s > 0.3 else 0,
        texture=float(np.clip(0.09 + 0.04 * s * rng.normal(), 0.04, 0.16)),
        bold=float(s),
        seed=int(rng_for(seed, name).integers(2**31)),
        spots=fawn,
        spot_size=float(1.0 + 0.65 * s * rng.uniform(-0.5, 1.0)),
        spot_tone=float(np.clip(0.72 + 0.25 * s * rng.uniform(-1.0, 1.0), 0.4, 0.95)),
    )


def _build(rng: Rng, kind: str, spread: float) -> Build:
    girth = 1.0 + 0.08 * spread * float(rng.normal())
    girth = float(np.clip(girth, 0.84, 1.2))
    size = float(np.clip(1.0 + 0.05 * spread * rng.normal(), 0.9, 1.12))
    if kind == "buck":
        return Build(
            scale=1.07 * size,
            chest=0.218 * girth,
            waist=0.172 * girth,
            rump=0.188,
            neck_r=(0.190, 0.128, 0.090),
            head_len=0.27,
            head_r=(0.086, 0.062, 0.040),
        )
    if kind == "fawn":
        return Build(
            scale=0.64 * size,
            leg=0.62,
            length=0.80,
            chest=0.165 * girth,
            waist=0.135 * girth,
            rump=0.155,
            neck_len=0.38,
            neck_r=(0.115, 0.075, 0.066),
            head_len=0.235,
            head_r=(0.092, 0.064, 0.038),
            ear_len=0.21,
            ear_r=0.054,
            tail_len=0.20,
            leg_r=0.92,
        )
    return Build(scale=0.97 * size, chest=0.200 * girth, waist=0.165 * girth)
