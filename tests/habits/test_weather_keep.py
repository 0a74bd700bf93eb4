"""`weather.csv`: what is imported is added, and nothing that was there is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from thumper_core.contracts import UsageError
from thumper_core.habits.weather_keep import keep_weather, weather_of
from thumper_core.workspace import Workspace
from thumper_core.zones import zone


@pytest.fixture
def ranch(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ranch")


def table(folder: Path, header: str, *lines: str) -> Path:
    file = folder / "new.csv"
    file.write_text("\n".join([header, *lines, ""]), "utf-8")
    return file


def test_no_weather(ranch: Workspace) -> None:
    assert weather_of(ranch) is None


def test_hours_are_added_and_told_anew(ranch: Workspace, tmp_path: Path) -> None:
    first = table(
        tmp_path, "time,temperature_c,wind_m_s", "2025-01-01 01:00,5,1", "2025-01-01 02:00,6,1"
    )
    assert keep_weather(ranch, first).n_new == 2
    more = table(tmp_path, "time,temperature_c", "2025-01-01 02:00,7", "2025-01-01 03:00,8")
    kept = keep_weather(ranch, more)
    assert (kept.n_new, kept.n_changed) == (1, 1)
    again = weather_of(ranch)
    assert again is not None
    assert again.rows.equals(kept.weather.rows)
    # What the second file does not tell of an hour stays.
    assert again.rows.select("temperature_c", "wind_m_s").rows() == [(5, 1), (7, 1), (8, None)]
    assert keep_weather(ranch, more).n_changed == 0
    assert keep_weather(ranch, more, replace=True).weather.rows.height == 2


def test_a_bad_file_changes_nothing(ranch: Workspace, tmp_path: Path) -> None:
    keep_weather(ranch, table(tmp_path, "time,temperature_c", "2025-01-01 01:00,5"))
    before = ranch.weather_csv.read_bytes()
    with pytest.raises(UsageError, match="line 2"):
        keep_weather(
            ranch, table(tmp_path, "time,temperature_c", "2025-01-01 02:00,x"), replace=True
        )
    assert ranch.weather_csv.read_bytes() == before


def test_clocks_are_not_mixed(ranch: Workspace, tmp_path: Path) -> None:
    keep_weather(ranch, table(tmp_path, "time_utc,temperature_c", "2025-01-01 01:00,5"))
    local = table(tmp_path, "time,temperature_c", "2025-01-01 02:00,6")
    with pytest.raises(UsageError, match="--timezone"):
        keep_weather(ranch, local)
    kept = keep_weather(ranch, local, zone("-06:00"))
    assert [at.hour for at in kept.weather.rows["time"]] == [1, 8]
