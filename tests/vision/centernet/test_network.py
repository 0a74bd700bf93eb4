"""The network's own pieces against plain ones, and its files there and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from thumper_core.contracts import ThumperError
from thumper_core.vision.centernet.files import (
    COCO,
    Boxes,
    Class,
    Weights,
    classes_of,
    read_weights,
    with_class,
    write_onnx,
)
from thumper_core.vision.centernet.network import CenterNet, conv, doubled, halved
from thumper_core.vision.detectors import open_detector

KNOWN = ("person", "bird", "horse", "cow")
MAPS = (KNOWN,)


@pytest.fixture(scope="module")
def network() -> CenterNet:
    torch.manual_seed(3)
    return CenterNet(len(KNOWN)).eval()


def test_doubled_puts_the_mean_between_two_places() -> None:
    line = torch.tensor([1.0, 3.0, 7.0])
    found = doubled(line.view(1, 1, 1, 3))
    assert found[0, 0].tolist() == [[1, 2, 3, 5, 7, 7]] * 2
    column = doubled(line.view(1, 1, 3, 1))
    assert torch.equal(column, found.transpose(2, 3))


@pytest.mark.parametrize(("kernel", "before", "behind"), [(3, 0, 1), (5, 1, 2)])
def test_halved_has_its_spare_border_behind(kernel: int, before: int, behind: int) -> None:
    torch.manual_seed(0)
    filters, x = conv(2, 3, kernel, 2), torch.rand(1, 2, 8, 6)
    whole = nn.functional.pad(x, (before, behind, before, behind))
    assert torch.equal(
        halved(x, filters), nn.functional.conv2d(whole, filters.weight, filters.bias, 2)
    )
    assert halved(x, filters).shape == (1, 3, 4, 3)


def test_maps_and_sides_have_a_quarter_of_the_pictures_sides(network: CenterNet) -> None:
    ((logits, sides),) = network(torch.rand(2, 3, 64, 96))
    assert logits.shape == (2, 4, 16, 24)
    assert sides.shape == (2, 4, 16, 24)


def test_one_of_a_batch_is_as_it_is_alone(network: CenterNet) -> None:
    x = torch.rand(3, 3, 64, 64)
    together, alone = network(x)[0][0][1], network(x[1:2])[0][0][0]
    assert torch.allclose(together, alone, atol=1e-4)


def test_a_file_gives_its_weights_back_and_the_boxes_of_the_network(
    network: CenterNet, tmp_path: Path
) -> None:
    file, weights = tmp_path / "x.onnx", with_class(Weights(network, MAPS), "elk")
    with torch.no_grad():
        for value in weights.network.tops[-1].parameters():  # it has learned
            value.mul_(1.01)
    write_onnx(weights, file, imgsz=96, about={"author": "me"})
    again = read_weights(file)
    assert again.maps == (KNOWN, ("elk",))
    kept = again.network.state_dict()
    assert all(
        torch.equal(value, kept[name]) for name, value in weights.network.state_dict().items()
    )

    detector = open_detector(str(file), conf_min=0.0001, iou_nms=1.0)
    assert detector.class_names == ("elk", "animal", "bird", "person")
    assert detector.input_size(960, 640) == (64, 96)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8)
    parts = Boxes(again.network, classes_of(again.maps))
    with torch.no_grad():
        plain = parts(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255)
    for boxes, rows in zip(detector.detect(pictures), plain, strict=True):
        surest = rows[4:].amax(0)
        assert boxes.confidence[0] == pytest.approx(float(surest.max()), abs=0.02)


def test_boxes_are_the_peaks_of_the_maps_with_the_sides_of_the_winner() -> None:
    class Told(nn.Module):
        def forward(self, x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
            logits, sides = torch.full((1, 3, 20, 20), -9.0), torch.zeros(1, 4, 20, 20)
            logits[0, 1, 5, 7], logits[0, 0, 5, 8] = 2.0, 1.0  # the second is no peak
            logits[0, 2, 15, 3] = 0.5
            sides[0, :, 5, 7] = torch.tensor([4.0, 6.0, 8.0, 10.0])
            learned, others = torch.full((1, 1, 20, 20), -9.0), torch.full((1, 4, 20, 20), 2.0)
            learned[0, 0, 5, 7], learned[0, 0, 15, 3] = 1.9, 1.6
            return [(logits, sides), (learned, others)]

    classes = [Class("deer", 1, (0,)), Class("a", 0, (0, 1)), Class("b", 0, (2,), 1.0)]
    found = Boxes(Told(), classes)(torch.zeros(1, 3, 80, 80))[0]
    best = int(found[5].argmax())
    # at (28, 20): from 24 to 36, from 14 to 30
    assert found[:4, best].tolist() == [30.0, 22.0, 12.0, 16.0]
    sigmoid = torch.tensor([1.9, 2.0, -8.0]).sigmoid()
    assert found[4:, best].tolist() == pytest.approx(sigmoid.tolist())
    # at (12, 60) the one that was learned wins by a little, and has its own sides
    deer = int((found[4] * (found[4] > found[5])).argmax())
    assert found[:4, deer].tolist() == [12.0, 60.0, 4.0, 4.0]
    assert found[6, deer] == pytest.approx(torch.tensor(1.5).sigmoid().item())
    assert int((found[4:].amax(0) > 0.5).sum()) == 2


def test_a_new_class_starts_as_hoofed_animals_are_and_what_was_known_stays(
    network: CenterNet,
) -> None:
    more = with_class(Weights(network, MAPS), "deer")
    x = torch.rand(1, 3, 64, 64)
    ((before, sides),) = network(x)
    (known, known_sides), (learned, own) = more.network(x)
    assert torch.equal(known, before)
    assert torch.equal(known_sides, sides)
    assert torch.equal(own, sides)
    assert torch.allclose(learned[:, 0], before[:, 2:4].mean(1), atol=1e-4)
    assert with_class(more, "deer") is more
    third = with_class(more, "elk")
    assert third.maps == (KNOWN, ("deer",), ("elk",))
    assert [one.name for one in classes_of(third.maps)] == [
        "elk",
        "deer",
        "animal",
        "bird",
        "person",
    ]


def test_only_what_a_file_speaks_of_is_kept() -> None:
    torch.manual_seed(0)
    network = CenterNet(4).eval()
    more = with_class(Weights(network, (("chair", "person", "sheep", "clock"),)), "deer")
    x = torch.rand(1, 3, 64, 64)
    assert more.maps == (("person", "sheep"), ("deer",))
    assert torch.allclose(more.network(x)[0][0], network(x)[0][0][:, 1:3], atol=1e-5)


def test_classes_of_all_that_coco_knows() -> None:
    classes = classes_of((COCO, ("deer",)))
    assert [one.name for one in classes] == ["deer", "animal", "bird", "person", "vehicle"]
    assert classes[0] == Class("deer", 1, (0,))
    assert {COCO[place] for place in classes[1].places} >= {"dog", "cow", "bear"}


def test_a_published_file_is_read_in_its_own_order(network: CenterNet, tmp_path: Path) -> None:
    """Lateral connections stand where they leave the trunk, and nothing names the heat maps."""
    file = tmp_path / "published.onnx"
    write_onnx(Weights(network, MAPS), file, imgsz=64, about={})
    model = onnx.load(str(file))
    names = {id(c): name for name, c in network.named_modules() if isinstance(c, nn.Conv2d)}
    order = [f"network.{names[id(c)]}.weight" for c in network.published()]
    assert len(set(order)) == len(network.convolutions())
    nodes = {n.input[1]: n for n in model.graph.node if n.op_type == "Conv"}
    assert set(order) == set(nodes)
    rest = [n for n in model.graph.node if n.op_type != "Conv"]
    del model.graph.node[:]
    model.graph.node.extend([*(nodes[name] for name in order), *rest])
    del model.metadata_props[:]
    file.write_bytes(model.SerializeToString())
    again = read_weights(file)
    assert again.maps == (COCO[: len(KNOWN)],)
    kept = again.network.state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in network.state_dict().items())


def test_another_network_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "other.onnx"
    kernel = helper.make_tensor("k", TensorProto.FLOAT, (2, 3, 1, 1), np.zeros(6))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y")]
    node = helper.make_node("Conv", ["x", "k"], ["y"])
    graph = helper.make_graph([node], "other", ends[:1], ends[1:], [kernel])
    file.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(ThumperError, match="1 convolutions are not the"):
        read_weights(file)
    file.write_bytes(b"no such thing")
    with pytest.raises(ThumperError, match="cannot be read as an ONNX file"):
        read_weights(file)
