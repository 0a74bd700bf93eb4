"""`train detector|head|reid`: weights of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from thumper_core.commands.common import (
    JsonOption,
    known_models,
    open_workspace,
    out,
    print_json,
    progress_bar,
    table,
)
from thumper_core.commands.learn import learn
from thumper_core.commands.train_reid import train_reid
from thumper_core.contracts import UsageError
from thumper_core.counting import counted


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Train weights of your own.")
    group.command("detector")(train_detector)
    group.command("head")(train_head)
    group.command("reid")(train_reid)
    app.add_typer(group, name="train")


def train_detector(
    output: Annotated[
        Path | None,
        typer.Option("--out", help="The file to write: .onnx when tuned, .pt from scratch."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="corrections",
            help="Tune on what people corrected in this workspace; the detector in use is replaced only "
            "by a better one, as `thumper learn` does.",
        ),
    ] = None,
    dataset: Annotated[
        Path | None,
        typer.Option(
            help="A training list (.toml): a detector is tuned on it. A YOLO data set (.yaml): one is "
            "trained from scratch. Default: from scratch, on rendered herds."
        ),
    ] = None,
    start: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="Tuning: the detector that it starts from.")
    ] = "whitetail",
    photos: Annotated[
        Path | None, typer.Option(help="Tuning: where the list's folders are; default: beside it.")
    ] = None,
    leave: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="Tuning: photos whose path it finds are kept back, to measure with: whole cameras.",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            min=1, help="Tuning: steps of twelve pictures; default 450, 200 on corrections."
        ),
    ] = None,
    seeds: Annotated[
        str, typer.Option(metavar="FIRST:LAST", help="Seeds of the rendered herds, both included.")
    ] = "1001:1022",
    photos_per_seed: Annotated[int, typer.Option(min=1)] = 66,
    epochs: Annotated[int, typer.Option(min=1, help="From scratch: at full size.")] = 8,
    small_epochs: Annotated[int, typer.Option(min=0, help="Before them, at small size.")] = 14,
    imgsz: Annotated[
        int | None,
        typer.Option(min=32, help="Longest side, pixels; default: 640 tuned, 448 from scratch."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="From scratch: cpu, or a CUDA device such as 0.")
    ] = "cpu",
    json: JsonOption = False,
) -> None:
    """Tune a detector on photos of one's own or on corrections, or train one from scratch.

    A training that was stopped goes on where it was when the same command is given again (tuning).
    """
    if source is not None:
        if source != "corrections" or output is not None or dataset is not None:
            raise UsageError("--from takes corrections, and neither --out nor --dataset with it.")
        learn(only="detector", even_few=True, steps=steps, json=json)
        return
    if output is None:
        raise UsageError("Name the file to write: --out FILE.")
    if dataset is not None and dataset.suffix == ".toml":
        _tune(output, dataset, start, photos, leave, steps or 450, imgsz or 640, json)
        return
    from thumper_core.vision.train import train_detector as train
    from thumper_demo.training import train_on_herds

    herds: Any = {"seeds": _seeds(seeds), "photos_per_seed": photos_per_seed}
    size: Any = {"epochs": epochs, "small_epochs": small_epochs, "imgsz": imgsz or 448}
    with progress_bar("Training") as advance:

        def say(stage: str, done: int, total: int) -> None:
            advance(done, total, stage)

        if dataset is None:
            result = train_on_herds(output, **herds, **size, device=device, on_progress=say)
        else:
            result = train(output, dataset, **size, device=device, on_progress=say)
    if json:
        from dataclasses import asdict

        print_json(asdict(result))
        return
    rows = [[name, m.map50, m.map50_95] for name, m in result.per_class.items()]
    table(f"{output} on unseen seeds", ["class", "mAP50", "mAP50-95"], rows)


def _tune(
    output: Path,
    listed: Path,
    start: str,
    photos: Path | None,
    leave: str | None,
    steps: int,
    imgsz: int,
    json: bool,
) -> None:
    from thumper_core.vision.centernet.fit import Losses, Plan
    from thumper_core.vision.centernet.train import train
    from thumper_core.vision.detectors import weights_file

    origin = weights_file(start, known_models())
    with progress_bar("Tuning") as advance:

        def say(step: int, total: int, losses: Losses) -> None:
            heat, box, kept = losses
            advance(step, total, f"heat {heat:.2f}, boxes {box:.2f}, what it knew {kept:.2f}")

        plan = Plan(steps=steps)
        tuned = train(
            listed,
            output,
            origin,
            photos=photos,
            leave=leave,
            plan=plan,
            imgsz=imgsz,
            on_progress=say,
        )
    if json:
        print_json(
            {
                "weights": str(tuned.weights),
                "sha256": tuned.sha256,
                "n_bytes": tuned.n_bytes,
                "class": tuned.learned,
                "n_photos": tuned.n_photos,
                "n_boxes": tuned.n_boxes,
                "n_left": len(tuned.left),
            }
        )
        return
    out.print(
        f"{tuned.weights}: {tuned.learned} learned from {counted(tuned.n_boxes, 'box', 'boxes')} "
        f"in {counted(tuned.n_photos, 'photo')}."
    )
    if tuned.left:
        more = f" --photos {photos}" if photos else ""
        out.print(
            f"{counted(len(tuned.left), 'photo was', 'photos were')} kept back. What it is worth there: "
            f"thumper evaluate detector {listed}{more} --only '{leave}' --detector {output}"
        )
    else:
        out.print("No photos were kept back (--leave), so nothing can be said of how good it is.")


def train_head(
    kind: Annotated[
        str, typer.Option(help="sex, species, or both: whatever there are enough classes for.")
    ] = "both",
    zero_shot: Annotated[
        bool,
        typer.Option(
            "--zero-shot",
            help="Species from words alone, where the run's embedder is bioclip or CLIP.",
        ),
    ] = False,
    others: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="With --zero-shot: what else lives there, with commas between."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Fit a head for species or sex on the classes that people corrected in this workspace.

    It takes seconds, and is used from then on where it is better than the head in use on cameras that
    neither saw: nothing is processed again. With --zero-shot a head for
    species is made of words instead, which nothing here has measured.
    """
    from dataclasses import asdict

    from thumper_core.flows.train_head import train_heads
    from thumper_core.heads.head import KINDS

    if kind not in (*KINDS, "both"):
        raise UsageError(f"--kind takes sex, species or both, not {kind!r}.")
    if zero_shot:
        _from_words(others, json)
        return
    if others is not None:
        raise UsageError("--others is for `--zero-shot`.")
    done = train_heads(
        open_workspace(), KINDS if kind == "both" else [k for k in KINDS if k == kind]
    )
    if json:
        print_json(
            {
                f.head.kind: {
                    "head": f.head.source, "file": f.file, "trial": f.trial.as_dict(),
                    "cameras_left_out": asdict(f.together),
                    "by_camera": {name: asdict(s) for name, s in f.by_camera.items()},
                }
                for f in done.fitted
            }
            | {"missing": done.missing}
        )  # fmt: skip
        return
    for fitted in done.fitted:
        columns = ["camera left out", "yes", "no", "AUC", "balanced accuracy", "calibration error"]
        scored = [("all", fitted.together), *fitted.by_camera.items()]
        rows = [
            [name, s.n_positive, s.n_negative, *(_figure(v) for v in (s.auc, s.balanced, s.ece))]
            for name, s in scored
        ]
        where = f", in {fitted.file}" if fitted.file else ""
        table(f"{fitted.head.source}{where}", columns, rows)
        out.print(fitted.trial.said, markup=False)
    if done.missing:
        out.print(done.why_missing, markup=False)


def _from_words(others: str | None, json: bool) -> None:
    from thumper_core.flows.zero_shot import OTHERS, head_from_words

    head, file = head_from_words(open_workspace(), others.split(",") if others else OTHERS)
    if json:
        print_json({"head": head.source, "file": file, "words": head.about["words"]})
        return
    yes, no = head.about["words"][: head.n_yes], head.about["words"][head.n_yes :]
    out.print(f"{head.source}, in {file}: {', '.join(yes)}; against {', '.join(no)}.", markup=False)


def _figure(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _seeds(text: str) -> range:
    first, _, last = text.partition(":")
    try:
        return range(int(first), int(last or first) + 1)
    except ValueError:
        raise UsageError(f"--seeds takes FIRST:LAST, not {text!r}.") from None
