"""Local matching in the whole: looked for beforehand, heard when the setting says so, else nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.herds import SETTINGS, deer_workspace, models
from tests.match.networks import Spots
from thumper_core.contracts import ThumperError
from thumper_core.flows.reprocess import reprocess
from thumper_core.herd.build import build_herd
from thumper_core.herd.grow import grow_herd
from thumper_core.herd.kept_space import load_known
from thumper_core.herd.keypoints import collect_keypoints
from thumper_core.match import collect as room
from thumper_core.match import marks

WHO = "select detection_id, tracklet_id, profile_id, individual_id, p_same from assignments"


def test_matching_is_heard_where_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Spots()
    monkeypatch.setattr(room, "open_network", lambda: network)
    monkeypatch.setattr(marks, "COARSEST", 0)
    workspace = deer_workspace(tmp_path, n_deer=5, n_events=8, burst=2)
    with pytest.raises(ThumperError, match="No run"):
        collect_keypoints(workspace)
    assert reprocess(workspace, models()).is_promoted
    before = workspace.sql(WHO)
    assert network.n_pictures == 0
    tracklets = workspace.sql("from tracklets").height
    assert collect_keypoints(workspace).n_made == network.n_pictures == tracklets

    matched = build_herd(workspace, settings=SETTINGS.replace("identify", matching="on"))
    assert network.n_pictures == tracklets  # none was looked at again
    assert "local matches of" in matched.summary.cut.whitening
    known = load_known(workspace, matched.herd_id)
    assert known is not None and known.mapping.matched > 0
    told = grow_herd(workspace, matched.run_id, SETTINGS)
    assert not told.is_done and "place by place" in told.reason

    plain = build_herd(workspace, settings=SETTINGS)
    assert "local matches" not in plain.summary.cut.whitening
    assert workspace.sql(WHO).equals(before)  # to the last digit
