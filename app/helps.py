"""What a figure's "?" says, for all pages: what it means, how it is computed, when not to believe it.

`help=helps.of("deer")` beside a figure. Each text ends with a link to the place of the explanation, which the
page *Help* shows without a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thumper_core import mark, say


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
        mark(
            "How many deer are in the photos, with the interval that is meant to hold the truth in 95 "
            "of 100 herds."
        ),
        mark(
            "Each group of pictures is weighed by the odds that it is an animal of its own and not a "
            "part of a larger group; the weights are added up."
        ),
        mark(
            "Where the page says that these pictures hardly tell one deer from another. Deer that were "
            "never photographed are not in it."
        ),
        "explanation#one-dendrogram-every-threshold",
    ),
    "groups": Help(
        mark("Groups of pictures, each held to show one deer."),
        mark("The tree of all pictures is cut at the threshold; every branch is a group."),
        mark(
            "As a number of deer: a deer whose pictures were poor can be several groups, and two that "
            "look the same can be one."
        ),
        "glossary#profile",
    ),
    "kinds": Help(
        mark("Groups that are bucks, does and fawns, and their share of all groups."),
        mark(
            "Of a group's pictures that have a kind, the one that most have; a person's word about one "
            "weighs as much as ten of the detector's, and decides alone where the detector says none."
        ),
        mark(
            "Where the detector says only *deer*, and for bucks after they drop their antlers: then "
            "the kind is a guess or is missing."
        ),
        "glossary#sex-and-age-class",
    ),
    "visits": Help(
        mark(
            "Independent visits of known deer in the last 24 hours, 7 days and 30 days before the "
            "newest photo."
        ),
        mark(
            "Photos of one deer at one camera count as one visit until nothing came for half an hour "
            "(`ingest.event_gap_s`)."
        ),
        mark(
            "Where a camera's clock is wrong, or a deer stood there longer than half an hour without "
            "being photographed."
        ),
        "glossary#visit",
    ),
    "assigned": Help(
        mark("Share of the boxes with deer that lie in a group seen on two visits or more."),
        mark("Counted over the herd at the threshold."),
        mark("Alone: one giant group of everything would have 100%."),
        "explanation#one-dendrogram-every-threshold",
    ),
    "singletons": Help(
        mark("Groups that were seen in one burst only."),
        mark("Counted over the herd at the threshold."),
        mark("As guests: most are poor pictures of deer that have a larger group."),
        "explanation#one-dendrogram-every-threshold",
    ),
    "stable": Help(
        mark("How much of a group comes together again when bursts are drawn anew."),
        mark(
            "Bursts are drawn with replacement and grouped again; the share that groups keep is "
            "averaged. Above 75% a group is there to stay, below 50% it is an accident of these "
            "photos."
        ),
        mark("Where groups are few and large: one giant group is stable, too."),
        "explanation#one-dendrogram-every-threshold",
    ),
    "threshold": Help(
        mark(
            "How alike two groups have to be to be joined: lower, more is merged; higher, more is split."
        ),
        mark(
            "The recommended one is where the expected wrong merges and wrong splits together are "
            "fewest."
        ),
        mark("Between embedders: 0.5 of one is not 0.5 of another."),
        "explanation#calibration-from-similarity-to-a-chance",
    ),
    "wrong_merges": Help(
        mark("Of all pairs of pictures in one group, the share expected to show two deer."),
        mark("The sum of the chances that the calibration gives each pair."),
        mark(
            "Two deer that look the same in every photo are not seen in it; answers in Review find "
            "them."
        ),
        "explanation#one-dendrogram-every-threshold",
    ),
    "wrong_splits": Help(
        mark("Of all pairs of pictures of one deer, the share expected to be in two groups."),
        mark("Between two views, one too low and one too high, two thirds of the way up."),
        mark("As a measurement: without knowing the deer such splits cannot be counted."),
        "explanation#one-dendrogram-every-threshold",
    ),
    "equal_error": Help(
        mark(
            "The share of pairs that is taken wrongly where both mistakes are equally frequent. Lower "
            "is better."
        ),
        mark(
            "From pairs that are certain: two boxes of one photo are two deer, frames of one burst are "
            "one."
        ),
        mark("As the error between days: pairs of one burst are easier than pairs a week apart."),
        "explanation#calibration-from-similarity-to-a-chance",
    ),
    "chance": Help(
        mark("The chance that two pictures show one deer."),
        mark(
            "Their similarity, on a scale that is fitted to these photos and corrected by what people "
            "answered."
        ),
        mark(
            "Where few questions have an answer yet: *How good are they?* on the page New shows "
            "whether chances kept their word."
        ),
        "explanation#calibration-from-similarity-to-a-chance",
    ),
    "confidence": Help(
        mark("How sure the detector is that something of its kind is in the box."),
        mark("The detector's own number, from 0 to 1; what a person drew has 1."),
        mark("As a chance: it is on no scale, and differs from one detector to another."),
        "glossary#confidence",
    ),
    "light": Help(
        mark(
            "*Night* is from sunset to sunrise where the camera stands, *Daylight* the rest. *In infrared* "
            "and *In colour* is how the camera took the photo."
        ),
        mark(
            "From the photo's time and the camera's place; a camera without one has the sun of the others. "
            "Infrared photos have no colour."
        ),
        mark(
            "Where a clock is wrong. Without a place of any camera (page Settings) there is no night by the "
            "sun; cameras take infrared in deep shade, too."
        ),
        "glossary#night",
    ),
    "boxes": Help(
        mark(
            "Boxes that the filter asks for; without a filter all, but for what stands before a camera. Weak "
            "ones are shown and not counted as animals."
        ),
        mark(
            "Weak is a box below the confidence that counts (`identify.class_conf_min`), unless a person "
            "spoke of it."
        ),
        mark("As animals: one animal is in every photo of its burst, and some boxes hold none."),
        "glossary#confidence",
    ),
    "photos": Help(
        mark("Photos by content: two copies of a file are one photo."),
        mark(
            "Counted over the folders that were added. Waiting: those with no result of the run that "
            "is shown."
        ),
        mark("Where a folder was moved: what is missing is told on this page."),
        "glossary#photo",
    ),
    "not_readable": Help(
        mark("Photos that could not be decoded, wholly or in part."),
        mark("Each has its reason in the list; the others were processed all the same."),
        mark("As lost photos: the file is untouched, and can be read again when it is mended."),
        "glossary#photo",
    ),
    "detections": Help(
        mark("Boxes that the detector drew in this pass."),
        mark("Counted as the photos are processed, things that come back at one place included."),
        mark("As animals: one animal is in every photo of its burst."),
        "glossary#detection",
    ),
    "rate": Help(
        mark("Photos processed a second."),
        mark("Photos of this pass by the seconds it took."),
        mark("In its first minute, while the models are loaded and compiled."),
        "glossary#run",
    ),
    "ledger": Help(
        mark("Whether the file that holds decisions, runs and herds is whole."),
        mark("SQLite checks each of its pages."),
        mark("For what lies beside it: `thumper verify` looks at everything."),
        "glossary#ledger",
    ),
    "disk": Help(
        mark("Room left where the workspace is."),
        mark("What the system says is free for this account, in billions of bytes."),
        mark(
            "While other programs write there, too. Work stops before the disk is full, and goes on "
            "after room "
            "was made."
        ),
        "glossary#workspace",
    ),
    "cost": Help(
        mark("How long it is expected to take."),
        mark(
            "Photos that wait, by the photos a second of the last pass with these models, and the time "
            "of the last identification."
        ),
        mark(
            "Before anything was processed here, where it is a guess, and while other work takes the "
            "machine's time."
        ),
        "glossary#run",
    ),
}


def of(key: str) -> str:
    """The text of a "?", Markdown, with a link to its explanation. Raises KeyError where there is none."""
    told = HELPS[key]
    document, _, anchor = told.place.partition("#")
    return say(
        "{means}\n\n**How it is computed.** {computed}\n\n**When not to believe it.** {doubt}\n\n"
        "[Explained in full](help?document={document}&at={anchor})",
        means=say(told.means),
        computed=say(told.computed),
        doubt=say(told.doubt),
        document=document,
        anchor=anchor,
    )
