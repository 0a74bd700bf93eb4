"""What stands between the figures of a lease report: its headings and small print."""

from __future__ import annotations

from datetime import datetime

import thumper_core
from thumper_core.language import say
from thumper_core.questions import words


def labels(title: str, when: str, now: datetime) -> dict[str, str]:
    """By the names that `templates/lease.typ` has for them. when: of the photos, in words; "": not known."""
    report = say("Lease report")
    return {
        "head": say("Lease report \N{MIDDLE DOT} photos {when}", when=when) if when else report,
        "foot": say(
            "{title}: photos grouped into deer by a program; some groups can be wrong", title=title
        ),
        "interval": say("95% interval"),
        "years": say("Year against year"),
        "year": say("The year"),
        "of_years": say(
            "In brackets: the 95% interval. What is counted as seen are groups of pictures: a deer that is "
            "two groups counts twice."
        ),
        "bucks": say("The bucks that are known"),
        "of_bucks": say(
            "The best picture of each deer year, so that antlers stand side by side. Antlers are grown anew "
            "every year: points differ most, spread and beams least."
        ),
        "standing": say("Who is new, missing or lost"),
        "survey": say("The survey"),
        "no_figure": say("No figure can be given."),
        "value": say("value"),
        "assumed": say("They take for granted as well"),
        "next": say("What to do next"),
        "methods": say("How it was reckoned"),
        "made": say(
            "Made by Thumper {version} on {made}. Days are those of the cameras' clocks.",
            version=thumper_core.__version__,
            made=words.moment(now),
        ),
    }
