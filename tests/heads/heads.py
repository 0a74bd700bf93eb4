"""Heads for the tests: lines through the made-up space of `tests.workspaces`."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt

from tests.workspaces import DETECTOR, EMBEDDER
from thumper_core.contracts import ClassMeaning
from thumper_core.heads.head import Head, Kind
from thumper_core.store.meanings import set_meanings
from thumper_core.workspace import Workspace

SHA256 = "a" * 64


def head(kind: Kind, coefficients: npt.ArrayLike, bias: float = 0.0, **fields: str) -> Head:
    return Head(
        **{"name": f"test-{kind}", "species": "white-tailed deer", "embedder": EMBEDDER}
        | {"weights_sha256": SHA256} | fields,
        kind=kind, coefficients=np.asarray(coefficients, np.float32), bias=bias,
    )  # fmt: skip


def open_to_heads(workspace: Workspace, sha256: str = SHA256) -> Workspace:
    """The workspace with runs of an embedder that heads know, and a detector that says "animal"."""
    set_meanings(workspace.ledger, DETECTOR, {"animal": ClassMeaning("animal")})
    config = json.dumps({"embedder": {"weights_sha256": sha256}})
    with workspace.ledger.transaction() as c:
        c.execute("update runs set config = ?", (config,))
    return workspace


def mean_vector(workspace: Workspace, cls: str) -> npt.NDArray[np.float32]:
    """The mean direction of a class's vectors, unit length."""
    frame = workspace.sql(
        'select e.vector from embeddings e join detections d using (detection_id) where d."class" = ?',
        [cls],
    )
    mean = np.stack(frame["vector"].to_list()).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)
