"""A head for species from words alone, where the embedder knows words (BioCLIP, CLIP).

The picture's vector is compared with what the model makes of the names of the animals that live there: no
label, no second network over the pictures, no run made anew (Radford et al. 2021, section 3.1; Stevens et
al. 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.heads.head import Head
from thumper_core.heads.shelf import keep_head
from thumper_core.vision.embedder_files import word_directions
from thumper_core.vision.registry import load_registry
from thumper_core.vision.weights import require_file, sha256_of
from thumper_core.workspace import Workspace

OTHERS: Final = (
    *("raccoon", "coyote", "red fox", "gray fox", "wolf", "bobcat", "cougar", "black bear"),
    *("wild turkey", "crow", "owl", "wild boar", "opossum", "striped skunk", "armadillo", "beaver"),
    *("cottontail rabbit", "squirrel", "cow", "horse", "goat", "dog", "cat", "person", "vehicle"),
    *("tree stump", "deer feeder", "empty field at night", "empty forest"),
)
"""What else stands before cameras in the range of white-tailed deer."""


def words_of(species: str) -> tuple[str, ...]:
    """Names under which the species of interest is looked for."""
    return (species, *(f"{species} {kind}" for kind in ("buck", "doe", "fawn")), "deer")


def head_from_words(workspace: Workspace, others: Sequence[str] = OTHERS) -> tuple[Head, str]:
    """Write a species head for the shown run's embedder, made of words; and where it is.

    others: what an animal may be instead. Nothing measured it: its chances are those of the model, not
    calibrated. Raises UsageError where there is no run or a name stands on both sides, ThumperError
    for an embedder that knows no words.
    """
    shown = workspace.ledger.promoted("run")
    if shown is None:
        raise UsageError("No run is shown: `thumper run --embedder bioclip` first.")
    yes = words_of(workspace.settings.species)
    no = tuple(dict.fromkeys(" ".join(name.split()) for name in others if name.strip()))
    if not no or set(no) & set(yes):
        raise UsageError(
            f"Name what an animal may be instead of {', '.join(yes)}; not {', '.join(no) or 'nothing'}."
        )
    spec = load_registry(workspace.root / "registry.toml").get(workspace.ledger.run(shown).embedder)
    if spec.loader != "open_clip":
        raise ThumperError(
            f"{spec.name} knows no words: a head made of words needs vectors of bioclip or "
            "clip-vit-b-32 (`thumper run --embedder bioclip`)."
        )
    file = require_file(spec)
    head = Head(
        "words-species", "species", workspace.settings.species, spec.name, sha256_of(file),
        word_directions(spec, file, [*yes, *no]), 0.0,
        {"made_by": "thumper train head --zero-shot", "words": [*yes, *no]}, len(yes),
    )  # fmt: skip
    return head, str(keep_head(workspace.root, head))
