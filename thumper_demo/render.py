"""Render a demo herd to a folder, in parallel; the bytes depend on the plan only."""

from __future__ import annotations

import csv
import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2

from thumper_core.cores import core_count

from .compose import Studio
from .faults import write_faulty_files
from .plan import DemoPlan, Script, write_script
from .truth import Taken, write_truth

_CHUNK = 12
_studio: Studio | None = None


@dataclass(frozen=True)
class DemoSummary:
    """What was written. ``n_photos`` counts whole photos, ``n_faulty`` the broken files on top of
    them.
    """

    photos_dir: Path
    cameras_csv: Path
    truth: Path
    n_photos: int
    n_faulty: int
    n_animals: int
    n_deer: int
    n_cameras: int


def render_demo(
    plan: DemoPlan,
    out_dir: Path,
    *,
    workers: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    faulty: bool = True,
) -> DemoSummary:
    """Render a herd: photos, ``cameras.csv`` and the truth tables (see ``truth``) under
    ``out_dir``.

    ``workers``: processes, default one per core. ``on_progress(done, total)`` is called after every
    few photos. ``faulty``: add a few broken files. Raises ValueError for workers < 1 and
    FileExistsError when ``out_dir/photos`` holds files already, as photos of two plans must not
    mix.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    out_dir = Path(out_dir)
    photos_dir = out_dir / "photos"
    if photos_dir.exists() and any(photos_dir.iterdir()):
        raise FileExistsError(f"{photos_dir} is not empty: choose another folder or remove it")
    script = write_script(plan)
    photos_dir.mkdir(parents=True, exist_ok=True)
    for site in {script.sites[photo.site].name for photo in script.photos}:
        (photos_dir / site).mkdir(exist_ok=True)
    total = len(script.photos)
    taken: list[Taken] = []
    for batch in _render_all(plan, script, photos_dir, workers or core_count()):
        taken += batch
        if on_progress is not None:
            on_progress(len(taken), total)
    taken.sort(key=lambda item: item.photo)
    broken = write_faulty_files(photos_dir, script, taken) if faulty else []
    cameras_csv = _write_cameras(out_dir, script)
    animals = write_truth(out_dir, script, taken, broken)
    return DemoSummary(
        photos_dir,
        cameras_csv,
        out_dir / "truth.parquet",
        total,
        len(broken),
        animals,
        len(script.herd),
        len(script.sites),
    )


def _render_all(
    plan: DemoPlan, script: Script, photos_dir: Path, workers: int
) -> Iterator[list[Taken]]:
    # Chunks keep to the order of cameras and times, so that a worker meets the same scene and light
    # again and again.
    indices = range(len(script.photos))
    chunks = [list(indices[i : i + _CHUNK]) for i in range(0, len(indices), _CHUNK)]
    workers = min(workers, len(chunks))
    if workers == 1:
        threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        try:
            studio = Studio(script)
            for chunk in chunks:
                yield _render_chunk(studio, photos_dir, chunk)
        finally:
            cv2.setNumThreads(threads)
        return
    context = multiprocessing.get_context("spawn")
    jobs = [(str(photos_dir), chunk) for chunk in chunks]
    with context.Pool(workers, initializer=_start_worker, initargs=(plan,)) as pool:
        yield from pool.imap_unordered(_work, jobs)


def _start_worker(plan: DemoPlan) -> None:
    global _studio
    cv2.setNumThreads(1)
    _studio = Studio(write_script(plan))


def _work(job: tuple[str, list[int]]) -> list[Taken]:
    assert _studio is not None
    return _render_chunk(_studio, Path(job[0]), job[1])


def _render_chunk(studio: Studio, photos_dir: Path, indices: list[int]) -> list[Taken]:
    taken = []
    for index in indices:
        photo = studio.script.photos[index]
        content, seen = studio.take(photo)
        (photos_dir / photo.path).write_bytes(content)
        taken.append(Taken(index, hashlib.sha256(content).hexdigest(), seen))
    return taken


def _write_cameras(out_dir: Path, script: Script) -> Path:
    path = out_dir / "cameras.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["name", "latitude", "longitude", "clock_offset_s", "from", "to"])
        for site in script.sites:
            for begins, ends in _stays(script):
                writer.writerow([site.name, site.latitude, site.longitude, 0, begins, ends])
    return path


def _stays(script: Script) -> list[tuple[str, str]]:
    """First and last day of each chapter: between them the cameras are away."""
    stays = []
    for number, part in enumerate(script.chapters):
        taken = [photo.taken_at for photo in script.photos if photo.chapter == number]
        until = max(taken).date() + timedelta(days=1)
        if script.lives:  # the cameras worked to the end, whatever they saw
            until = max(until, part.start.date() + timedelta(days=part.days))
        stays.append((part.start.date().isoformat(), until.isoformat()))
    return stays
