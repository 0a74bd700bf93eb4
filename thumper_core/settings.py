"""Settings: which deer it is about, and one frozen class per stage, kept in `thumper.toml`.

Precedence: keyword argument > `THUMPER_<STAGE>__<FIELD>` environment variable (`THUMPER_SPECIES`
for what belongs to no stage) > `thumper.toml` > default. Only settings that change a run's results
enter its fingerprint.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from thumper_core.contracts import UsageError
from thumper_core.deer import OurDeer
from thumper_core.deer_year import DeerYear
from thumper_core.files import write_whole
from thumper_core.stage import Stage
from thumper_core.zones import ClockSettings

AUTO: Final = "auto"


class IngestSettings(Stage):
    """How files become photos."""

    camera_level: int = Field(
        1,
        ge=-8,
        le=8,
        description="Folder that names the camera: 1 = first below the root, "
        "-1 = the folder that holds the photo, 0 = the root itself.",
    )
    camera_from: Literal["folder", "exif", "stamp", "auto"] = Field(
        "folder",
        description="What names the camera: its folder; what it wrote into its photos (exif) or "
        "printed into them (stamp), else the folder; auto: the first of the three that says it.",
    )
    burst_gap_s: float = Field(10.0, ge=0, description="Longest gap inside one burst, seconds.")
    event_gap_s: float = Field(1800.0, ge=0, description="Longest gap inside one event, seconds.")


class DetectSettings(Stage):
    """How animals are found."""

    detector: str = Field(
        AUTO, description="Name in models/registry.toml, or a weights file; auto: by the photos."
    )
    conf_min: float = Field(0.25, ge=0, le=1, description="Detections below are not stored.")
    iou_nms: float = Field(0.6, ge=0, le=1, description="Boxes that overlap more are one.")
    max_detections: int = Field(100, ge=1, le=1000, description="Most boxes kept per photo.")
    max_pixels: int = Field(
        200_000_000, ge=1, description="A photo with more pixels is refused, not decoded."
    )
    precision: Literal["auto", "f32", "bf16", "int8"] = Field(
        "auto", description="Of the detector on a processor; `thumper tune --adopt` chooses."
    )


class ClipSettings(Stage):
    """Which frames of a video clip are looked at, and how many of an animal are kept."""

    step_s: float = Field(1.0, gt=0, le=600, description="A frame every so many seconds ...")
    motion_gap_s: float = Field(
        0.5, ge=0.05, le=600, description="... and, where something moved, as often as this."
    )
    motion_min: float = Field(
        20.0, ge=0, le=255, description="Grey levels that tell motion from noise; 255: none is."
    )
    frames_max: int = Field(32, ge=1, le=1000, description="Most frames of one clip.")
    per_track: int = Field(4, ge=1, le=100, description="Most boxes kept of one animal in a clip.")


class EmbedSettings(Stage):
    """How crops become vectors."""

    embedder: str = Field("efficientnet_lite2_gem", description="Name in models/registry.toml.")
    margin: float = Field(0.05, ge=0, le=1, description="Added round the box, share of its side.")
    gray: bool = Field(
        True,
        description="Embed crops without their colour, so that colour and infrared compare.",
    )
    strip: Literal["auto", "cut", "keep"] = Field(
        "auto",
        description="Cameras' printed strip in crops; auto: cut, but runs go on as they began.",
    )
    precision: Literal["f32", "bf16", "int8"] = Field(
        "f32", description="Of the embedder on a processor; `thumper tune --adopt` chooses."
    )


class EngineSettings(Stage):
    """How the machine is used. None of it changes results by more than rounding does, so none of it
    enters a fingerprint.
    """

    device: Literal["auto", "cuda", "openvino", "torch"] = "auto"
    batch_size: int = Field(16, ge=1, le=1024)
    decode_threads: int = Field(
        0,
        ge=0,
        le=256,
        description="0: one per core. With gpu_decode there are as many as it needs.",
    )
    gpu_decode: bool = Field(
        False, description="Decode JPEGs on the GPU (nvJPEG), which may not notice damage in them."
    )
    streams: int = Field(
        0, ge=0, le=256, description="Parts of a batch at work at once on a processor; 0: cores."
    )
    queue_photos: int = Field(48, ge=2, description="Decoded photos held in memory at most.")
    shard_photos: int = Field(512, ge=1, description="A shard closes after this many photos ...")
    shard_seconds: float = Field(20.0, gt=0, description="... or this many seconds.")


class IdentifySettings(Stage):
    """How detections become profiles."""

    threshold: float | Literal["auto"] = Field(
        "auto", description="Similarity above which two groups are one animal; auto: recommended."
    )
    method: Literal["average", "greedy", "hdbscan"] = "average"
    class_conf_min: float = Field(0.4, ge=0, le=1, description="Weakest detection that is grouped.")
    sex_conf_min: float = Field(
        0.8, ge=0, le=1, description="Share of a tracklet's votes that makes its sex a constraint."
    )
    speed_max_mps: float = Field(
        12.0, gt=0, description="Faster travel between cameras is two animals."
    )
    whitening: Literal["auto", "on", "off"] = "auto"
    metric: str = Field(
        AUTO,
        description="What `train reid` learned: auto, the newest for these vectors; off; or one by name.",
    )
    matching: Literal["off", "on"] = Field(
        "off",
        description="Compare crops place by place too (needs `pip install 'thumper[match]'`).",
    )
    seed: int = 0


class OpsSettings(Stage):
    """How Thumper looks after itself. None of it enters a fingerprint."""

    keep_runs: int = Field(3, ge=1, description="Complete runs that `prune` leaves.")
    keep_backups: int = Field(
        7,
        ge=0,
        description="Days of which an automatic backup stays (and four weeks before); 0: none.",
    )
    incremental_max: int = Field(
        1000, ge=0, description="Fewer new photos are only processed, and the herd is kept."
    )
    reprocess_min: int = Field(
        10_000, ge=1, description="More new photos since the last herd call for a reprocess."
    )
    threshold_shift_max: float = Field(
        0.05, ge=0, description="A threshold that moved further calls for a reprocess."
    )
    calibration_shift_max: float = Field(
        0.05, ge=0, le=1, description="An equal error rate that moved further has drifted."
    )
    weekly_timeout_s: float = Field(14_400.0, gt=0, description="Longest weekly pass, seconds.")
    weekly_report_s: float = Field(300.0, gt=0, description="A line of progress this often.")
    profile_change_max: float = Field(
        0.5, ge=0, description="Largest change of the number of groups, as a share."
    )
    assignment_drop_max: float = Field(
        0.15, ge=0, le=1, description="Largest fall of the assignment rate."
    )
    sex_ratio_change_max: float = Field(
        1.0, ge=0, description="Largest change of ln(bucks / does)."
    )
    failure_rate_max: float = Field(
        0.05, ge=0, le=1, description="Largest rise of the share of failed photos."
    )
    throughput_drop_max: float = Field(
        0.5, ge=0, le=1, description="Largest fall of photos a second, as a share of the usual."
    )
    silent_days: float = Field(
        7.0, gt=0, description="A camera without photos for longer is silent."
    )
    disk_free_min_gib: float = Field(2.0, ge=0, description="Less free disk is an anomaly.")
    settle_s: float = Field(
        10.0, ge=0, description="A watched file is complete when it was still for this long."
    )
    poll_s: float = Field(60.0, gt=0, description="Watched folders are listed at least this often.")
    notify_command: str = Field(
        "", description="Run on anomalies, with the message as JSON on its standard input."
    )
    notify_webhook: str = Field("", description="Address that anomalies are posted to as JSON.")


class Settings(BaseSettings, OurDeer):
    """Which deer it is about, and every stage's settings."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="THUMPER_", env_nested_delimiter="__"
    )

    ingest: IngestSettings = IngestSettings()
    detect: DetectSettings = DetectSettings()
    clips: ClipSettings = ClipSettings()
    embed: EmbedSettings = EmbedSettings()
    engine: EngineSettings = EngineSettings()
    identify: IdentifySettings = IdentifySettings()
    seasons: DeerYear = DeerYear()
    clock: ClockSettings = ClockSettings()
    ops: OpsSettings = OpsSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file: the file's values arrive as keyword arguments of `load`."""
        return env_settings, init_settings

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read `thumper.toml` (absent: defaults) under the environment.

        Raises UsageError, naming the file and the key, where a value is not valid.
        """
        try:
            values: dict[str, Any] = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
            return cls(**values)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{path} is not valid TOML: {error}") from error
        except ValidationError as error:
            raise UsageError(f"{path}: {_first_problem(error)}") from error

    def replace(self, stage: str, **values: Any) -> Settings:
        """A copy with some fields of one stage changed and checked; None leaves a field alone."""
        current: Stage = getattr(self, stage)
        merged = current.model_dump() | {k: v for k, v in values.items() if v is not None}
        try:
            changed = type(current).model_validate(merged)
        except ValidationError as error:
            raise UsageError(f"{stage}.{_first_problem(error)}") from error
        return self.model_copy(update={stage: changed})

    def about(
        self, species: str | None = None, animals_are_deer: bool | Sequence[str] | None = None
    ) -> Settings:
        """A copy about another species of interest, or with its places, checked; None: as it is."""
        given = {"species": species, "animals_are_deer": animals_are_deer}
        try:
            asked = {key: value for key, value in given.items() if value is not None}
            deer = OurDeer.model_validate(self.deer.model_dump() | asked)
        except ValidationError as error:
            raise UsageError(_first_problem(error)) from error
        return self.model_copy(update=deer.model_dump())

    @property
    def deer(self) -> OurDeer:
        """What of the settings decides which animals are deer of ours."""
        return OurDeer(**{name: getattr(self, name) for name in OurDeer.model_fields})

    def save(self, path: Path) -> None:
        """Write the settings that differ from the defaults; whole or not at all."""
        import tomli_w

        changed: dict[str, Any] = {}
        for name, info in type(self).model_fields.items():
            value = getattr(self, name)
            if isinstance(value, Stage):
                usual = type(value)().model_dump(mode="json")
                fields = {k: v for k, v in value.model_dump(mode="json").items() if v != usual[k]}
                if fields:
                    changed[name] = fields
            elif value != info.default:
                changed[name] = list(value) if isinstance(value, tuple) else value
        write_whole(path, tomli_w.dumps(changed))


def _first_problem(error: ValidationError) -> str:
    """The key, with dots between its parts, and what is wrong with its value."""
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg'].removeprefix('Value error, ')}"
