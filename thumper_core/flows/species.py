"""Saying which deer a workspace is about, as `--species` and the pages do: one setting, kept.

A detector that names deer leaves nothing open. Of one that says only "animal" nobody knows what it
found; who says the species to that says what the animals there are, so they count as it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from thumper_core.contracts import ANIMAL, ClassMeaning
from thumper_core.store.meanings import say_deer
from thumper_core.workspace import Workspace


def keep_species(
    workspace: Workspace,
    species: str,
    meanings: Iterable[ClassMeaning],
    cameras: Sequence[str] = (),
) -> str:
    """Keep the species of interest in the workspace's settings; a sentence on what holds now.

    meanings: of the classes of the detector that looked or will look at the photos; where none of
    them is a deer, every "animal" is one from now on, at these cameras (none named: everywhere).
    Raises UsageError where it is no name of a species.
    """
    settings = workspace.settings.about(species)
    said = f"The species of interest is {settings.species}"
    meanings = list(meanings)
    if meanings and not say_deer(meanings, settings.species):
        before = settings.animals_are_deer
        known = before if isinstance(before, tuple) else ()
        everywhere = before is True or not cameras
        there = True if everywhere else tuple(dict.fromkeys((*known, *cameras)))
        settings = settings.about(animals_are_deer=there)
        where = "" if there is True else f" at {', '.join(there)}"
        said += f', and every "{ANIMAL}"{where} counts as one (`animals_are_deer`)'
    if settings != workspace.settings:
        workspace.settings = settings
        settings.save(workspace.settings_file)
    return f"{said}: kept in {workspace.settings_file.name}."
