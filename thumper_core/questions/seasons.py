"""The herd year by year: every deer's history, and a table of the years to decide from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from thumper_core.contracts import AgeClass
from thumper_core.decisions.box_words import last_words
from thumper_core.decisions.kinds import AntlerState, ShowsAntlers
from thumper_core.decisions.table import decisions_frame
from thumper_core.herd.abundance.estimate import Refused
from thumper_core.herd.abundance.occasions import Captures, capture_matrix
from thumper_core.herd.abundance.ratios import ratio_of_individuals
from thumper_core.questions import source, words
from thumper_core.questions.categories import category
from thumper_core.questions.effort import said_days
from thumper_core.questions.habits import camera_days
from thumper_core.questions.herd_size import Known, herd_size
from thumper_core.seasons.ages import ages
from thumper_core.seasons.standing import SEEN, standings
from thumper_core.seasons.survival import METHOD, survival
from thumper_core.views.pictures import PICTURE_SCORE

if TYPE_CHECKING:
    from thumper_core.herd.abundance.estimate import Result
    from thumper_core.workspace import Workspace

_HISTORY: Final = f"""
select a.individual_id, cast({{year}} as integer) as year, l.label,
    min(p.taken_at) as first_seen, max(p.taken_at) as last_seen,
    cast(count(distinct p.event_id) as integer) as n_visits,
    cast(count(distinct cast(p.taken_at as date)) as integer) as n_days,
    list(distinct p.camera order by p.camera) as cameras,
    any_value(i.sex) as sex, any_value(i.status) as status, any_value(i.status_on) as status_on,
    arg_max(d.detection_id, {PICTURE_SCORE}) as best_detection_id,
    count(*) filter (d.source = 'human' and d.age_class = '{AgeClass.FAWN}') as said_fawn,
    count(*) filter (d.source = 'human' and d.age_class = '{AgeClass.ADULT}') as said_adult,
    coalesce(sum(d.confidence) filter (d.source <> 'human' and d.age_class = '{AgeClass.FAWN}'), 0)::double
        as fawn,
    coalesce(sum(d.confidence) filter (d.source <> 'human' and d.age_class = '{AgeClass.ADULT}'), 0)::double
        as adult
from assignments a
join detections d using (detection_id) join photos p using (photo_id)
join individuals i using (individual_id) join labels l using (individual_id)
where d.repeated is null and p.taken_at_precision <> 'unknown'
group by all order by a.individual_id, year
"""
_VISITS: Final = """
select s.individual_id, cast({year} as integer) as year, s.camera, cast(count(*) as integer) as n_visits
from sightings s where s.taken_at_precision <> 'unknown' group by all
"""
_CAPTURED: Final = """
select individual_id, started_at, cast({year} as integer) as year
from sightings s where s.taken_at_precision <> 'unknown'
"""
_SAID_OF: Final = """
select d.run_id, d.detection_id, d.photo_id, d.confidence, d.frame_ms, d.x1, d.y1, d.x2, d.y2
from detections d where list_contains(?, d.photo_id)
"""
_WORN_BY: Final = """
select a.individual_id, d.detection_id, p.taken_at, cast({year} as integer) as year
from assignments a join detections d using (detection_id) join photos p using (photo_id)
where list_contains(?, d.detection_id) and p.taken_at_precision <> 'unknown'
"""
_UNTOLD: Final = (
    "These pictures hardly tell one deer from another: who lived on, is missing or came back cannot be "
    "said."
)


@dataclass(frozen=True)
class YearOfHerd:
    """One deer year of the herd.

    camera_days: on which a camera worked (`questions.effort`); n_visits: of deer that are told apart;
    bucks, does, fawns, unknown: individuals seen, yearlings among bucks and does; n_new, n_born, n_back:
    of those, see `seasons.standing`; n_missing: not seen though their cameras worked; n_unseen: neither
    seen nor missing; n_lost: people say that they were taken, died or went; survival: to this year from
    the one before; is_told_apart: whether a group is held to be one deer, without which who is new or
    missing means nothing.
    """

    year: int
    label: str
    camera_days: int
    n_visits: int
    bucks: int
    does: int
    fawns: int
    unknown: int
    n_yearlings: int
    n_new: int
    n_born: int
    n_back: int
    n_missing: int
    n_unseen: int
    n_lost: int
    bucks_per_doe: Result
    fawns_per_doe: Result
    survival: Result | None
    is_told_apart: bool

    @property
    def n_deer(self) -> int:
        """Individuals seen."""
        return self.bucks + self.does + self.fawns + self.unknown

    @property
    def visits_per_100_days(self) -> float | None:
        """Visits of known deer on a hundred days of a camera; None without effort."""
        return 100 * self.n_visits / self.camera_days if self.camera_days else None


def histories(workspace: Workspace, effort: pl.DataFrame | None = None) -> pl.DataFrame:
    """A row for each individual of the shown herd and deer year in which it was, or might have been, seen.

    effort: `effort_by_year`, where it was asked for.
    Columns: individual_id, year, season (`2026/27`), label, standing and expected_visits
    (`seasons.standing`), sex, age_class (fawn, yearling, adult, unknown), birth_year, age_by (human, model),
    in_doubt (`seasons.ages`), first_seen, last_seen, n_visits, n_days, cameras, best_detection_id, velvet,
    hard, shed (first and last day on which people noted antlers so, as text; null: never).
    Photos whose day is not known are left out.

    >>> from thumper_core import Workspace, histories
    >>> histories(Workspace.open("ranch"))["season"].unique().to_list()
    ['2026/27']
    """
    deer_year = workspace.settings.seasons
    seen = workspace.sql(_HISTORY.format(year=deer_year.sql("p.taken_at")))
    aged = ages(seen)
    visits = workspace.sql(_VISITS.format(year=deer_year.sql("s.started_at")))
    born = aged.unique("individual_id").select("individual_id", "birth_year")
    said = seen.unique("individual_id").select("individual_id", "status", "status_on")
    effort = effort_by_year(workspace) if effort is None else effort
    stood = standings(visits, effort, born, said, deer_year)
    labels = seen.unique("individual_id").select("individual_id", "label", "sex")
    first = aged.group_by("individual_id").agg(pl.col("birth_year").first().alias("born_in"))
    own = seen.drop(
        "label", "sex", "status", "status_on", "said_fawn", "said_adult", "fawn", "adult"
    )
    years = [deer_year.label(year) for year in stood["year"]]
    return (
        stood.with_columns(pl.Series("season", years, pl.String))
        .join(labels, on="individual_id")
        .join(aged, on=["individual_id", "year"], how="left")
        .join(first, on="individual_id", how="left")
        .with_columns(pl.coalesce("birth_year", "born_in").alias("birth_year"))
        .join(own, on=["individual_id", "year"], how="left")
        .join(_antlers(workspace), on=["individual_id", "year"], how="left")
        .with_columns(pl.col("n_visits", "n_days").fill_null(0))
        .drop("born_in")
        .sort("individual_id", "year")
    )


def years_of_herd(
    workspace: Workspace, told: pl.DataFrame | None = None, effort: pl.DataFrame | None = None
) -> list[YearOfHerd]:
    """Every deer year of the record, the first first.

    told, effort: `histories` and `effort_by_year`, where they were asked for.

    >>> from thumper_core import Workspace, years_of_herd
    >>> [(year.label, year.n_deer) for year in years_of_herd(Workspace.open("ranch"))]
    [('2026/27', 4)]
    """
    effort = effort_by_year(workspace) if effort is None else effort
    told = histories(workspace, effort) if told is None else told
    herd = workspace.ledger.promoted_herd()
    size = herd_size(herd.summary if herd else None, told["individual_id"].n_unique())
    is_told_apart = size.known is not Known.HARDLY
    days = dict(effort.group_by("year").agg(pl.col("camera_days").sum()).iter_rows())
    deer_year = workspace.settings.seasons
    captured = workspace.sql(_CAPTURED.format(year=deer_year.sql("s.started_at")))

    def lived_on(before: set[str], after: Captures) -> Result:
        return survival(before, after) if is_told_apart else Refused(METHOD, _UNTOLD)

    found = []
    before: set[str] | None = None
    for year in sorted({*days, *told["year"].to_list()}):
        of_year = told.filter(pl.col("year") == year)
        seen = of_year.filter(pl.col("standing").is_in(SEEN))
        kinds = seen.select(category())["category"].value_counts()
        count = dict(kinds.iter_rows())
        stands = dict(of_year["standing"].value_counts().iter_rows())
        after = capture_matrix(captured.filter(pl.col("year") == year))
        bucks, does, fawns = (count.get(kind, 0) for kind in ("buck", "doe", "fawn"))
        found.append(
            YearOfHerd(
                year,
                deer_year.label(year),
                days.get(year, 0),
                int(seen["n_visits"].sum()),
                bucks,
                does,
                fawns,
                count.get("unknown", 0),
                seen.filter(pl.col("age_class") == "yearling").height,
                stands.get("new", 0),
                stands.get("born", 0),
                stands.get("back", 0),
                stands.get("missing", 0),
                stands.get("unseen", 0),
                sum(stands.get(word, 0) for word in ("harvested", "dead", "gone")),
                ratio_of_individuals(bucks, does, "bucks per doe"),
                ratio_of_individuals(fawns, does, "fawns per doe"),
                None if before is None else lived_on(before, after),
                is_told_apart,
            )
        )
        before = set(seen["individual_id"])
    return found


def effort_by_year(workspace: Workspace) -> pl.DataFrame:
    """`camera, year, camera_days`: the days on which each camera worked in each deer year."""
    photos, scope = source.media(workspace), source.scope_of(workspace)
    days = camera_days(photos, scope, said_days(workspace))
    years = [workspace.settings.seasons.of(day) for day in days["day"]]
    counted = days.with_columns(pl.Series("year", years, pl.Int32)).group_by("camera", "year").len()
    return counted.rename({"len": "camera_days"}).sort("camera", "year")


def _antlers(workspace: Workspace) -> pl.DataFrame:
    """`individual_id, year` and a column for each state: the days on which people noted it, as text."""
    decisions = decisions_frame(workspace.ledger)
    noted = decisions.filter(pl.col("kind") == ShowsAntlers.kind)
    photos = noted["payload"].str.json_path_match("$.photo_id").to_list()
    boxes = workspace.sql(_SAID_OF, [photos])
    said = last_words(boxes, decisions, ShowsAntlers)
    year = workspace.settings.seasons.sql("p.taken_at")
    worn = workspace.sql(_WORN_BY.format(year=year), [said["detection_id"].to_list()])
    rows = worn.join(said, on="detection_id").drop_nulls("individual_id")
    spans: dict[tuple[str, int], dict[str, str]] = {}
    for (who, of_year, state), part in rows.group_by("individual_id", "year", "state"):
        first, last = part["taken_at"].min(), part["taken_at"].max()
        spans.setdefault((str(who), int(str(of_year))), {})[str(state)] = words.period(first, last)  # type: ignore[arg-type]
    table = [(*key, *(spans[key].get(state) for state in AntlerState)) for key in spans]
    schema = {"individual_id": pl.String, "year": pl.Int32} | dict.fromkeys(AntlerState, pl.String)
    return pl.DataFrame(table, schema={str(k): v for k, v in schema.items()}, orient="row")


def sentences(years: list[YearOfHerd], told: pl.DataFrame) -> Iterator[str]:
    """What the last year's table says in words, and what speaks against it."""
    if not years:
        yield "No deer is told apart on a photo whose day is known."
        return
    yield (
        "What is counted are groups of pictures: a deer that is two groups counts twice, and may count as "
        "new. So answer Review first, and what is proposed between years."
    )
    last = years[-1]
    if not last.is_told_apart:
        yield _UNTOLD
        return
    missing = told.filter((pl.col("year") == last.year) & (pl.col("standing") == "missing"))
    if missing.height:
        names = words.listed(missing["label"].to_list())
        yield (
            f"Missing in {last.label}: {names}. Their cameras worked long enough to have shown them, had "
            "they lived as in the last year that saw them."
        )
    if last.n_unseen:
        known = words.counted(last.n_unseen, "known deer", "known deer")
        yield (
            f"Of {known} nothing can be said in {last.label}: they came too seldom, or their cameras worked "
            "too little, for them to be called missing."
        )
    doubts = told.filter(pl.col("in_doubt"))
    if doubts.height:
        names = words.listed(doubts["label"].unique(maintain_order=True).to_list())
        yield (
            f"Called a fawn in a year after one in which it was there already: {names}. It grew up, or two "
            "deer are taken for one."
        )
