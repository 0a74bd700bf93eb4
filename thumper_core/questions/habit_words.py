"""Habits in words: what stands out, what chance alone would do, and what there is too little of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thumper_core import language
from thumper_core.counting import counted
from thumper_core.habits import shares
from thumper_core.habits.conditions import TITLES
from thumper_core.habits.effects import EXPECTED_MIN, STRETCHES_MIN
from thumper_core.habits.ground import CAMERAS_FEW, CAMERAS_MIN, SHARES
from thumper_core.language import say
from thumper_core.questions import words

if TYPE_CHECKING:
    from thumper_core.habits.effects import Effect
    from thumper_core.questions.deer_habits import DeerHabits
    from thumper_core.questions.habit_record import Record


def rule() -> str:
    """From when on a kind of hours is compared."""
    return say(
        "A kind of hours is compared from {least:.0f} expected visits in it and in all others, on {n} "
        "stretches of days each.",
        least=EXPECTED_MIN,
        n=STRETCHES_MIN,
    )


def how_compared() -> str:
    """What a ratio compares, and where its interval comes from."""
    return say(
        "Visits are set against the hours that cameras worked, at the same camera, the same time of day and "
        "in the same month. Visits of one day are not independent, so intervals come from leaving out whole "
        "days, three together where weather or moon is asked."
    )


def many_looked_at(found: DeerHabits) -> str:
    """How many comparisons were made, what chance alone does with so many, and what stands out."""
    told = found.told
    if not found.effects:
        return say("Nothing can be compared yet; what is missing is said below.")
    if not told:
        return say("There are too few visits to compare anything. {rule}", rule=rule())
    by_chance = say(
        "Comparisons made: {n}. Were nothing so, about {k:.1f} of their intervals would leave out 1 all the "
        "same.",
        n=len(told),
        k=found.n_outside_by_chance,
    )
    out = [one for one in told if one.stands_out]
    if not out:
        return f"{by_chance} " + say(
            "None stands out when that is taken into account: what differs may well be chance."
        )
    return f"{by_chance} " + say(
        "Standing out when that is taken into account: {n} (of such findings 1 in 20 may be chance; "
        "Benjamini and Hochberg).",
        n=len(out),
    )


def standing_out(found: DeerHabits) -> list[str]:
    """A sentence for each effect that stands out."""
    return [
        say(
            "{factor}, {level}: {ratio} times as many visits as in other hours ({low} to {high}; "
            "{visits}).",
            factor=say(TITLES[one.factor]),
            level=language.small(say(one.level)),
            ratio=times(one.ratio),
            low=times(one.low),
            high=times(one.high),
            visits=counted(one.n_visits, "visit"),
        )
        for one in found.told
        if one.stands_out
    ]


def too_little(found: DeerHabits) -> str:
    """The conditions of which nothing can be compared, and why; nothing where there are none."""
    told = {one.factor for one in found.told}
    none = dict.fromkeys(one.factor for one in found.effects if one.factor not in told)
    if not none or not told:
        return ""
    names = words.listed([language.small(say(TITLES[factor])) for factor in none])
    return say("Too little to compare: {factors}. {rule}", factors=names, rule=rule())


def times(value: float | None) -> str:
    """`0.62`, `1.4`, `12`: a ratio with two figures."""
    if value is None:
        return "\N{EN DASH}"
    return language.figure(value, ".2f" if value < 1 else ".1f" if value < 10 else ".0f")


def verdict(one: Effect) -> str:
    """What is to be thought of one effect."""
    if one.ratio is None:
        return say("too few visits or days to compare")
    return say("stands out") if one.stands_out else say("may be chance")


def of_light(found: DeerHabits) -> str:
    """How the herd's, or one deer's, visits fall on daylight, twilight and dark; nothing without a sun."""
    frame = found.lights
    if frame is None or frame.is_empty():
        return ""
    n = {name: int(frame[f"n_{name}"].sum()) for name in ("daylight", "twilight", "dark")}
    total = sum(n.values())
    if total < shares.VISITS_MIN:
        return say(
            "Its share by daylight is told from {least} visits on; there are {n}.",
            least=shares.VISITS_MIN,
            n=total,
        )
    text = say(
        "Of {visits}, {daylight} began by daylight, {twilight} in civil twilight and {dark} in the dark.",
        visits=counted(total, "visit"),
        daylight=words.percent(n["daylight"] / total),
        twilight=words.percent(n["twilight"] / total),
        dark=words.percent(n["dark"] / total),
    )
    if found.who is None:
        return text
    row = frame.row(0, named=True)
    return f"{text} " + say(
        "By daylight: 95% interval {low} to {high}.",
        low=words.percent(row["low"]),
        high=words.percent(row["high"]),
    )


def of_ground(found: DeerHabits) -> str:
    """The ground of one deer in hectares, or why none is told."""
    placed = found.cameras.drop_nulls(["latitude", "longitude"])
    names = words.listed(found.cameras["camera"].to_list())
    if placed.is_empty():
        return say("It was seen at {cameras}. Where they stand is not known.", cameras=names)
    if placed.height < CAMERAS_MIN:
        return say(
            "It was seen at {cameras}. That is too few for an area: it takes {least} cameras that saw it.",
            cameras=names,
            least=CAMERAS_MIN,
        )
    if found.ground is None:
        return say("It was seen at {cameras}, which stand in one line: no area.", cameras=names)
    core, whole = found.ground.areas_ha
    text = say(
        "The hull of the {n} cameras that saw it is {hull:,.0f} ha. Half of its time it is held to be within "
        "{core:,.0f} ha, {share} within {whole:,.0f} ha.",
        n=found.ground.n_cameras,
        hull=found.ground.hull_ha,
        core=core,
        share=words.percent(SHARES[1]),
        whole=whole,
    )
    few = say(
        "Cameras stand still: this is the ground that they watch, no home range as a collar would show it."
    )
    if found.ground.n_cameras < CAMERAS_FEW:
        few += " " + say("With fewer than {n} cameras the areas are rough.", n=CAMERAS_FEW)
    return f"{text} {few}"


def groups_not_deer(record: Record) -> str:
    """That groups are no deer, where pictures hardly tell; else nothing."""
    if record.size.is_telling:
        return ""
    return say(
        "These pictures hardly tell one deer from another: what is said of one deer is said of a group of "
        "pictures."
    )
