"""`models list|pull|verify|add`: weights by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from thumper_core.commands.common import (
    Exit,
    JsonOption,
    asking,
    err,
    known_models,
    out,
    print_json,
    progress_bar,
    table,
)
from thumper_core.contracts import UsageError

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="See `thumper models list`.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    group = typer.Typer(no_args_is_help=True, help="Detectors and embedders by name.")
    group.command("list")(list_models)
    group.command()(pull)
    group.command()(verify)
    group.command()(add)
    app.add_typer(group, name="models")


def list_models(json: JsonOption = False) -> None:
    """Show every known model and whether its weights are here."""
    from thumper_core.vision.pickled import trust_of
    from thumper_core.vision.weights import verify as state_of

    registry = known_models()
    rows = [
        {
            "name": spec.name,
            "kind": spec.kind,
            "weights": "its parts" if spec.parts else state_of(spec),
            "trusted": trust_of(spec, registry),
            "licence": spec.licence,
            "notes": spec.notes,
        }
        for spec in registry
    ]
    if json:
        print_json(rows)
    else:
        columns = ["name", "kind", "weights", "trusted", "licence"]
        table("Models", columns, [[row[c] for c in columns] for row in rows])
        out.print()
        table("Notes", ["name", "notes"], [[r["name"], r["notes"]] for r in rows if r["notes"]])
    for question in registry.questions.values():
        err.print(str(question.error), markup=False)


def pull(
    name: NameArgument,
    trust: Annotated[
        bool, typer.Option("--trust", help="Trust an address that only this workspace names.")
    ] = False,
) -> None:
    """Download a model's weights; a broken download goes on where it stopped."""
    from thumper_core.vision.weights import pull as get

    spec = asking(lambda: known_models().get(name))

    def fetch() -> tuple[Path, str]:
        with progress_bar(name) as advance:
            return get(
                spec,
                on_progress=lambda done, total: advance(done, total or None),
                trust=trust,
            )

    path, sha256 = asking(fetch)
    out.print(f"{path}\nsha256 {sha256}")
    if not spec.sha256:
        out.print(
            "Its publisher states no hash to compare with. If you trust the source, "
            "`thumper run --trust` loads it."
        )


def verify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Default: all.")] = None,
) -> None:
    """Compare weights with their known hashes."""
    from thumper_core.vision.pickled import trust_of
    from thumper_core.vision.weights import verify as state_of

    registry = known_models()
    specs = [registry.get(name)] if name else [spec for spec in registry if not spec.parts]
    states = [(spec.name, state_of(spec)) for spec in specs]
    rows = [[*state, trust_of(spec, registry)] for spec, state in zip(specs, states, strict=True)]
    table("Weights", ["name", "state", "trusted"], rows)
    if any(state == "wrong" for _, state in states) or (name and states[0][1] == "absent"):
        raise typer.Exit(Exit.REFUSED)


def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=".pt, .onnx or OpenVINO folder.")],
    name: Annotated[str, typer.Option(help="What to call it.")],
    meaning: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="CLASS=SPECIES[,SEX[,AGE]]",
            help="What a class stands for, such as --class 'doe=white-tailed deer,female,adult'.",
        ),
    ] = None,
    input_size: Annotated[int | None, typer.Option(help="Longest side, pixels.")] = None,
) -> None:
    """Make a weights file of your own known by name. Its hash is then trusted."""
    from thumper_core.vision.weights import add_model, require_addable
    from thumper_core.vision.yolo_files import require_classes

    class_map = dict(_meaning(text) for text in meaning) if meaning else None
    require_addable(file)
    if class_map:
        require_classes(file, class_map)
    spec = add_model(file, name, class_map=class_map, input_size=input_size)
    out.print(f"Known as {spec.name}: thumper run --detector {spec.name}")


def _meaning(text: str) -> tuple[str, Any]:
    from thumper_core.contracts import AgeClass, ClassMeaning, Sex

    name, _, value = text.partition("=")
    words = [word.strip() for word in value.split(",")]
    try:
        species, sex, age = [*words, *["unknown"] * (3 - len(words))]
        if not name.strip() or not species:
            raise ValueError
        return name.strip(), ClassMeaning(species, Sex(sex), AgeClass(age))
    except ValueError:
        raise UsageError(
            f"--class takes CLASS=SPECIES[,SEX[,AGE]] with sex male, female or unknown and age "
            f"adult, fawn or unknown, not {text!r}."
        ) from None
