"""Downloads against a server on loopback that can misbehave; hashes; the user's own weights."""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from thumper_core.contracts import ClassMeaning, Sex, ThumperError, UsageError
from thumper_core.files import user_dir
from thumper_core.settings import EmbedSettings
from thumper_core.vision.registry import ModelSpec, load_registry
from thumper_core.vision.weights import (
    add_model,
    find_file,
    pull,
    require_file,
    sha256_of,
    target_path,
    verify,
)

BODY = np.random.default_rng(0).bytes(3_000_000)
DIGEST = hashlib.sha256(BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves BODY: whole at /good, cut at /cut and /once, without ranges at /norange."""

    daemon_threads = True
    ranges: list[str | None]
    cuts_left = 1


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.ranges.append(self.headers.get("Range"))
        if self.path == "/missing":
            self.send_error(404)
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(asked[1]) if asked and self.path != "/norange" else 0
        if start >= len(BODY):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(BODY)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = BODY[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/stuck" or (self.path == "/once" and self.server.cuts_left > 0):
            self.server.cuts_left -= 1
            body = body[: 1_000_000 if not start else 0]
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server(("127.0.0.1", 0), Handler)
    running.ranges = []
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def spec_of(server: Server | None, page: str, *, sha256: str = DIGEST, size: int = 0) -> ModelSpec:
    port = server.server_address[1] if server is not None else _free_port()
    return ModelSpec(
        "m", "detector", "ultralytics", file="m.pt", urls=(f"http://127.0.0.1:{port}/{page}",),
        sha256=sha256, bytes=size,
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def part_of(spec: ModelSpec) -> Path:
    return target_path(spec).with_name("m.pt.part")


def test_a_good_file_comes_and_is_not_fetched_twice(server: Server) -> None:
    spec, seen = spec_of(server, "good", size=len(BODY)), []
    path, digest = pull(spec, on_progress=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == BODY and digest == DIGEST
    assert seen[-1] == (len(BODY), len(BODY))
    assert verify(spec) == "ok" and not part_of(spec).exists()
    assert pull(spec) == (path, DIGEST) and len(server.ranges) == 1


@pytest.mark.parametrize("page", ["good", "norange"])
def test_an_earlier_part_is_continued(server: Server, page: str) -> None:
    spec = spec_of(server, page)
    part_of(spec).parent.mkdir(parents=True)
    part_of(spec).write_bytes(BODY[:700_000])
    path, _ = pull(spec)
    assert server.ranges == ["bytes=700000-"]
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("there", [BODY, BODY + b"more"], ids=["whole", "too long"])
def test_a_part_with_nothing_left_to_send(server: Server, there: bytes) -> None:
    spec = spec_of(server, "good")
    part_of(spec).parent.mkdir(parents=True)
    part_of(spec).write_bytes(there)
    assert pull(spec)[0].read_bytes() == BODY


def test_a_dropped_line_is_picked_up_again(server: Server) -> None:
    path, _ = pull(spec_of(server, "once"))
    assert path.read_bytes() == BODY
    assert server.ranges == [None, "bytes=1000000-"]


def test_a_truncated_body_is_an_error_that_keeps_the_part(server: Server) -> None:
    spec = spec_of(server, "stuck")
    with pytest.raises(ThumperError, match=r"goes on from there.*put it at") as caught:
        pull(spec)
    assert str(target_path(spec)) in str(caught.value)
    assert part_of(spec).stat().st_size == 1_000_000
    assert not target_path(spec).exists() and verify(spec) == "absent"


def test_a_wrong_hash_leaves_nothing(server: Server) -> None:
    spec = spec_of(server, "good", sha256="0" * 64)
    with pytest.raises(ThumperError, match="not the right file"):
        pull(spec)
    assert not target_path(spec).exists() and not part_of(spec).exists()


def test_a_wrong_size_leaves_nothing(server: Server) -> None:
    spec = spec_of(server, "good", sha256="", size=5)
    with pytest.raises(ThumperError, match="not 5"):
        pull(spec)
    assert not target_path(spec).exists()


def test_missing_page_and_no_network(server: Server) -> None:
    with pytest.raises(ThumperError, match=r"404.*thumper models add"):
        pull(spec_of(server, "missing"))
    with pytest.raises(ThumperError, match=r"is there a network\?.*put it at"):
        pull(spec_of(None, "good"))


def test_the_second_address_helps(server: Server) -> None:
    first, second = spec_of(server, "missing"), spec_of(server, "good")
    both = ModelSpec("m", "detector", "ultralytics", file="m.pt", urls=first.urls + second.urls)
    assert pull(both)[1] == DIGEST
    assert verify(both) == "unverified"


def test_a_file_that_is_wrong_is_refused_and_pulled_again(server: Server) -> None:
    spec = spec_of(server, "good")
    target_path(spec).parent.mkdir(parents=True)
    target_path(spec).write_bytes(b"tampered")
    assert verify(spec) == "wrong"
    with pytest.raises(ThumperError, match=DIGEST):
        require_file(spec)
    assert pull(spec)[0].read_bytes() == BODY
    assert require_file(spec) == target_path(spec)


def test_what_cannot_be_downloaded_says_what_to_do() -> None:
    registry = load_registry()
    with pytest.raises(ThumperError, match="thumper models add FILE --name whitetail-11"):
        pull(registry.get("whitetail-11"))
    with pytest.raises(ThumperError, match="thumper models pull bioclip"):
        require_file(registry.get("bioclip"))


def test_the_default_embedder_comes_with_the_package() -> None:
    spec = load_registry().get(EmbedSettings().embedder)
    assert verify(spec) == "ok"
    assert require_file(spec).stat().st_size == spec.bytes


def test_adding_ones_own_model(tmp_path: Path) -> None:
    file = tmp_path / "best.pt"
    file.write_bytes(b"weights")
    spec = add_model(file, "whitetail-11")
    assert spec.sha256 == hashlib.sha256(b"weights").hexdigest()
    again = load_registry().get("whitetail-11")
    assert again == spec and again.class_map["doe"].sex is Sex.FEMALE
    file.unlink()
    assert require_file(again).read_bytes() == b"weights"

    extra = tmp_path / "workspace" / "registry.toml"
    file.write_bytes(b"other")
    add_model(
        file, "mine", registry_file=extra, class_map={"x": ClassMeaning("elk")}, input_size=320
    )
    add_model(file, "second", registry_file=extra)
    file.write_bytes(b"newer")
    add_model(file, "mine", registry_file=extra)
    registry = load_registry(extra)
    assert registry.get("mine").class_map == {"x": ClassMeaning("elk")}
    assert registry.get("mine").input_size == 320
    assert find_file(registry.get("mine")).read_bytes() == b"newer"  # type: ignore[union-attr]
    assert find_file(registry.get("second")).read_bytes() == b"other"  # type: ignore[union-attr]
    assert "mine" not in load_registry().models


def test_a_model_of_a_workspace_stays_in_it(tmp_path: Path) -> None:
    file = tmp_path / "ranch" / "learned" / "own-1.onnx"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    registry = tmp_path / "ranch" / "registry.toml"
    spec = add_model(file, "own-1", registry_file=registry, stays=True)
    assert spec.file == "learned/own-1.onnx"
    assert find_file(load_registry(registry).get("own-1")) == file
    moved = (tmp_path / "ranch").rename(tmp_path / "elsewhere")
    assert require_file(load_registry(moved / "registry.toml").get("own-1")).is_relative_to(moved)


def test_adding_a_folder_and_what_cannot_be_added(tmp_path: Path) -> None:
    folder = tmp_path / "best_openvino_model"
    folder.mkdir()
    (folder / "best.xml").write_text("<x/>")
    spec = add_model(folder, "folder")
    assert spec.sha256 == sha256_of(folder) and (require_file(spec) / "best.xml").exists()
    with pytest.raises(UsageError, match="does not exist"):
        add_model(tmp_path / "nothing.pt", "x")
    odd = tmp_path / "weights.txt"
    odd.write_text("x")
    with pytest.raises(UsageError, match="OpenVINO folder"):
        add_model(odd, "x")
    (user_dir() / "registry.toml").write_text("[[broken")
    with pytest.raises(UsageError, match="not valid TOML"):
        add_model(folder, "again")
    assert (user_dir() / "registry.toml").read_text() == "[[broken"
