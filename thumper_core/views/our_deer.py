"""Which animals are the deer that a workspace is about."""

from __future__ import annotations

import duckdb
import polars as pl

from thumper_core.deer import OurDeer
from thumper_core.store.cameras.names import renames_of, with_known_names
from thumper_core.store.ledger import Ledger
from thumper_core.views.photo_files import ledger_files
from thumper_core.views.tables import register


def register_our_deer(db: duckdb.DuckDBPyConnection, ledger: Ledger, deer: OurDeer) -> None:
    """The species of interest, and the photos in which every animal is of it (none where all are)."""
    cameras, everywhere = deer.animals_are_deer, deer.animals_are_deer is True
    row = {"species": deer.species, "every_animal": everywhere}
    row |= {name: getattr(deer, name) for name in ("species_chance_min", "sex_chance_min")}
    register(db, "our_deer", pl.DataFrame([row]))
    shown = pl.DataFrame(schema={"photo_id": pl.String})
    if not isinstance(cameras, bool):
        with ledger.reading() as sqlite:
            files = ledger_files(sqlite)
        wanted = pl.DataFrame({"name": cameras}, schema={"name": pl.String})
        known = with_known_names(wanted, files["camera"].unique().to_list(), renames_of(ledger))
        shown = files.join(known, left_on="camera", right_on="name", how="semi")
    register(db, "deer_photos", shown.select("photo_id").unique())
