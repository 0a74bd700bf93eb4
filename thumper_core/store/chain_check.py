"""The chain of decisions is checked: which of them are not as they were written, and how."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

from thumper_core.store.chain import FIRST, Chain, digest_of, seal_of

_NAMED_MAX: Final = 1000


class Flaw(NamedTuple):
    """One decision that is not as it was written.

    kind: `changed`, `gone` (row lost), `added` (it has no seal), `seal` (the decision is sound,
    its seal is not), `head` (decision_id 0: the count of them all); digest: what the chain proves
    that the decision had, where it does.
    """

    decision_id: int
    kind: Literal["changed", "gone", "added", "seal", "head"]
    detail: str
    digest: str | None = None


def flaws(chain: Chain) -> list[Flaw]:
    """Every decision that is not as it was written, by number, the head last; none: all sound."""
    found: list[Flaw] = []
    rows, seals = chain.rows, chain.seals
    sealed = sorted(seals)
    follows = dict(pairwise(sealed))
    before: Any = FIRST
    last = 0
    for number in sorted({*rows, *seals}):
        row, seal = rows.get(number), seals.get(number)
        digest = None if row is None else digest_of(row)
        after = min((n for n in sealed if n > number), default=None) if seal is None else (
            follows.get(number)
        )  # fmt: skip
        if seal is None:
            mine = seal_of(before, digest)
            if _continues(chain, mine, number, after):
                found.append(Flaw(number, "seal", "its seal is gone; what it says is sound"))
                before, last = mine, number
            else:
                found.append(Flaw(number, "added", "it was put in past Thumper, without a seal"))
            continue
        gap = range(last + 1, number) if seal.seal != seal_of(before, seal.digest) else range(0)
        gone = [n for n in gap if n not in rows][:_NAMED_MAX]
        found += [Flaw(n, "gone", "it is gone, and its seal with it") for n in gone]
        flaw, before = _judge(chain, number, before, digest, after, is_after_gap=bool(gone))
        found += [flaw] if flaw else []
        last = number
    return found + _head_flaws(chain, before, last, explained=bool(found))


def _judge(
    chain: Chain, number: int, before: Any, digest: str | None, after: int | None, *,
    is_after_gap: bool,
) -> tuple[Flaw | None, Any]:  # fmt: skip
    """(what is wrong with a sealed decision, the seal that the next one follows)."""
    seal = chain.seals[number]
    is_linked = seal.seal == seal_of(before, seal.digest) or is_after_gap
    proven = seal.digest if is_linked and isinstance(seal.digest, str) else None
    if digest is None and seal.lost is None:
        return Flaw(number, "gone", "it is gone", proven), seal.seal
    if digest is None or digest == seal.digest:
        if is_linked:
            return None, seal.seal
        mended = seal_of(before, seal.digest)
        right = mended if _continues(chain, mended, number, after) else seal.seal
        return Flaw(number, "seal", "its seal is damaged; what it says is sound"), right
    if not is_linked and seal.seal == seal_of(before, digest):
        return Flaw(number, "seal", "its digest is damaged; what it says is sound"), seal.seal
    return Flaw(number, "changed", "it is not what was written", proven), seal.seal


def _continues(chain: Chain, seal: str, number: int, after: int | None) -> bool:
    """Whether `seal`, as that of decision `number`, is what the next one or the head rests on."""
    if after is None:
        head = chain.head
        return head is not None and (head.decision_id, head.seal) == (number, seal)
    following = chain.seals[after]
    return bool(following.seal == seal_of(seal, following.digest))


def _head_flaws(chain: Chain, before: Any, last: int, *, explained: bool) -> list[Flaw]:
    head, sequence = chain.head, chain.sequence
    wrong = [Flaw(0, "head", "the count of the decisions is damaged; they are sound")]
    if head is None or not isinstance(head.decision_id, int) or not isinstance(sequence, int):
        return wrong
    cut = min(head.decision_id, sequence)
    if cut > last:
        gone = [n for n in range(last + 1, cut + 1) if n not in chain.rows][:_NAMED_MAX]
        return [Flaw(n, "gone", "it is gone, cut off at the end") for n in gone]
    stands = (head.decision_id, head.n, head.seal) == (last, len(chain.seals), before)
    return [] if explained or (stands and sequence == head.decision_id) else wrong
