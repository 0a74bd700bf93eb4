"""Saying which deer a workspace is about, as `--species` and the pages do: one setting, kept.

A detector that names deer leaves nothing open. Of one that says only "animal" nobody knows what it
found; who says the species to that says what the animals there are, so they count as it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from thumper_core.contracts import ANIMAL, ClassMeaning
from thumper_core.pipeline.newest import newest_complete_run
from thumper_core.store.cameras.names import require_camera
from thumper_core.store.meanings import meanings_of, say_deer
from thumper_core.workspace import Workspace


def keep_species(
    workspace: Workspace,
    species: str,
    cameras: Sequence[str] = (),
    meanings: Iterable[ClassMeaning] | None = None,
) -> str:
    """Keep the species of interest in the workspace's settings; a sentence on what holds now.

    meanings: of the classes of the detector that looked or will look at the photos, None: of the
    newest complete run's. Where none of them is a deer, every "animal" is one from now on, at these
    cameras (none named: everywhere). Nothing is processed again. Raises UsageError where it is no
    name of a species, or a camera is not known, and ThumperError where no run is complete.

    >>> from thumper_core import Workspace, keep_species
    >>> ranch = Workspace.open("ranch")
    >>> keep_species(ranch, "Mule deer")
    'The species of interest is mule deer: kept in thumper.toml.'
    >>> ranch.sql("select distinct species from detections where is_deer")["species"].to_list()
    ['mule deer']
    """
    settings = workspace.settings.about(species)
    known = workspace.sql("select distinct camera from photos")["camera"].to_list()
    named = [require_camera(name, known) for name in cameras]
    if meanings is None:
        detector = newest_complete_run(workspace).detector
        meanings = meanings_of(workspace.ledger, detector).values()
    said = f"The species of interest is {settings.species}"
    if not say_deer(meanings, settings.species):
        before = settings.animals_are_deer
        others = before if isinstance(before, tuple) else ()
        there = [] if before is True or not named else list(dict.fromkeys((*others, *named)))
        settings = settings.about(animals_are_deer=there or True)
        where = f" at {', '.join(there)}" if there else ""
        said += f', and every "{ANIMAL}"{where} counts as one (`animals_are_deer`)'
    if settings != workspace.settings:
        workspace.settings = settings
        settings.save(workspace.settings_file)
    return f"{said}: kept in {workspace.settings_file.name}."
