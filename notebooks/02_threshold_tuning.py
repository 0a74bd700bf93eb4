# %% [markdown]
# # Which threshold?
#
# Two photos of deer are more or less alike. From which similarity on are they one animal? The old
# answer was a guess (0.40? 0.60? 0.85?). Here the photos answer themselves, and this notebook
# shows how, step by step. It changes nothing unless you set `APPLY = True` near the end.

# %%
from thumper_core import Workspace

workspace = Workspace.open()  # another one: Workspace.open("/path/to/workspace")

# %% [markdown]
# Six groups, two pictures of each from different visits where there are such. Is each pair one deer?
# A threshold answers that for all pairs at once.

# %%
from thumper_core import contact_sheet, tables

pictures = tables.best_detections(workspace, 2)
both = pictures.filter(pictures["individual_id"].is_duplicated()).sort("individual_id")
contact_sheet(workspace, both.head(12), label="individual_id", columns=6)

# %%
from thumper_core import tuning

tuned = tuning.prepare(workspace, None)  # the newest complete run, grouped once
found = tuned.found
print(f"{tuned.frame.height:,} detections of deer in {found.tables.tracklets.height:,} tracklets")
print("Whitening:", "; ".join(found.space.steps))

# %% [markdown]
# ## What is certain
#
# A tracklet is one animal on the frames of one burst: its frames *must* be together. Two boxes in
# one photo are two animals: they *cannot* be together, nor can adult bucks and adult does, nor
# two visits at cameras further apart than a deer runs in the time between. What people said comes
# on top. A grouping that breaks a *cannot* cannot be built.

# %%
import polars as pl

links = found.constraints.constraints
pl.DataFrame({"kind": links.cannot_kind.tolist()}).group_by("kind").len(
    "pairs that are two animals"
)

# %%
from thumper_core import notes

for contradiction in found.constraints.contradictions:
    print("-", notes.sentence(contradiction))
print(f"{len(found.constraints.contradictions)} contradictions between what is known")

# %% [markdown]
# ## How alike are one animal and two?
#
# The similarities of these certain pairs. The less the two hills overlap, the better the embedder
# tells deer apart.

# %%
from thumper_core import figures

same, different = tuning.scores(found.thresholds.calibration)
figures.similarity_histogram(same, different, threshold=found.cut.similarity)

# %% [markdown]
# The same as a curve: going right, more pairs of two animals are confused; going up, more pairs
# of one animal are found. The equal-error rate is where both mistakes are equally frequent.

# %%
figures.roc(same, different, threshold=found.cut.similarity)

# %%
calibration = found.thresholds.calibration
low, high = calibration.intervals.get("eer", (float("nan"),) * 2)
print(f"equal-error rate {calibration.eer:.1%} (95%: {low:.1%} to {high:.1%})")
print(f"{calibration.n_must:,} pairs of one animal, {calibration.n_cannot:,} of two,")
print(f"{calibration.n_human:,} pairs that a person judged")
for warning in calibration.warnings:
    print("Note:", warning)

# %% [markdown]
# **The bias to know:** pairs inside a burst are easier than pairs a week apart. So the chance
# that two tracklets are one animal is fitted to all pairs of *different* events; the certain
# pairs only say what one animal and two can look like. Below: of the certain pairs to which a
# chance of so much was given, how many were one animal? On the line, the chance is honest. Points
# below it in the middle are pairs of two animals that look alike: burst pairs hold few doubtful
# pairs of one animal.

# %%
figures.reliability(calibration.reliability)

# %% [markdown]
# ## Every threshold at once
#
# All groupings come from one dendrogram, so a sweep costs no more than one identification. The
# threshold is a *chance* (of two groups being one animal), so that it means the same after the
# embedder changes. "Assigned" alone is a bad guide: one giant profile scores 100%. Look at it
# beside what is wrongly merged and wrongly split, and beside "Stable": how much of a profile is found
# again when the bursts are drawn anew.

# %%
recommended = found.thresholds.recommendation.threshold
figures.sweep(found.thresholds.sweep, recommended=recommended)

# %%
print(found.thresholds.recommendation.reason)

# %% [markdown]
# ## Try one
#
# Change the number and run the cell: what would the herd be?

# %%
threshold = recommended if recommended is not None else 0.5
tuning.counts(tuned, tuned.labels(threshold))

# %% [markdown]
# Would these profiles be there again, had the deer walked past a little differently? Bursts are
# drawn anew, with replacement, 20 times. Below 0.5 a profile is an accident of these photos;
# profiles of one tracklet have no value.

# %%
firm = tuned.stability(threshold)
print(f"{firm.mean:.0%} of a profile is found again,")
print(f"in {firm.profiles_low:.0f} to {firm.profiles_high:.0f} profiles")
print(f"{(firm.profile < 0.5).sum()} of {len(firm.profile)} profiles are shaky")

# %% [markdown]
# Against the herd that is shown now: who would be merged, who would fall apart?

# %%
shown = workspace.sql("select detection_id, individual_id from assignments")
changes = tuning.changes(tuned, tuned.labels(0.9), tuning.owners(tuned, shown))
for change in changes[:10]:
    print(change.kind, ", ".join(change.who), "- detections of each part:", change.parts)
print(f"{len(changes)} changes at 0.9")

# %% [markdown]
# The pictures of the first change, one of each part. If these are one deer, 0.9 is too strict.

# %%
from thumper_core import browse, contact_sheet

pictures = changes[0].pictures if changes else ()
contact_sheet(workspace, browse.detections(workspace, pictures), label="label")

# %% [markdown]
# ## Apply it
#
# Set `APPLY = True`: the threshold goes into the settings, and a new herd is built beside the old
# one and shown. Deer keep their IDs and names, decisions hold, and `thumper rollback` brings the
# old herd back. `"auto"` lets every identification take the threshold that it recommends.

# %%
APPLY = False
new_threshold = "auto"  # or a number, such as 0.6

if APPLY:
    from thumper_core import identify_herd

    settings = workspace.settings.replace("identify", threshold=new_threshold)
    settings.save(workspace.settings_file)
    herd = identify_herd(workspace, run_id=tuned.run_id, settings=settings)
    print(f"herd {herd.herd_id}: {herd.identification.tables.profiles.height} groups")
else:
    print("Nothing was changed.")

# %% [markdown]
# ## With another embedder
#
# Another embedder has other similarities, but the scale stays. Here vectors are made worse on
# purpose by mixing noise in, as a weaker embedder would give them: the similarity at which a
# chance of 0.5 lies moves, the recommended chance hardly does, and the expected errors say what
# the change costs. `04_which_embedder` compares real ones.

# %%
import numpy as np

from thumper_core import identify_frame, load_deer

frame, vectors = load_deer(workspace, tuned.run_id, workspace.settings.identify.class_conf_min)
settings = workspace.settings.replace("identify", threshold="auto", method="average").identify
rng = np.random.default_rng(0)
compared = {0.0: found}
for noise in (1.0, 2.0):
    noisy = vectors + noise * rng.standard_normal(vectors.shape) / np.sqrt(vectors.shape[1])
    noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
    compared[noise] = identify_frame(frame, noisy.astype(np.float32), settings)
pl.DataFrame(
    [
        {
            "noise": noise,
            "recommended chance": one.thresholds.recommendation.threshold,
            "similarity there": one.thresholds.recommendation.similarity,
            "equal-error rate": one.thresholds.calibration.eer,
            "profiles": one.tables.profiles.height,
            "why": one.thresholds.recommendation.reason,
        }
        for noise, one in compared.items()
    ]
)

# %% [markdown]
# ## What to do next
#
# The page Tune shows the same with pictures of what would merge or split. What a threshold cannot
# settle, an answer in Review does: `09_answers_and_effort`. Other settings side by side:
# `thumper sweep --keep "a note" --threshold 0.3,0.5,0.9`.
