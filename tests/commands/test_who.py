"""`who` and `evaluate who`, as somebody types them."""

from __future__ import annotations

import json
from pathlib import Path

from tests import generated
from tests.generated import Size


def test_whom_a_photo_shows_as_text_and_as_json(tmp_path: Path, call) -> None:  # type: ignore[no-untyped-def]
    ranch = generated.build(tmp_path, Size(photos=72, animals=4))
    photo, path = ranch.sql(
        "select p.photo_id, p.root || '/' || p.path from photos p join detections d using (photo_id) "
        "where d.is_deer order by p.taken_at desc limit 1"
    ).row(0)
    code, printed = call("-w", ranch.root, "who", photo, "--json")
    told = json.loads(printed)
    assert code == 0 and told["visits"]
    for visit in told["visits"]:
        total = sum(visit["chances"].values()) + visit["p_new"] + visit["p_unknown"]
        assert abs(total - 1) < 1e-9
    code, printed = call("-w", ranch.root, "who", photo)
    assert code == 0 and "a new deer" in printed and "cannot tell" in printed
    code, printed = call("-w", ranch.root, "who")
    assert (code, printed.strip()) == (0, "Nothing new.")
    code, printed = call("-w", ranch.root, "who", "--fit")
    assert code == 0 and printed.startswith("detection_id,event_id,fit_identify,fit_sex")
    # The generated photos' IDs are not those of their content: this file was never added.
    assert call("-w", ranch.root, "who", path)[0] == 3
    assert call("evaluate", "who", ranch.root, "--sighting", "x")[0] == 2
    assert call("evaluate", "who", ranch.root)[0] == 3  # no truth
