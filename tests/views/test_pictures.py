"""The best picture is the same one in every question that chooses one."""

from __future__ import annotations

from pathlib import Path

from tests.generated import Size, build
from thumper_core.questions.scope import Scope, scoped
from thumper_core.views.pictures import PICTURE_SCORE


def test_visits_and_scopes_choose_by_the_one_score(tmp_path: Path) -> None:
    workspace = build(tmp_path, Size(photos=60, animals=3, cameras=2, days=4))
    scores = (
        f"select a.individual_id, a.profile_id, p.event_id, d.detection_id, {PICTURE_SCORE} as score "
        "from assignments a join detections d using (detection_id) join photos p using (photo_id) "
        "where a.individual_id is not null"
    )
    best = "individual_id, event_id, max(score) as score"
    of_visits = workspace.sql(
        f"with s as ({scores}), b as (select {best} from s group by all) "
        "select count(*) as n from b join sightings g using (individual_id, event_id) "
        "join s on s.detection_id = g.best_detection_id where s.score <> b.score"
    )
    assert of_visits["n"].to_list() == [0]
    assert workspace.sql("select count(*) as n from sightings")["n"][0] > 5
    # Narrowed, a profile has the best picture of what is left of it.
    (camera,) = workspace.sql("select camera from sightings limit 1")["camera"]
    narrow = scoped(workspace, Scope(cameras=(camera,)))
    of_profiles = narrow.sql(
        f"with s as ({scores}), b as (select profile_id, max(score) as score from s group by all) "
        "select count(*) as n, count(*) filter (where s.score <> b.score) as worse "
        "from b join profiles g using (profile_id) join s on s.detection_id = g.best_detection_id"
    )
    assert of_profiles["n"][0] > 0 and of_profiles["worse"][0] == 0
