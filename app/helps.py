"""What a figure's "?" says, for all pages: what it means, how it is computed, when not to believe it.

`help=helps.of("deer")` beside a figure. Each text ends with a link to the place of the explanation, which the
page *Help* shows without a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Help:
    """means, computed, doubt: a sentence or two each, Markdown; place: a heading's anchor in a document of
    `documents.TITLES`, as `name#anchor`.
    """

    means: str
    computed: str
    doubt: str
    place: str


HELPS: Final[dict[str, Help]] = {
    "deer": Help(
        "How many deer are in the photos, with the interval that is meant to hold the truth in 95 "
        "of 100 herds.",
        "Each group of pictures is weighed by the odds that it is an animal of its own and not a "
        "part of a larger group; the weights are added up.",
        "Where the page says that these pictures hardly tell one deer from another. Deer that were "
        "never photographed are not in it.",
        "explanation#one-dendrogram-every-threshold",
    ),
    "groups": Help(
        "Groups of pictures, each held to show one deer.",
        "The tree of all pictures is cut at the threshold; every branch is a group.",
        "As a number of deer: a deer whose pictures were poor can be several groups, and two that "
        "look the same can be one.",
        "glossary#profile",
    ),
    "kinds": Help(
        "Groups that are bucks, does and fawns, and their share of all groups.",
        "Of a group's pictures that have a kind, the one that most have; a person's word about one weighs "
        "as much as ten of the detector's, and decides alone where the detector says none.",
        "Where the detector says only *deer*, and for bucks after they drop their antlers: then "
        "the kind is a guess or is missing.",
        "glossary#sex-and-age-class",
    ),
    "visits": Help(
        "Independent visits of known deer in the last 24 hours, 7 days and 30 days before the "
        "newest photo.",
        "Photos of one deer at one camera count as one visit until nothing came for half an hour "
        "(`ingest.event_gap_s`).",
        "Where a camera's clock is wrong, or a deer stood there longer than half an hour without "
        "being photographed.",
        "glossary#event",
    ),
    "assigned": Help(
        "Share of the boxes with deer that lie in a group seen on two visits or more.",
        "Counted over the herd at the threshold.",
        "Alone: one giant group of everything would have 100%.",
        "explanation#one-dendrogram-every-threshold",
    ),
    "singletons": Help(
        "Groups that were seen in one burst only.",
        "Counted over the herd at the threshold.",
        "As guests: most are poor pictures of deer that have a larger group.",
        "explanation#one-dendrogram-every-threshold",
    ),
    "stable": Help(
        "How much of a group comes together again when bursts are drawn anew.",
        "Bursts are drawn with replacement and grouped again; the share that groups keep is "
        "averaged. Above 75% a group is there to stay, below 50% it is an accident of these "
        "photos.",
        "Where groups are few and large: one giant group is stable, too.",
        "explanation#one-dendrogram-every-threshold",
    ),
    "threshold": Help(
        "How alike two groups have to be to be joined: lower, more is merged; higher, more is split.",
        "The recommended one is where the expected wrong merges and wrong splits together are "
        "fewest.",
        "Between embedders: 0.5 of one is not 0.5 of another.",
        "explanation#calibration-from-similarity-to-a-chance",
    ),
    "wrong_merges": Help(
        "Of all pairs of pictures in one group, the share expected to show two deer.",
        "The sum of the chances that the calibration gives each pair.",
        "Two deer that look the same in every photo are not seen in it; answers in Review find "
        "them.",
        "explanation#one-dendrogram-every-threshold",
    ),
    "wrong_splits": Help(
        "Of all pairs of pictures of one deer, the share expected to be in two groups.",
        "Between two views, one too low and one too high, two thirds of the way up.",
        "As a measurement: without knowing the deer such splits cannot be counted.",
        "explanation#one-dendrogram-every-threshold",
    ),
    "equal_error": Help(
        "The share of pairs that is taken wrongly where both mistakes are equally frequent. Lower "
        "is better.",
        "From pairs that are certain: two boxes of one photo are two deer, frames of one burst are "
        "one.",
        "As the error between days: pairs of one burst are easier than pairs a week apart.",
        "explanation#calibration-from-similarity-to-a-chance",
    ),
    "chance": Help(
        "The chance that two pictures show one deer.",
        "Their similarity, on a scale that is fitted to these photos and corrected by what people "
        "answered.",
        "Where few questions have an answer yet: *How good are they?* on the page New shows "
        "whether chances kept their word.",
        "explanation#calibration-from-similarity-to-a-chance",
    ),
    "confidence": Help(
        "How sure the detector is that something of its kind is in the box.",
        "The detector's own number, from 0 to 1; what a person drew has 1.",
        "As a chance: it is on no scale, and differs from one detector to another.",
        "glossary#confidence",
    ),
    "photos": Help(
        "Photos by content: two copies of a file are one photo.",
        "Counted over the folders that were added. Waiting: those with no result of the run that "
        "is shown.",
        "Where a folder was moved: what is missing is told on this page.",
        "glossary#photo",
    ),
    "not_readable": Help(
        "Photos that could not be decoded, wholly or in part.",
        "Each has its reason in the list; the others were processed all the same.",
        "As lost photos: the file is untouched, and can be read again when it is mended.",
        "glossary#photo",
    ),
    "detections": Help(
        "Boxes that the detector drew in this pass.",
        "Counted as the photos are processed, things that come back at one place included.",
        "As animals: one animal is in every photo of its burst.",
        "glossary#detection",
    ),
    "rate": Help(
        "Photos processed a second.",
        "Photos of this pass by the seconds it took.",
        "In its first minute, while the models are loaded and compiled.",
        "glossary#run",
    ),
    "ledger": Help(
        "Whether the file that holds decisions, runs and herds is whole.",
        "SQLite checks each of its pages.",
        "For what lies beside it: `thumper verify` looks at everything.",
        "glossary#ledger",
    ),
    "disk": Help(
        "Room left where the workspace is.",
        "What the system says is free for this account, in billions of bytes.",
        "While other programs write there, too. Work stops before the disk is full, and goes on after room "
        "was made.",
        "glossary#workspace",
    ),
    "cost": Help(
        "How long it is expected to take.",
        "Photos that wait, by the photos a second of the last pass with these models, and the time "
        "of the last identification.",
        "Before anything was processed here, where it is a guess, and while other work takes the "
        "machine's time.",
        "glossary#run",
    ),
}


def of(key: str) -> str:
    """The text of a "?", Markdown, with a link to its explanation. Raises KeyError where there is none."""
    told = HELPS[key]
    document, _, anchor = told.place.partition("#")
    return (
        f"{told.means}\n\n**How it is computed.** {told.computed}\n\n**When not to believe it.** "
        f"{told.doubt}\n\n[Explained in full](help?document={document}&at={anchor})"
    )
