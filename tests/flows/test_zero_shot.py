"""A head made of words: what CLIP itself says of a picture, asked like any other head."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_model

from tests.heads.heads import open_to_heads
from tests.workspaces import Deer, build
from thumper_core.contracts import ThumperError, UsageError
from thumper_core.flows.zero_shot import head_from_words, words_of
from thumper_core.heads.head import load_head
from thumper_core.vision.weights import sha256_of
from thumper_core.workspace import Workspace

ENTRY = """
[[model]]
name = "{name}"
kind = "embedder"
loader = "open_clip"
architecture = "tiny-words"
file = "{file}"
input_size = 32
licence = "none"
source = "made by this test"
"""
CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1},
}


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    """A workspace whose shown run is of a small CLIP model with random weights."""
    import open_clip

    (tmp_path / "tiny-words.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(tmp_path)
    torch.manual_seed(0)
    workspace = build(tmp_path, [Deer("animal", 2)], identified=False, drawn=False)
    file = workspace.root / "tiny-words.safetensors"
    save_model(open_clip.create_model("tiny-words"), file)
    open_to_heads(workspace, sha256_of(file))
    (workspace.root / "registry.toml").write_text(ENTRY.format(name="tiny-words", file=file))
    with workspace.ledger.transaction() as c:
        c.execute("update runs set embedder = 'tiny-words'")
    return workspace


def test_it_says_what_the_model_says_of_a_vector(ranch: Workspace) -> None:
    import open_clip

    head, file = head_from_words(ranch, ["raccoon", " wild  turkey ", "raccoon", ""])
    deer = words_of("white-tailed deer")
    assert head.about["words"] == [*deer, "raccoon", "wild turkey"]
    assert (head.n_yes, head.dim, load_head(Path(file)).source) == (len(deer), 16, head.source)
    model = open_clip.create_model(
        "tiny-words", pretrained=str(ranch.root / "tiny-words.safetensors")
    ).eval()
    tokens = open_clip.get_tokenizer("tiny-words")(
        [f"a photo of a {word}." for word in head.about["words"]]
    )
    vectors = np.random.default_rng(0).normal(size=(5, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with torch.inference_mode():
        words = model.encode_text(tokens, normalize=True)
        shares = (model.logit_scale.exp() * torch.from_numpy(vectors) @ words.T).softmax(1)
    np.testing.assert_allclose(
        load_head(Path(file)).read(vectors), shares[:, : len(deer)].sum(1), atol=1e-4
    )


def test_the_views_ask_it(ranch: Workspace) -> None:
    head, _ = head_from_words(ranch, ["raccoon"])
    with pytest.raises(UsageError, match="Name what an animal may be"):
        head_from_words(ranch, ["deer"])
    with pytest.raises(UsageError, match="not nothing"):
        head_from_words(ranch, [" "])
    with ranch.ledger.transaction() as c:
        c.execute("update runs set embedder = 'efficientnet_lite0'")
    with pytest.raises(ThumperError, match="knows no words"):
        head_from_words(ranch, ["raccoon"])
    assert head.source.startswith("head words-species@")


def test_without_a_run_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--embedder bioclip"):
        head_from_words(Workspace.create(tmp_path / "empty"))
