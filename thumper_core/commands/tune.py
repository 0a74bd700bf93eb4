"""`tune`: measure this machine once."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from thumper_core.commands.common import (
    JsonOption,
    TrustOption,
    asking,
    err,
    open_workspace,
    out,
    print_json,
    table,
)

if TYPE_CHECKING:
    from thumper_core.upkeep.measure import Measurements
    from thumper_core.upkeep.precisions import Trial


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(tune)


def tune(
    detector: Annotated[str | None, typer.Option(help="Default: the workspace's.")] = None,
    embedder: Annotated[str | None, typer.Option(help="Default: the workspace's.")] = None,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Use the fastest precision that agrees with float32 from now on. It moves results "
            "a little, so later runs are new ones.",
        ),
    ] = False,
    trust: TrustOption = False,
    json: JsonOption = False,
) -> None:
    """Measure this machine on the workspace's own photos; later runs use what is fastest.

    Batch, threads and streams change no result and are used at once. Of the precisions (float32,
    bfloat16, int8) each is compared with float32, and refused where it finds other animals.
    """
    from thumper_core.upkeep.measure import tune as work

    workspace = open_workspace()
    settings = workspace.settings.replace("detect", detector=detector).replace(
        "embed", embedder=embedder
    )

    def measure() -> Measurements:
        with err.status("Loading the models") as status:
            return work(workspace, settings, adopt=adopt, trust=trust, say=status.update)

    found = asking(measure)
    if json:
        print_json(asdict(found))
        return
    _show(found, adopt)


def _show(found: Measurements, adopt: bool) -> None:
    if found.trials:
        columns = ["model", "precision", "pictures a second", "agrees with float32", ""]
        table("Precision", columns, [_row(trial) for trial in found.trials])
    tuned = found.tuned
    decoded = found.photos_per_s[tuned.decode_threads]
    streams = str(tuned.streams) if tuned.streams else "one for each core"
    out.print(
        f"Batches of {tuned.batch_size}, {tuned.decode_threads} decoding threads "
        f"({decoded:.0f} photos/s), streams: {streams}. Kept for {tuned.processor}."
    )
    if found.gpu_photos_per_s is not None:
        out.print(
            f"The GPU decodes {found.gpu_photos_per_s:.0f} photos/s. If that is what your runs wait "
            "for, `gpu_decode = true` under [engine] in thumper.toml uses it; some damaged photos "
            "go unnoticed then."
        )
    for stage, precision in found.adopted.items():
        out.print(f"Setting {stage}.precision is {precision} now: the next run is a new one.")
    gains = [text for model in found.best if (text := _gain(found, model))]
    if gains and not adopt:
        out.print(f"{' '.join(gains)} `thumper tune --adopt` takes it; later runs are new ones.")


def _row(trial: Trial) -> list[str]:
    if trial.agreement is None:
        agrees, verdict = "–", ""
    else:
        unit = "of boxes" if trial.model == "detector" else "cosine"
        number = f"{trial.agreement:.1%}" if trial.model == "detector" else f"{trial.agreement:.4f}"
        agrees = f"{number} {unit}, {trial.n_judged} compared"
        verdict = "fits" if trial.fits else "refused"
    return [trial.model, trial.precision, f"{trial.pictures_per_s:.1f}", agrees, verdict]


def _gain(found: Measurements, model: str) -> str:
    """What the fastest fitting precision gains over the one that is used without a choice."""
    trials = {trial.precision: trial for trial in found.trials if trial.model == model}
    usual = trials.get("bf16" if model == "detector" else "f32") or trials.get("f32")
    best = trials.get(found.best[model])
    if usual is None or best is None or best.pictures_per_s < 1.05 * usual.pictures_per_s:
        return ""
    factor = best.pictures_per_s / usual.pictures_per_s
    return f"{best.precision} makes the {model} {factor:.1f} times as fast."
