# %% [markdown]
# # How many deer are there?
#
# Counting profiles is not counting deer: some were never photographed, and some profiles may be
# one deer in two. Each method below answers with an interval, and each believes something. Where
# the photos cannot carry a method it refuses and says why.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")

# %% [markdown]
# Groups of pictures, by their best one. Are there as many deer as groups?

# %%
from thumper_core import contact_sheet, tables

contact_sheet(workspace, tables.best_detections(workspace, 1).head(12), label="individual_id")

# %% [markdown]
# Every method believes that the herd did not change during the survey. Narrow long surveys here:
# a month or so, best while all bucks carry antlers.

# %%
from datetime import datetime

FIRST, LAST = datetime(1970, 1, 1), datetime(2100, 1, 1)
OCCASION_DAYS = 1.0

# %%
from thumper_core import abundance, ratios

sightings = workspace.sql(
    "select individual_id, started_at, taken_at_precision from sightings "
    "where started_at between ? and ?",
    [FIRST, LAST],
)
individuals = workspace.sql(
    "select distinct individual_id, sex, age_class from sightings where started_at between ? and ?",
    [FIRST, LAST],
)
detections = workspace.sql(
    "select d.photo_id, p.event_id, p.camera, d.sex, d.age_class "
    "from detections d join photos p using (photo_id) "
    "where d.is_deer and p.is_time_evidence and p.taken_at between ? and ?",
    [FIRST, LAST],
)
counts = ratios.event_counts(detections)
found = abundance(sightings, individuals, counts, OCCASION_DAYS)
print(f"{individuals.height} deer were told apart, on {len(found.captures.starts)} occasions")

# %% [markdown]
# ## Ratios
#
# How many bucks and fawns for each doe? Counted over events (the most that any one photo of an
# event shows), and among the deer that were told apart. Where the two disagree, one kind is
# easier to tell apart or passes cameras more often.

# %%
import polars as pl

from thumper_core import Refused, figures

SCHEMA = {"name": str, "value": float, "low": float, "high": float}


def table(results):
    """Rows for `figures.intervals`; what a method refuses is printed."""
    rows = []
    for result in results:
        if isinstance(result, Refused):
            print(f"{result.method}: {result.reason}")
        else:
            values = (result.method, result.estimate, result.low, result.high)
            rows.append(dict(zip(SCHEMA, values, strict=True)))
    return pl.DataFrame(rows, schema=SCHEMA)


per_doe = table(
    [
        found.bucks_per_doe,
        found.bucks_per_doe_known,
        found.fawns_per_doe,
        found.fawns_per_doe_known,
    ]
)
figures.intervals(per_doe, axis="Animals per doe, 95%")

# %% [markdown]
# ## The size of the herd
#
# *Chapman* and *Schnabel* treat each occasion as a trap night: how many of the deer seen were
# seen before? *Chao* gives a lower bound from those seen once and twice, and allows that deer
# differ. The *buck ratio method* (Jacobson et al. 1997) counts bucks one by one and does and
# fawns in proportion.

# %%
methods = [found.chapman, found.schnabel, found.chao, found.census.total]
sizes = table(methods)
counted = pl.DataFrame(
    [("Told apart", float(individuals.height), None, None)], SCHEMA, orient="row"
)
truth_file = workspace.root / "truth_deer.parquet"  # only a demo herd has one
if truth_file.exists():
    n_true = float(pl.read_parquet(truth_file).height)
    counted = pl.concat(
        [counted, pl.DataFrame([("Truth", n_true, None, None)], SCHEMA, orient="row")]
    )
figures.intervals(pl.concat([counted, sizes]), axis="Deer, 95%")

# %% [markdown]
# What each number believes, and what in these photos speaks against it:

# %%
for result in methods:
    if not isinstance(result, Refused):
        print(f"{result.method}: {result.estimate:.0f} ({result.low:.0f} to {result.high:.0f})")
        for assumption in result.assumptions:
            print("  believes:", assumption)
        for caution in result.cautions:
            print("  CAUTION:", caution)
        print("  source:", result.source)

# %% [markdown]
# ## Would another week help?
#
# Different deer met after so many occasions, over all orders of them. A curve that is still
# rising says that the survey was too short.

# %%
if isinstance(found.curve, Refused):
    print(found.curve.reason)
    curve = pl.DataFrame()
else:
    curve = found.curve
figures.accumulation_curve(curve, occasion="days" if OCCASION_DAYS == 1 else "occasions")

# %% [markdown]
# ## What wrong identification does
#
# A deer that was split counts twice and is "recaptured" less: every estimate rises. Two that were
# merged count once: every estimate falls. The same herd at other thresholds shows how much of the
# answer is the threshold's.

# %%
from thumper_core import cut_again, occasions, recapture, tuning

tuned = tuning.prepare(workspace, None)
rows = []
for threshold in sorted({0.1, 0.3, 0.7, 0.9, tuned.found.cut.threshold or 0.5}):
    cut = cut_again(tuned.found, tuned.frame, threshold)
    seen = cut.tables.assignments.join(tuned.frame, on="detection_id").filter(
        pl.col("taken_at").is_between(FIRST, LAST) & (pl.col("taken_at_precision") != "unknown")
    )
    visits = (
        seen.group_by("profile_id", "event_id")
        .agg(pl.col("taken_at").min().alias("started_at"))
        .rename({"profile_id": "individual_id"})
    )
    result = recapture.schnabel_of(occasions.capture_matrix(visits, OCCASION_DAYS))
    if not isinstance(result, Refused):
        name = f"threshold {threshold:.2f}: {visits['individual_id'].n_unique()} profiles"
        rows.append(
            dict(zip(SCHEMA, (name, result.estimate, result.low, result.high), strict=True))
        )
figures.intervals(pl.DataFrame(rows, schema=SCHEMA), axis="Deer by Schnabel, 95%")

# %% [markdown]
# ## What to do next
#
# Report a number with its interval and what it believes: `05_herd_report`. Where wrong identification
# moves it most, answers in Review narrow it: `09_answers_and_effort`.
