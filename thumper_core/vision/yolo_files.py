"""What ultralytics writes: checkpoints, and what exported files say about themselves."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thumper_core.contracts import ThumperError, UsageError
from thumper_core.disk import trouble_of
from thumper_core.files import write_whole
from thumper_core.vision.nms import Layout
from thumper_core.vision.pickled import is_pickled
from thumper_core.vision.ultralytics_guard import alone

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Form:
    """What a detector's file says about itself."""

    class_names: tuple[str, ...]
    stride: int
    imgsz: int
    fixed_size: tuple[int, int] | None  # (h, w) where the network takes no other
    layout: Layout | None  # None: to be read off the first output


def read_form(file: Path) -> Form | None:
    """What `keep_form` kept; None where there is nothing, or nothing that can be read."""
    try:
        values = json.loads(file.read_text("utf-8"))
        size = values.pop("fixed_size")
        names = tuple(values.pop("class_names"))
        return Form(class_names=names, fixed_size=tuple(size) if size else None, **values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep_form(file: Path, form: Form) -> None:
    """Keep what a checkpoint says about itself, so that it need not be unpickled to know.

    A disk that takes no more is no error: what is kept here is never needed.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(asdict(form)))
    except OSError as error:
        if trouble_of(error, file) is None:
            raise


def load_pt(file: Path, path: Path) -> tuple[torch.nn.Module, Form]:
    """Unpickle an ultralytics checkpoint: `checked_copy` of one that is trusted.

    path: what a person knows it by, for the errors.
    """
    try:
        with alone():
            from ultralytics.nn.tasks import load_checkpoint
    except ImportError:
        raise ThumperError(
            "ultralytics is not installed: `pip install ultralytics-opencv-headless`."
        ) from None
    try:
        network, _ = load_checkpoint(  # type: ignore[no-untyped-call]
            str(file), fuse=True
        )
    except Exception as error:  # a pickle can fail in any way
        raise ThumperError(
            f"{path} is not a checkpoint that ultralytics loads ({error}). Export it again with "
            "the version that trained it, or as .onnx."
        ) from error
    if getattr(network, "task", "detect") != "detect":
        raise ThumperError(f"{path} is a model for {network.task}, not for detection.")
    head = network.model[-1]
    head.export = True
    head.format = "torchscript"
    layout: Layout = "dense"
    if type(head).__name__ == "RTDETRDecoder":
        layout = "final_normalised"
    elif getattr(head, "end2end", False):
        layout = "final"
    names = network.names
    stride = int(max(int(value) for value in network.stride))
    imgsz = network.args.get("imgsz", 640) if isinstance(network.args, Mapping) else 640
    return network, Form(
        tuple(str(names[index]) for index in range(len(names))),
        max(stride, 32),
        int(np.max(imgsz)),
        None,
        layout,
    )


def require_classes(path: Path, names: Iterable[str]) -> None:
    """Raise UsageError, which names the classes there are, where a weights file lacks one of `names`.

    A checkpoint says its classes only when it is unpickled: only for files that a person trusts.
    """
    if is_pickled(path):
        form = load_pt(path, path)[1]
    else:
        try:
            form = form_of_file(path, model_file_of(path))
        except RuntimeError as error:  # OpenVINO's, whatever is wrong
            raise ThumperError(f"{path} is no model that can be read ({error}).") from error
    missing = [name for name in names if name not in form.class_names]
    if missing:
        raise UsageError(
            f"{path.name} has no class {' and no class '.join(missing)}. "
            f"Its classes: {', '.join(form.class_names)}."
        )


def model_file_of(path: Path) -> Path:
    """The file that holds the network: the .xml of an OpenVINO folder, else the file itself."""
    if not path.is_dir():
        return path
    found = sorted(path.glob("*.xml"))
    if not found:
        raise UsageError(f"{path} holds no OpenVINO model (.xml).")
    return found[0]


def form_of_file(path: Path, model_file: Path) -> Form:
    """Names, stride, size and layout from the metadata that ultralytics' exports carry."""
    import openvino as ov

    model = ov.Core().read_model(model_file)
    facts = _metadata(path, model)
    if "names" not in facts:
        raise ThumperError(
            f"{path} carries no class names. Export it with ultralytics (`yolo export`), which "
            "writes them, or add `names` to its metadata."
        )
    names = facts["names"]
    if isinstance(names, Mapping):
        names = [names[key] for key in sorted(names, key=int)]
    shape = model.input(0).partial_shape
    fixed = None
    if shape[2].is_static and shape[3].is_static:
        fixed = (shape[2].get_length(), shape[3].get_length())
    arguments = facts.get("args", {})
    final = bool(facts.get("end2end")) or (
        isinstance(arguments, Mapping) and bool(arguments.get("nms"))
    )
    return Form(
        tuple(str(name) for name in names),
        int(facts.get("stride", 32)),
        int(np.max(facts.get("imgsz", fixed or 640))),
        fixed,
        "final" if final else None,
    )


def _metadata(path: Path, model: Any) -> dict[str, Any]:
    if path.is_dir() and (path / "metadata.yaml").exists():
        import yaml  # type: ignore[import-untyped]

        loaded = yaml.safe_load((path / "metadata.yaml").read_text("utf-8"))
        return dict(loaded) if isinstance(loaded, dict) else {}
    facts: dict[str, Any] = {}
    for key in ("names", "stride", "imgsz", "end2end", "args"):
        for place in (["framework", key], ["model_info", key], [key]):
            if model.has_rt_info(place):
                facts[key] = _literal(str(model.get_rt_info(place).astype(str)))
                break
    return facts


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
