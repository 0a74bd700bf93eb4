"""Which detector found the deer, and how what it found became the species of interest.

A detector that says only "animal" finds no deer: a head, a setting or a person makes deer of its
animals, and who reads the figures should know which.
"""

from __future__ import annotations

from typing import Final

from thumper_core import language
from thumper_core.contracts import ANIMAL
from thumper_core.counting import counted
from thumper_core.language import mark, say
from thumper_core.pipeline.photo_counts import Ask
from thumper_core.questions.words import listed
from thumper_core.workspace import Workspace

_FOUND: Final = """
select d.species_source as source, count(*) as n
from {assignments} a join all_detections d using (detection_id)
where d.run_id = $1 and d.is_deer group by all order by n desc, source
"""
_BY: Final = {
    "detector": mark("{n} as it named them"),
    "setting": mark('{n} because every "{animal}" counts as one (the setting `animals_are_deer`)'),
    "human": mark("{n} by people"),
}
_BY_HEAD: Final = mark('{n} that it called "{animal}", by the {source}')


def found_by(
    workspace: Workspace, *, herd: tuple[str, str] | None = None, ask: Ask | None = None
) -> str | None:
    """`Detector: whitetail, which names deer itself; ...`; None: there is no run.

    herd: its ID and its run's, default those shown; ask: another connection to the same workspace
    than its own. Counted are the detections that the herd holds: without one, there is no count.
    """
    run_id = herd[1] if herd else workspace.ledger.promoted("run")
    name = next((r.detector for r in workspace.ledger.runs() if r.run_id == run_id), None)
    if run_id is None or name is None:
        return None
    of = f"(from all_assignments where herd_id = '{herd[0]}')" if herd else "assignments"
    parts = dict((ask or workspace.sql)(_FOUND.format(assignments=of), [run_id]).iter_rows())
    if not parts:
        return say("Detector: {name}.", name=name)
    species = workspace.settings.species
    number = counted(sum(parts.values()), "detection counts", "detections count")
    if list(parts) == ["detector"]:
        return say(
            "Detector: {name}, which names deer itself; {number} as {species}.",
            name=name,
            number=number,
            species=species,
        )
    how = [
        say(
            _BY.get(source, _BY_HEAD),
            n=language.figure(n, ",") if len(parts) > 1 else say("all"),
            source=source,
            animal=ANIMAL,
        )
        for source, n in parts.items()
    ]
    return say(
        "Detector: {name}. {number} as {species}: {listed}.",
        name=name,
        number=number,
        species=species,
        listed=listed(how),
    )
