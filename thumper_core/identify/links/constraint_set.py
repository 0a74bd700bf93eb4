"""The constraints between tracklets, as arrays that a clustering takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

PairArray = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Constraints:
    """Constraints between the tracklets 0..n-1.

    cannot: (K, 2) int32 pairs i < j, unique, sorted: two animals. cannot_kind: (K,) str, the most
    trusted of `same_photo`, `mingled` (one photo, boxes half over each other), `human`, `gathered`,
    `nested` (one photo, one box inside the other), `travel`; cannot_trust: (K,) float32 in (0, 1].
    must: (M, 2) int32 pairs i < j, unique, sorted: one animal; must_kind: (M,) str (`human`,
    `gathered`: a person said it of whole individuals, and did not compare these two); must_trust:
    (M,) float32. Must-links inside a tracklet are what a tracklet is: none is listed.
    group: (n,) int8, adult sex as far as it is a constraint: 0 none, 1 adult male, 2 adult female.
    Groups 1 and 2 never mix in a cluster; these pairs are not in `cannot`, because there are
    O(n^2) of them. group_trust: (n,) float32, 0 where group is 0, exactly 1 where a person
    said so, below 1 where models voted.

    Consistent by construction: no chain of must-links joins the two sides of a cannot-link, and
    tracklets that must-links join have one group.
    """

    n: int
    cannot: PairArray
    cannot_kind: npt.NDArray[np.str_]
    cannot_trust: npt.NDArray[np.float32]
    must: PairArray
    must_kind: npt.NDArray[np.str_]
    must_trust: npt.NDArray[np.float32]
    group: npt.NDArray[np.int8]
    group_trust: npt.NDArray[np.float32]

    @classmethod
    def none(cls, n: int) -> Constraints:
        """No constraints between `n` tracklets."""
        pairs = np.zeros((0, 2), np.int32)
        words = np.zeros(0, np.dtype("U10"))
        trust = np.zeros(0, np.float32)
        return cls(
            n=n,
            cannot=pairs,
            cannot_kind=words,
            cannot_trust=trust,
            must=pairs,
            must_kind=words,
            must_trust=trust,
            group=np.zeros(n, np.int8),
            group_trust=np.zeros(n, np.float32),
        )

    @property
    def is_said(self) -> npt.NDArray[np.bool_]:
        """(K,) which of `cannot` people said."""
        return np.isin(self.cannot_kind, ["human", "gathered"])

    @property
    def is_seen(self) -> npt.NDArray[np.bool_]:
        """(K,) which of `cannot` show what two animals look like: each is in a picture of its own."""
        return ~(self.is_said | np.isin(self.cannot_kind, ["mingled", "nested"]))

    def unsaid(self) -> Constraints:
        """Those that the photos tell by themselves: nothing that people said of pairs."""
        return self.barring(~self.is_said).unjoined()

    def unjoined(self) -> Constraints:
        """The same without any of `must`."""
        return self.joining(np.zeros(len(self.must), bool))

    def joining(self, which: npt.NDArray[np.bool_]) -> Constraints:
        """The same with only some of `must`: (M,) bool."""
        return replace(
            self,
            must=self.must[which],
            must_kind=self.must_kind[which],
            must_trust=self.must_trust[which],
        )

    def barring(self, which: npt.NDArray[np.bool_]) -> Constraints:
        """The same with only some of `cannot`: (K,) bool."""
        return replace(
            self,
            cannot=self.cannot[which],
            cannot_kind=self.cannot_kind[which],
            cannot_trust=self.cannot_trust[which],
        )

    def among(self, rows: npt.NDArray[np.integer]) -> Constraints:
        """The constraints between some of the tracklets.

        rows: (R,) tracklets, rising; in the result they are numbered 0..R-1.
        """
        place = np.full(self.n, -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        cannot, must = (place[pairs].reshape(-1, 2) for pairs in (self.cannot, self.must))
        c, m = ((pairs >= 0).all(axis=1) for pairs in (cannot, must))
        return Constraints(
            n=len(rows),
            cannot=cannot[c],
            cannot_kind=self.cannot_kind[c],
            cannot_trust=self.cannot_trust[c],
            must=must[m],
            must_kind=self.must_kind[m],
            must_trust=self.must_trust[m],
            group=self.group[rows],
            group_trust=self.group_trust[rows],
        )
