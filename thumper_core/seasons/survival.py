"""How many deer live from one year to the next, among those that are known, with an interval.

The share of a year's known deer that is seen in the next is survival times the chance to be seen at all.
The second is estimated from the next year's own days (robust design: Pollock 1982, J. Wildl. Manage.
46:752-757), as deer seen over Chao's estimate of deer that were there. The interval is of draws: the
share seen again from its Jeffreys posterior (Brown, Cai & DasGupta 2001, Stat. Sci. 16:101-133), the number
not seen from Chao's log-normal distribution.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from thumper_core.herd.abundance.chao import chao_of
from thumper_core.herd.abundance.estimate import Estimate, Refused, Result, Z
from thumper_core.herd.abundance.occasions import Captures
from thumper_core.language import mark, say

METHOD: Final = "deer seen again, of those that a year knows, over the chance to be seen"
DEER_MIN: Final = 5
"""Known deer below which nothing is said."""
_DRAWS: Final = 4000
_SOURCE: Final = mark(
    "Pollock 1982, Journal of Wildlife Management 46: 752-757 (robust design); Chao 1987, Biometrics 43: "
    "783-791; Jeffreys interval: Brown, Cai & DasGupta 2001, Statistical Science 16: 101-133"
)


def survival(before: Collection[str], after: Captures, lost: Collection[str] = ()) -> Result:
    """Share of the deer that a year knows that lives on into the next, in [0, 1].

    before: individuals seen in the year; after: who was seen when in the next. A deer that left for good
    counts as one that died. lost: of which people say that they died or left before they were seen in the
    next: no chance to be missed is theirs, so neither the share nor its interval goes beyond the others.
    """
    known = set(before)
    if len(known) < DEER_MIN:
        return Refused(
            METHOD, say("Only {n} known deer; it takes {least}.", n=len(known), least=DEER_MIN)
        )
    there = chao_of(after)
    if isinstance(there, Refused):
        return Refused(
            METHOD,
            say("How many of the next year's deer were seen: {reason}", reason=there.reason),
        )
    n_seen = int(after.seen.any(axis=1).sum())
    again = len(known & set(after.individual_ids))
    rest = len(known) - len(known & set(lost) - set(after.individual_ids))
    most = rest / len(known)
    share = again / len(known)
    rng = np.random.default_rng(0)
    again_draws = most * rng.beta(again + 0.5, rest - again + 0.5, _DRAWS)
    unseen = max(there.estimate - n_seen, 0.0)
    if unseen > 0 and there.std_error:
        sigma = np.sqrt(np.log1p((there.std_error / unseen) ** 2))
        unseen_draws = unseen * np.exp(sigma * rng.standard_normal(_DRAWS))
    else:
        spread = max(there.high - n_seen, 0.0) / Z
        unseen_draws = np.abs(spread * rng.standard_normal(_DRAWS))
    draws = np.minimum(again_draws * (n_seen + unseen_draws) / n_seen, most)
    low, high = np.quantile(draws, (0.025, 0.975))
    return Estimate(
        method=METHOD,
        estimate=min(share * (n_seen + unseen) / n_seen, most),
        low=float(low),
        high=float(high),
        assumptions=(
            say(
                "Every individual is one animal in both years, and every sighting is given to the right "
                "one."
            ),
            say("A deer known from the year before is as likely to be seen as any other."),
            say("No deer dies or comes during the next year's photos."),
            say("A deer that left for good counts as dead."),
        ),
        source=say(_SOURCE),
        cautions=there.cautions,
    )
