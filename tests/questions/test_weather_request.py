"""What is asked of a weather service: said before, asked of no other host, kept or refused whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.workspaces import copied
from thumper_core.contracts import ThumperError
from thumper_core.questions.weather_request import SERVICE, request_of
from thumper_core.workspace import Workspace

TABLE = (
    "latitude,longitude,utc_offset_seconds\n30.1,-98.2,0\n\n"
    "time,temperature_2m (°C),pressure_msl (hPa),wind_speed_10m (m/s)\n"
    "2026-09-28T00:00,20,1012,2\n2026-09-28T01:00,19,1012,2\n"
)


@pytest.fixture
def service() -> Iterator[tuple[str, list[str], list[str]]]:
    """A server of this machine: (address, what it was asked, what it answers)."""
    asked: list[str] = []
    answers = [TABLE]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = answers[-1].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *told: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/archive", asked, answers
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_says_what_it_sends_and_sends_that(
    six_deer: Workspace, tmp_path: Path, service: tuple[str, list[str], list[str]]
) -> None:
    address, asked, _ = service
    ranch = copied(six_deer, tmp_path)
    request = request_of(ranch, address)
    assert "127.0.0.1" in request.sentence
    assert "30.1, -98.2 (to a tenth of a degree" in request.sentence
    assert f"{request.first} to {request.last}" in request.sentence
    assert asked == []  # nothing goes out before it is said
    kept = request.fetch(ranch)
    [path] = asked
    told = {name: value for name, [value] in parse_qs(urlsplit(path).query).items()}
    assert set(told) == {
        "latitude", "longitude", "start_date", "end_date", "hourly", "wind_speed_unit", "timezone",
        "format",
    }  # fmt: skip
    assert (told["latitude"], told["longitude"]) == ("30.1", "-98.2")
    assert (kept.n_new, kept.weather.is_utc) == (2, True)
    assert ranch.weather_csv.is_file()


def test_an_answer_that_is_no_table_changes_nothing(
    six_deer: Workspace, tmp_path: Path, service: tuple[str, list[str], list[str]]
) -> None:
    address, _, answers = service
    ranch = copied(six_deer, tmp_path)
    answers.append('{"error": true, "reason": "too many"}')
    with pytest.raises(ThumperError, match="nothing was changed"):
        request_of(ranch, address).fetch(ranch)
    assert not ranch.weather_csv.exists()


def test_who_is_asked_by_default(six_deer: Workspace) -> None:
    assert request_of(six_deer).service == SERVICE
    assert request_of(six_deer).address.startswith(f"{SERVICE}?latitude=30.1&longitude=-98.2&")


def test_without_places_nothing_can_be_asked(small: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ThumperError, match="give latitude and longitude"):
        request_of(small)
