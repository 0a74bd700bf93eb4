# %% [markdown]
# # Answers and effort
#
# Review asks whether two pictures show one deer. How much does an answer change, which one is
# worth most, and when can you stop? This notebook looks at your own answers, and on a demo herd
# lets a simulated person answer, who knows the truth. It records nothing.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")

# %% [markdown]
# ## The next question
#
# The pairs that Review would ask about now, the most telling first: left and right of each belong
# together or they do not.

# %%
from thumper_core import browse, contact_sheet, pair_questions, tuning

tuned = tuning.prepare(workspace, None)
herd = workspace.ledger.promoted_herd()
review = pair_questions.review(workspace, tuned, herd.threshold if herd else None)
questions = list(review.questions[:6]) if review else []
pairs = [name for one in questions for name in (one.left[0], one.right[0])]
contact_sheet(workspace, browse.detections(workspace, tuple(pairs)), label="label", columns=4)

# %% [markdown]
# What the herd says of itself now, and how many answers it would like to have still. "Wrong" is
# the share of pairs held to be one deer that are two, "missed" of the pairs of one deer that are
# apart. Each comes with the interval that holds the truth in 19 of 20 herds.

# %%
import polars as pl

from thumper_core import figures

if review is None:
    print("Too few photos to say how sure a pair is.")
else:
    sure = review.sureness
    print(f"{review.n_profiles} groups, about {sure.animals.value:.0f} deer "
          f"({sure.animals.low:.0f} to {sure.animals.high:.0f})")  # fmt: skip
    print(f"{len(review.questions)} questions are worth asking now")
doubt = pl.DataFrame(
    [("wrong", sure.wrong.value, sure.wrong.low, sure.wrong.high),
     ("missed", sure.missed.value, sure.missed.low, sure.missed.high)] if review else [],
    {"name": str, "value": float, "low": float, "high": float}, orient="row",
)  # fmt: skip
figures.intervals(doubt, axis="Share of pairs, as the herd expects", percent=True)

# %% [markdown]
# ## What people said so far
#
# By kind and by whom; and how long an answer took: the time between two of one person, where it was
# less than two minutes.

# %%
answers = workspace.sql(
    """
    with said as (
        select kind, author, made_at::timestamp as moment,
            moment - lag(moment) over (partition by author order by decision_id) as since
        from decisions where not undone and kind in ('same', 'different', 'unknowable')
    )
    select author, count(*) as answers, count(*) filter (kind = 'same') as same,
        count(*) filter (kind = 'different') as different,
        median(epoch(since)) filter (epoch(since) < 120) as seconds_each
    from said group by author order by answers desc
    """
)
print(f"{answers['answers'].sum()} answers")
answers

# %% [markdown]
# ## What they did
#
# Each whole identification with the answers that it had heard.

# %%
from thumper_core import review_queue

moved = review_queue.moved(workspace)
moved.select("created_at", "n_verdicts", "profiles", "recommended", "equal_error_rate")

# %% [markdown]
# ## On a herd whose truth is known
#
# A demo herd knows its deer, so a simulated person can answer Review's own questions. *Review*
# asks what changes most; *random* asks about any pair. The curve is how well pairs of pictures are
# grouped (F1: precision and recall in one; 1 is perfect).

# %%
from thumper_core import effort, effort_cases

ANSWERS, BATCH = 36, 6
truth_file = workspace.root / "truth.parquet"
curves = {}
if truth_file.exists():
    case = effort_cases.demo_case(workspace, truth_file)
    for order in ("review", "random"):
        curves[order] = list(effort.simulate(case, answers=ANSWERS, order=order, batch=BATCH))
else:
    print("No truth here: `thumper demo` makes a herd that has one.")

# %%
import plotly.graph_objects as go

from thumper_core import theme

figure = figures.empty("A demo herd shows this curve") if not curves else go.Figure()
for colour, (order, points) in zip(theme.SEQUENCE, curves.items(), strict=False):
    figure.add_scatter(
        x=[p.answers for p in points], y=[p.f1 for p in points], name=order, mode="lines+markers",
        line={"color": colour, "dash": "solid" if order == "review" else "dot"},
    )  # fmt: skip
figure.update_layout(template=theme.template(), xaxis_title="Answers", yaxis_title="F1 of pairs")
figure

# %%
for order, points in curves.items():
    first, last = points[0], points[-1]
    print(f"{order}: F1 {first.f1:.3f} to {last.f1:.3f} with {last.answers} answers; "
          f"it says {last.deer} deer, there are {last.true_deer}")  # fmt: skip

# %% [markdown]
# A person errs. The same with one answer in ten wrong: what contradicts itself is asked again, so
# that the herd does not break.

# %%
if curves:
    wrong = list(effort.simulate(case, answers=ANSWERS, error_rate=0.1, batch=BATCH))
    print(f"one in ten wrong: F1 {wrong[0].f1:.3f} to {wrong[-1].f1:.3f}, "
          f"{wrong[-1].contradictions} contradictions left")  # fmt: skip

# %% [markdown]
# ## What to do next
#
# - Open Review and answer until it says that the rest changes little: three answers a deer are
#   usual. `thumper evaluate effort` measures it on your demo herd or a folder of known animals.
# - `thumper learn` teaches the detector and the space by what you corrected, and uses only what
#   proves better.
# - `07_errors` shows where the mistakes sit, `06_abundance` what the herd's size is then.
