"""The network's own pieces against plain ones, and its files there and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from thumper_core.contracts import ThumperError
from thumper_core.vision.centernet.files import (
    COCO,
    Boxes,
    Weights,
    groups_of,
    read_weights,
    with_class,
    write_onnx,
)
from thumper_core.vision.centernet.network import CenterNet, conv, doubled, halved
from thumper_core.vision.detectors import open_detector

MAPS = ("person", "bird", "horse", "cow")


@pytest.fixture(scope="module")
def network() -> CenterNet:
    torch.manual_seed(3)
    return CenterNet(len(MAPS)).eval()


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
    logits, sides = network(torch.rand(2, 3, 64, 96))
    assert logits.shape == (2, 4, 16, 24)
    assert sides.shape == (2, 4, 16, 24)


def test_one_of_a_batch_is_as_it_is_alone(network: CenterNet) -> None:
    x = torch.rand(3, 3, 64, 64)
    together, alone = network(x)[0][1], network(x[1:2])[0][0]
    assert torch.allclose(together, alone, atol=1e-4)


def test_a_file_gives_its_weights_back_and_the_boxes_of_the_network(
    network: CenterNet, tmp_path: Path
) -> None:
    file, weights = tmp_path / "x.onnx", with_class(Weights(network, MAPS), "elk")
    write_onnx(weights, file, imgsz=96, about={"author": "me"})
    again = read_weights(file)
    assert again.maps == (*MAPS, "elk")
    kept = again.network.state_dict()
    assert all(
        torch.equal(value, kept[name]) for name, value in weights.network.state_dict().items()
    )

    detector = open_detector(str(file), conf_min=0.0001, iou_nms=1.0)
    assert detector.class_names == ("elk", "animal", "bird", "person")
    assert detector.input_size(960, 640) == (64, 96)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8)
    groups = groups_of(again.maps)
    parts = Boxes(again.network, [g for g, _ in groups.values()], [s for _, s in groups.values()])
    with torch.no_grad():
        plain = parts(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255)
    for boxes, rows in zip(detector.detect(pictures), plain, strict=True):
        surest = rows[4:].amax(0)
        assert boxes.confidence[0] == pytest.approx(float(surest.max()), abs=0.02)


def test_boxes_are_the_peaks_of_the_maps_with_their_sides() -> None:
    class Told(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            logits, sides = torch.full((1, 3, 20, 20), -9.0), torch.zeros(1, 4, 20, 20)
            logits[0, 1, 5, 7], logits[0, 0, 5, 8] = 2.0, 1.0  # the second is no peak
            logits[0, 2, 15, 3] = 0.5
            sides[0, :, 5, 7] = torch.tensor([4.0, 6.0, 8.0, 10.0])
            return logits, sides

    found = Boxes(Told(), [[0, 1], [2]], [0.0, 1.0])(torch.zeros(1, 3, 80, 80))[0]  # type: ignore[arg-type]
    best = int(found[4].argmax())
    # at (28, 20): from 24 to 36, from 14 to 30
    assert found[:4, best].tolist() == [30.0, 22.0, 12.0, 16.0]
    assert found[4, best] == pytest.approx(torch.sigmoid(torch.tensor(2.0)).item())
    assert found[5].max() == pytest.approx(torch.sigmoid(torch.tensor(1.5)).item())
    assert int((found[4] > 0.5).sum()) == 1


def test_a_new_class_starts_as_hoofed_animals_are(network: CenterNet) -> None:
    more = with_class(Weights(network, MAPS), "deer")
    x = torch.rand(1, 3, 64, 64)
    before, after = network(x)[0], more.network(x)[0]
    assert torch.allclose(after[:, :4], before, atol=1e-5)
    assert torch.allclose(after[:, 4], before[:, 2:4].mean(1), atol=1e-4)
    assert with_class(more, "deer") is more


def test_groups_of_all_that_coco_knows() -> None:
    groups = groups_of((*COCO, "deer"))
    assert list(groups) == ["deer", "animal", "bird", "person", "vehicle"]
    assert groups["deer"] == ([80], 0.0)
    assert {COCO[place] for place in groups["animal"][0]} >= {"dog", "cow", "bear"}


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
