"""A CenterNet's ONNX files: weights out of one, and a file that gives boxes as ultralytics' do."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from thumper_core.contracts import ThumperError
from thumper_core.files import write_whole
from thumper_core.vision.centernet.network import SIDES, STRIDE, CenterNet

COCO: Final = (
    *("person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat"),
    *("traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog"),
    *("horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella"),
    *("handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite"),
    *("baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle"),
    *("wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich"),
    *("orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch"),
    *("potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote"),
    *("keyboard", "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book"),
    *("clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush"),
)
"""The heat maps of a network that was trained on COCO (Lin et al. 2014), in their order."""
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "animal": COCO[15:24],
    "bird": ("bird",),
    "person": ("person",),
    "vehicle": ("bicycle", "car", "motorcycle", "bus", "train", "truck"),
}
"""What a file calls the things that it knows besides what it learned."""
KNOWN_SHIFT: Final = 0.7
"""Added to their logits: a network of COCO is a third less sure of what trail cameras see."""
MAPS: Final = "heat_maps"
"""Where a file says what its heat maps are."""
MOST_BOXES: Final = 300


@dataclass(frozen=True)
class Weights:
    """A network and what its heat maps are, in their order."""

    network: CenterNet
    maps: tuple[str, ...]


def read_weights(file: Path) -> Weights:
    """The network of a file, in float32, ready to be tuned.

    Any ONNX file of this network: its convolutions are read in the order in which they stand, with
    the biases that are added behind them; what the file does with their output is left. Raises
    ThumperError where they are not this network's.
    """
    import onnx
    from onnx import numpy_helper

    try:
        model = onnx.load(str(file))
    except Exception as error:  # protobuf's own errors have no common ancestor
        raise ThumperError(f"{file} cannot be read as an ONNX file: {error}") from None
    graph = model.graph
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            known[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    added = {
        name: known[other]
        for node in graph.node
        if node.op_type == "Add"
        for name, other in (node.input, reversed(node.input))
        if other in known
    }
    scale = next((known[n.input[1]] for n in graph.node if _scales_pictures(n, graph, known)), 1.0)
    nodes = [node for node in graph.node if node.op_type == "Conv" and node.input[1] in known]
    kernels = [known[node.input[1]] for node in nodes]
    network = CenterNet(kernels[-3].shape[0] if len(kernels) > 2 else 1)
    wanted = network.convolutions()
    if [k.shape for k in kernels] != [tuple(c.weight.shape) for c in wanted]:
        raise ThumperError(
            f"{file} is not a network that can be tuned: its {len(nodes)} convolutions are not "
            f"the {len(wanted)} of this CenterNet on MobileNetV3. Start from the detector `whitetail`."
        )
    with torch.no_grad():
        for place, (node, kernel, into) in enumerate(zip(nodes, kernels, wanted, strict=True)):
            into.weight.copy_(torch.tensor(kernel * (scale if place == 0 else 1.0)))
            if into.bias is not None:
                own = known[node.input[2]] if len(node.input) > 2 else added[node.output[0]]
                into.bias.copy_(torch.tensor(own).flatten())
    told = {entry.key: entry.value for entry in model.metadata_props}
    maps = tuple(json.loads(told[MAPS])) if MAPS in told else COCO
    return Weights(network, maps)


def _scales_pictures(node: Any, graph: Any, known: Mapping[str, Any]) -> bool:
    """Whether a node multiplies the pictures: 255 where a network counts in bytes."""
    return bool(
        node.op_type == "Mul" and node.input[0] == graph.input[0].name and node.input[1] in known
    )


def with_class(weights: Weights, name: str) -> Weights:
    """The same network with a heat map of `name` as its last; a new one starts as hoofed animals are.

    That is the mean of horse, sheep and cow, as far as the network knows them, else of all.
    """
    if weights.maps[-1] == name:
        return weights
    like = [weights.maps.index(n) for n in ("horse", "sheep", "cow") if n in weights.maps]
    more = CenterNet(len(weights.maps) + 1)
    kept = weights.network.state_dict()
    for part in ("heat.1.weight", "heat.1.bias"):
        mean = kept[part][like or slice(None)].mean(0, keepdim=True)
        kept[part] = torch.cat([kept[part], mean])
    more.load_state_dict(kept)
    return Weights(more, (*weights.maps, name))


def groups_of(maps: tuple[str, ...]) -> dict[str, tuple[list[int], float]]:
    """What a file's classes are made of: those that were learned, then GROUPS; each with its shift."""
    learned = [name for name in reversed(maps) if name not in COCO]
    known = {
        group: [maps.index(name) for name in names if name in maps]
        for group, names in GROUPS.items()
    }
    return {
        **{name: ([maps.index(name)], 0.0) for name in learned},
        **{group: (places, KNOWN_SHIFT) for group, places in known.items() if places},
    }


class Boxes(nn.Module):
    """A network, and behind it what makes heat maps into boxes: the peaks of groups of classes.

    groups: the heat maps of which each class of the file is the highest; shifts: what is added to
    their logits, so that one confidence fits all.
    """

    def __init__(self, network: CenterNet, groups: list[list[int]], shifts: list[float]) -> None:
        super().__init__()
        self.network, self.groups, self.shifts = network, groups, shifts

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) RGB in 0..1 to (B, 4 + groups, 300): middle, sides, scores; canvas pixels."""
        logits, sides = self.network(images)
        score = torch.sigmoid(
            torch.stack(
                [
                    logits[:, group].amax(1) + shift
                    for group, shift in zip(self.groups, self.shifts, strict=True)
                ],
                1,
            )
        )
        best = score.amax(1, keepdim=True)
        score = score * (F.max_pool2d(best, 3, 1, 1) == best)
        rows = torch.cumsum(torch.ones_like(best), 2) - 1
        columns = torch.cumsum(torch.ones_like(best), 3) - 1
        x, y = columns * STRIDE, rows * STRIDE
        left, top, right, bottom = sides.split(1, 1)
        dense = torch.cat(
            [x + (right - left) / 2, y + (bottom - top) / 2, left + right, top + bottom, score], 1
        ).flatten(2)
        _, surest = dense[:, 4:].amax(1).topk(MOST_BOXES, 1)
        return dense.gather(2, surest[:, None].expand(-1, dense.shape[1], -1))


def write_onnx(weights: Weights, file: Path, *, imgsz: int, about: Mapping[str, str]) -> None:
    """Write the file that detectors are opened from: float32, any sides that are multiples of 32.

    about: description, author, licence, for who reads the file's metadata.
    """
    import onnx

    classes = groups_of(weights.maps)
    parts = Boxes(
        weights.network, [g for g, _ in classes.values()], [s for _, s in classes.values()]
    )
    made = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the older exporter, the only one whose file is one piece
        torch.onnx.export(
            parts.eval(),
            (torch.zeros(1, 3, 2 * SIDES, 4 * SIDES),),
            made,  # type: ignore[arg-type]
            input_names=["images"],
            output_names=["output0"],
            dynamic_axes={"images": {0: "batch", 2: "height", 3: "width"}, "output0": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
    model = onnx.load_from_string(made.getvalue())
    told = {
        **about,
        MAPS: json.dumps(weights.maps),
        "stride": str(SIDES),
        "task": "detect",
        "batch": "1",
        "imgsz": str([imgsz, imgsz]),
        "names": str(dict(enumerate(classes))),
        "args": str({"batch": 1, "nms": False, "dynamic": True}),
    }
    for key, value in told.items():
        model.metadata_props.add(key=key, value=value)
    write_whole(file, model.SerializeToString())
