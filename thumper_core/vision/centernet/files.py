"""A CenterNet's ONNX files: weights out of one, and a file that gives boxes as ultralytics' do."""

from __future__ import annotations

import copy
import io
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from thumper_core.contracts import ThumperError
from thumper_core.files import write_whole
from thumper_core.vision.centernet.network import SIDES, STRIDE, CenterNet, Top

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
LIKE: Final = ("horse", "sheep", "cow")
"""What a class that is new starts as: hoofed animals."""
MAPS: Final = "heat_maps"
"""Where a file says what the heat maps of its tops are."""
Maps = tuple[tuple[str, ...], ...]
"""Names of the heat maps of each top, in their order."""
MOST_BOXES: Final = 300


@dataclass(frozen=True)
class Weights:
    """A network and what its heat maps are."""

    network: CenterNet
    maps: Maps


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
    told = {entry.key: entry.value for entry in model.metadata_props}
    own: Maps = tuple(tuple(names) for names in json.loads(told.get(MAPS, "[]")))
    maps = own or (COCO[: kernels[-3].shape[0] if len(kernels) > 2 else 1],)
    network = CenterNet(*(len(names) for names in maps))
    wanted = network.convolutions() if own else network.published()
    if [k.shape for k in kernels] != [tuple(c.weight.shape) for c in wanted]:
        raise ThumperError(
            f"{file} is not a network that can be tuned: its {len(nodes)} convolutions are not "
            f"the {len(wanted)} of this CenterNet on MobileNetV3. Start from the detector `whitetail`."
        )
    with torch.no_grad():
        for place, (node, kernel, into) in enumerate(zip(nodes, kernels, wanted, strict=True)):
            into.weight.copy_(torch.tensor(kernel * (scale if place == 0 else 1.0)))
            if into.bias is not None:
                bias = known[node.input[2]] if len(node.input) > 2 else added[node.output[0]]
                into.bias.copy_(torch.tensor(bias).flatten())
    return Weights(network, maps)


def _scales_pictures(node: Any, graph: Any, known: Mapping[str, Any]) -> bool:
    """Whether a node multiplies the pictures: 255 where a network counts in bytes."""
    return bool(
        node.op_type == "Mul" and node.input[0] == graph.input[0].name and node.input[1] in known
    )


def with_class(weights: Weights, name: str) -> Weights:
    """The same network with a top for `name` as its last.

    A new one starts as a copy of the first, its heat map as the mean of hoofed animals that the network
    knows, else of all. Of the first top only what a file's classes are made of is kept.
    """
    if weights.maps[-1] == (name,):
        return weights
    known, *later = weights.maps
    like = [known.index(one) for one in LIKE if one in known] or list(range(len(known)))
    named = [place for place, one in enumerate(known) if _group_of(one)] or list(range(len(known)))
    network = copy.deepcopy(weights.network)
    first, *others = network.tops
    assert isinstance(first, Top)
    added = _with_maps(first, [like])
    network.tops = nn.ModuleList(
        [_with_maps(first, [[place] for place in named]), *others, added]
    ).eval()
    return Weights(network, (tuple(known[place] for place in named), *later, (name,)))


def _with_maps(top: Top, kept: list[list[int]]) -> Top:
    """The same top with the heat maps that are the means of the given ones."""
    made, state = Top(len(kept)), top.state_dict()
    for part in ("heat.1.weight", "heat.1.bias"):
        state[part] = torch.stack([state[part][places].mean(0) for places in kept])
    made.load_state_dict(state)
    return made


def _group_of(name: str) -> str | None:
    return next((group for group, names in GROUPS.items() if name in names), None)


@dataclass(frozen=True)
class Class:
    """A class of a file: the highest of some heat maps of one top, `shift` added to its logits."""

    name: str
    top: int
    places: tuple[int, ...]
    shift: float = 0.0


def classes_of(maps: Maps) -> list[Class]:
    """What a file's classes are made of: those that were learned, the last first, then GROUPS."""
    found: list[Class] = []
    for top, names in reversed(list(enumerate(maps))):
        found += [Class(n, top, (i,)) for i, n in enumerate(names) if n not in COCO]
    for group, members in GROUPS.items():
        places = tuple(i for i, name in enumerate(maps[0]) if name in members)
        found += [Class(group, 0, places, KNOWN_SHIFT)] if places else []
    return found


class Boxes(nn.Module):
    """A network, and behind it what makes heat maps into boxes: the peaks of its classes.

    The classes compete for each place, and the box there is that of the winner's top.
    """

    def __init__(self, network: nn.Module, classes: Sequence[Class]) -> None:
        super().__init__()
        self.network, self.classes = network, classes

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) RGB in 0..1 to (B, 4 + classes, 300): middle, sides, scores; canvas pixels."""
        tops = self.network(images)
        logits = [tops[c.top][0][:, list(c.places)].amax(1) + c.shift for c in self.classes]
        score = torch.sigmoid(torch.stack(logits, 1))
        best = score.amax(1, keepdim=True)
        sides = tops[0][1]
        for place, (_, others) in enumerate(tops[1:], 1):
            own = [i for i, c in enumerate(self.classes) if c.top == place]
            sides = torch.where(score[:, own].amax(1, keepdim=True) == best, others, sides)
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

    classes = classes_of(weights.maps)
    parts = Boxes(weights.network, classes)
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
        "names": str({i: one.name for i, one in enumerate(classes)}),
        "args": str({"batch": 1, "nms": False, "dynamic": True}),
    }
    for key, value in told.items():
        model.metadata_props.add(key=key, value=value)
    write_whole(file, model.SerializeToString())
