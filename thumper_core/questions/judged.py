"""What people judged of age and antlers: every word with who said it, and what a deer's year comes to.

Words are found again by picture and box, so they go with their pictures into any later identification. Of one
person the last word counts: of an age and of points in a deer's year, of marks and of antlers' state on
one picture. What several people say is kept apart, and shown as the middle and the range. No model
says any of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from statistics import multimode
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from thumper_core.contracts import UsageError
from thumper_core.counting import counted
from thumper_core.decisions.box_words import words_on
from thumper_core.decisions.kinds import (
    AntlerState,
    CountsPoints,
    Line,
    MarksAntlers,
    SaysAge,
    ShowsAntlers,
    about,
)
from thumper_core.decisions.table import decisions_frame
from thumper_core.language import mark, say
from thumper_core.questions import words
from thumper_core.seasons.antler_scale import CM_PER_INCH
from thumper_core.seasons.antlers import Marked, Rack, measured
from thumper_core.seasons.judged import Agreed, age_conflicts, age_text, agreed

if TYPE_CHECKING:
    from thumper_core.workspace import Workspace

_KINDS: Final = (SaysAge.kind, CountsPoints.kind, MarksAntlers.kind)
ALL_KINDS: Final = (*_KINDS, ShowsAntlers.kind)
_BOXES: Final = """
select d.run_id, d.detection_id, d.photo_id, d.confidence, d.frame_ms, d.x1, d.y1, d.x2, d.y2
from detections d where list_contains(?, d.photo_id)
"""
_WHOSE: Final = """
select a.individual_id, d.detection_id, d.photo_id, p.camera, p.taken_at,
    cast(case when p.taken_at_precision <> 'unknown' then {year} end as integer) as year
from assignments a join detections d using (detection_id) join photos p using (photo_id)
where list_contains(?, d.detection_id) and a.individual_id is not null
"""
_MEASURED: Final = {
    "score": mark("about {value:.0f} in ({low:.0f} to {high:.0f})"),
    "spread": mark("spread about {value:.1f} in ({low:.0f} to {high:.0f})"),
}
_YEAR: Final = pl.Schema(
    {
        "individual_id": pl.String(),
        "year": pl.Int32(),
        "age": pl.Float64(),
        "age_low": pl.Float64(),
        "age_high": pl.Float64(),
        "age_people": pl.Int64(),
        "points_left": pl.Int64(),
        "points_right": pl.Int64(),
        "points_least": pl.Int64(),
        "points_most": pl.Int64(),
        "points_people": pl.Int64(),
        "is_typical": pl.Boolean(),
        "spread_in": pl.Float64(),
        "spread_low_in": pl.Float64(),
        "spread_high_in": pl.Float64(),
        "spread_to_ears": pl.Float64(),
        "score_in": pl.Float64(),
        "score_low_in": pl.Float64(),
        "score_high_in": pl.Float64(),
        "no_score": pl.String(),
        "marked_pictures": pl.Int64(),
        "marked_people": pl.Int64(),
        "age_conflict": pl.String(),
        "judged": pl.String(),
    }
)


def said_of_deer(workspace: Workspace, *kinds: str) -> pl.DataFrame:
    """Every standing word of these kinds on a picture of an individual, the oldest first; all judged ones
    where none is named.

    Columns: individual_id, year (null: the day is not known), detection_id, photo_id, camera, taken_at,
    decision_id, kind, author, made_at, payload, counts (false: the same person said otherwise later), said
    (in words).
    """
    decisions = decisions_frame(workspace.ledger)
    wanted = kinds or _KINDS
    noted = decisions.filter(pl.col("kind").is_in(list(wanted)) & ~pl.col("undone"))
    photos = noted["payload"].str.json_path_match("$.photo_id").unique().to_list()
    on = words_on(workspace.sql(_BOXES, [photos]), decisions, *wanted)
    year = workspace.settings.seasons.sql("p.taken_at")
    whose = workspace.sql(_WHOSE.format(year=year), [on["detection_id"].unique().to_list()])
    of_picture = pl.col("kind").is_in([MarksAntlers.kind, ShowsAntlers.kind])
    marked = pl.when(of_picture).then("detection_id")
    found = (
        on.join(whose, on="detection_id")
        .join(noted.select("decision_id", "kind", "author", "made_at", "payload"), on="decision_id")
        .drop("run_id")
        .sort("decision_id")
        .with_columns(
            (pl.col("decision_id") == pl.col("decision_id").max())
            .over("individual_id", "year", "kind", "author", marked.alias("of"))
            .alias("counts")
        )
    )
    told = [about(kind, json.loads(text)) for kind, text in found["kind", "payload"].iter_rows()]
    return found.with_columns(pl.Series("said", told, pl.String))


def judged(workspace: Workspace, aged: pl.DataFrame) -> pl.DataFrame:
    """A row for each individual and deer year of which people judged something.

    aged: `seasons.ages.AGED`, against which ages are held. Columns: individual_id, year; age with age_low,
    age_high and age_people; points_left, points_right, points_least and points_most (of both antlers
    together, by one person) and points_people; is_typical (null: not said, or as many say so as not);
    spread_in, score_in with `_low_in` and `_high_in`, spread_to_ears; no_score: why there is none;
    marked_pictures, marked_people; age_conflict: what speaks against the ages; judged: all in words.
    """
    said = said_of_deer(workspace).filter(pl.col("counts"), pl.col("year").is_not_null())
    rows: list[dict[str, Any]] = []
    ages: dict[str, dict[int, Agreed]] = {}
    for (who, year), part in said.group_by("individual_id", "year", maintain_order=True):
        told = _of_year(part)
        rows.append({"individual_id": who, "year": year} | told)
        if told["age"] is not None:
            ages.setdefault(str(who), {})[int(str(year))] = Agreed(
                told["age"], told["age_low"], told["age_high"], told["age_people"]
            )
    conflicts = {
        (who, year): sentence
        for who, by_year in ages.items()
        for year, sentence in _conflicts(aged.filter(pl.col("individual_id") == who), by_year)
    }
    for row in rows:
        row["age_conflict"] = conflicts.get((row["individual_id"], row["year"]))
        row["judged"] = in_words(row)
    return pl.DataFrame(rows, schema=_YEAR, orient="row")


def rack_of(said: pl.DataFrame) -> Rack:
    """The antlers that marks measure; said: rows of `said_of_deer`, of which other kinds are passed by."""
    marked = []
    for row in said.filter(pl.col("kind") == MarksAntlers.kind).iter_rows(named=True):
        lines = _lines(json.loads(row["payload"])["marks"])
        marked.append(Marked(row["detection_id"], row["author"], tuple(lines)))
    return measured(marked)


def states_worn(workspace: Workspace) -> pl.DataFrame:
    """`individual_id, year` and a column for each state: the days on which people noted it, as text."""
    noted = said_of_deer(workspace, ShowsAntlers.kind).filter(pl.col("year").is_not_null())
    # Of one person the last word on a picture; what several say stands side by side.
    state = pl.col("payload").str.json_path_match("$.state").alias("state")
    rows = noted.filter(pl.col("counts")).with_columns(state)
    spans: dict[tuple[str, int], dict[str, str]] = {}
    for (who, of_year, state), part in rows.group_by("individual_id", "year", "state"):
        first, latest = part["taken_at"].min(), part["taken_at"].max()
        spans.setdefault((str(who), int(str(of_year))), {})[str(state)] = words.period(
            first,  # type: ignore[arg-type]
            latest,  # type: ignore[arg-type]
        )
    table = [(*key, *(spans[key].get(state) for state in AntlerState)) for key in spans]
    schema = {"individual_id": pl.String, "year": pl.Int32} | dict.fromkeys(AntlerState, pl.String)
    return pl.DataFrame(table, schema={str(k): v for k, v in schema.items()}, orient="row")


def in_words(row: dict[str, Any]) -> str:
    """`3.5 years (2 people: 2.5 to 3.5), 5+4 points (1 person), about 121 in (105 to 138)`, of a row of
    `judged`; what is not judged is left out.
    """
    parts = []
    if row["age"] is not None:
        people = counted(row["age_people"], "person", "people")
        values = {"age": age_text(row["age"]), "people": people}
        if row["age_low"] == row["age_high"]:
            parts.append(say("{age} ({people})", **values))
        else:
            low, high = row["age_low"], row["age_high"]
            parts.append(say("{age} ({people}: {low:g} to {high:g})", low=low, high=high, **values))
    if row["points_left"] is not None:
        people = counted(row["points_people"], "person", "people")
        values = {"left": row["points_left"], "right": row["points_right"], "people": people}
        least, most = row["points_least"], row["points_most"]
        if least == most:
            parts.append(say("{left}+{right} points ({people})", **values))
        else:
            parts.append(
                say(
                    "{left}+{right} points ({people}: {least} to {most} in all)",
                    least=least,
                    most=most,
                    **values,
                )
            )
    for name, told in _MEASURED.items():
        if row[f"{name}_in"] is not None:
            low, high = row[f"{name}_low_in"], row[f"{name}_high_in"]
            parts.append(say(told, value=row[f"{name}_in"], low=low, high=high))
            break
    return ", ".join(parts)


def _conflicts(aged: pl.DataFrame, said: dict[int, Agreed]) -> Iterable[tuple[int, str]]:
    born = aged["birth_year"].drop_nulls()
    classes = dict(aged.select("year", "age_class").iter_rows())
    return age_conflicts(said, int(born[0]) if len(born) else None, classes)


def _of_year(part: pl.DataFrame) -> dict[str, Any]:
    """The values of `judged` but those in words; part: what counts in one deer's year."""
    payloads = {
        kind: [json.loads(text) for text in part.filter(pl.col("kind") == kind)["payload"]]
        for kind in _KINDS
    }
    age = agreed([one["age"] for one in payloads[SaysAge.kind]])
    points = payloads[CountsPoints.kind]
    left, right = (agreed([one[side] for one in points]) for side in ("left", "right"))
    both = agreed([one["left"] + one["right"] for one in points])
    typical = multimode(one["typical"] for one in points if "typical" in one)
    rack = rack_of(part)
    spread = rack.length("spread")
    return {
        "age": age and age.value,
        "age_low": age and age.low,
        "age_high": age and age.high,
        "age_people": age.n if age else 0,
        "points_left": left and left.value,
        "points_right": right and right.value,
        "points_least": both and both.low,
        "points_most": both and both.high,
        "points_people": len(points),
        "is_typical": typical[0] if len(typical) == 1 else None,
        "spread_in": spread and spread.value / CM_PER_INCH,
        "spread_low_in": spread and spread.low / CM_PER_INCH,
        "spread_high_in": spread and spread.high / CM_PER_INCH,
        "spread_to_ears": rack.to_ears,
        "score_in": rack.score_in,
        "score_low_in": rack.score_low_in,
        "score_high_in": rack.score_high_in,
        "no_score": say(rack.why_no_score) if rack.n_pictures and rack.why_no_score else None,
        "marked_pictures": rack.n_pictures,
        "marked_people": rack.n_people,
    }


def _lines(told: Iterable[dict[str, Any]]) -> Iterable[Line]:
    """The lines of a payload; one that another version wrote and this cannot read is passed over."""
    for one in told:
        try:
            yield Line.of(one)
        except UsageError:
            continue
