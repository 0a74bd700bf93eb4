"""Thumper: from a season of trail-camera photos to a herd of known deer.

The package computes; it never imports Streamlit or IPython. Its front door is here: what a notebook
or a page needs has one name in `thumper_core`, which is looked up where it is used, so that
`import thumper_core` loads nothing else::

    from thumper_core import Workspace, start, sweep
    start("season", "/media/card/DCIM")  # a workspace, its photos, a run, a herd, a report
    season = Workspace.open("season")
    season.sql("select camera, count(*) from photos group by camera")
    sweep(season).thresholds.recommendation

`identify` and `evaluate` are packages of the core (import them for their parts), so the functions
are called `identify_herd`, and `evaluate_demo`, `evaluate_reid` and `evaluate_detector`. Names that
are written small and are no functions are modules: `figures.sweep`, `tables.herd_cards`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

__version__ = "0.1.0"

_HOMES: Final = {
    # a season
    "Workspace": "workspace:Workspace",
    "chosen_folder": "workspace:chosen_folder",
    "start": "flows.start:start",
    "look": "ingest.look:look",
    "identify_herd": "herd.build:build_herd",
    "roll_back": "herd.roll_back:roll_back",
    "sweep": "herd.build:sweep_run",
    "train_reid": "flows.train_reid:train_reid",
    "evaluate_demo": "evaluate.demo:evaluate_workspace",
    "evaluate_detector": "evaluate.detector:evaluate_detector",
    "evaluate_reid": "evaluate.reid:evaluate_reid",
    "deer_card": "report.deer_card:deer_card",
    "deer_sheet": "report.deer_sheet:deer_sheet",
    "csv_text": "export.files:csv_text",
    "contact_sheet": "report.pictures.contact_sheet:contact_sheet",
    "write_reports": "report.write:write_reports",
    "when_made": "report.made:when_made",
    # the steps between
    "abundance": "herd.abundance.methods:abundance",
    "choose_detector": "pipeline.choice:choose_detector",
    "decide": "herd.decide:decide",
    "deer_habits": "questions.deer_habits:deer_habits",
    "histories": "questions.seasons:histories",
    "keep_weather": "habits.weather_keep:keep_weather",
    "pair_habits": "questions.pair_habits:pair_habits",
    "years_of_herd": "questions.years_of_herd:years_of_herd",
    "year_links": "questions.year_links:year_links",
    "cut_again": "identify.chain:cut_again",
    "identify_frame": "identify.chain:identify_frame",
    "keep_species": "flows.species:keep_species",
    "learn": "flows.learn:learn",
    "load_deer": "herd.load:load_deer",
    "load_registry": "vision.registry:load_registry",
    "newest_complete_run": "pipeline.newest:newest_complete_run",
    "open_detector": "vision.detectors:open_detector",
    "open_embedder": "vision.embedders:open_embedder",
    "read_truth": "evaluate.truths:read_truth",
    # how it stands
    "advise": "upkeep.advise:advise",
    "ready_to_learn": "learning.ready:ready",
    "camera_table": "cameras.table:camera_table",
    "health": "upkeep.health:health",
    "readiness": "herd.readiness:readiness",
    "load_of": "upkeep.load:load_of",
    "limit_of": "pipeline.limits:limit_of",
    "save_cameras": "cameras.table:save_cameras",
    # words and records
    "AgeClass": "contracts:AgeClass",
    "DEER": "contracts:DEER",
    "DEER_NAMES": "deer:DEER_NAMES",
    "ClockFix": "cameras.finding:ClockFix",
    "HerdCounts": "store.herd_summary:HerdCounts",
    "HerdRow": "store.records:HerdRow",
    "HerdSummary": "store.herd_summary:HerdSummary",
    "Ledger": "store.ledger:Ledger",
    "Settings": "settings:Settings",
    "Sex": "contracts:Sex",
    "Stage": "stage:Stage",
    "ThumperError": "contracts:ThumperError",
    "UsageError": "contracts:UsageError",
    "Decided": "herd.decide:Decided",
    "Effect": "herd.decide:Effect",
    "following": "herd.following:following",
    "EnsembleEmbedder": "vision.embedders:EnsembleEmbedder",
    "Flank": "contracts:Flank",
    "Estimate": "herd.abundance.estimate:Estimate",
    "Gpu": "upkeep.gpu:Gpu",
    "Load": "upkeep.load:Load",
    "Refused": "herd.abundance.estimate:Refused",
    "ModelSpec": "vision.registry:ModelSpec",
    "REPORT_NAMES": "report.write:NAMES",
    "Stability": "identify.tree.stability:Stability",
    "dated": "views.times:dated",
    "moment": "store.cameras.values:moment",
    "offset_s": "store.cameras.values:offset_s",
    "offset_text": "cameras.finding:offset_text",
    # questions to a workspace, pictures and figures of the answers
    "annotated": "report.pictures.annotated",
    "moving": "report.pictures.moving",
    "browse": "questions.browse",
    "came_in": "store.came_in",
    "crops": "report.pictures.crops",
    "deer_map": "questions.deer_map",
    "experiments": "questions.experiments",
    "figures": "report.figures",
    "history": "herd.history",
    "marks": "report.pictures.marks",
    "matches": "report.pictures.matches",
    "naming": "herd.naming",
    "no_deer": "questions.no_deer",
    "notes": "herd.notes",
    "places": "cameras.places",
    "review_queue": "questions.review_queue",
    "survey_plan": "survey.survey_plan",
    "tables": "questions.tables",
    "theme": "theme",
    "trials": "questions.trials",
    "tuning": "questions.tuning",
    "who": "questions.who",
    "words": "questions.words",
    # models, methods and truths
    "boxmatch": "evaluate.boxmatch",
    "density": "identify.tree.density",
    "greedy": "identify.tree.greedy",
    "images": "vision.images",
    "occasions": "herd.abundance.occasions",
    "ratios": "herd.abundance.ratios",
    "recapture": "herd.abundance.recapture",
    "effort_cases": "evaluate.effort_cases",
    "effort": "evaluate.effort",
    "pair_questions": "questions.pair_questions",
    "retrieval": "evaluate.retrieval",
    "scene_leak": "evaluate.scene_leak",
    "weights": "vision.weights",
    # the reader's language
    "language": "language",
    "mark": "language:mark",
    "say": "language:say",
    # of the machine and those who work at it
    "access": "upkeep.access",
    "accounts": "upkeep.accounts",
    "disk": "disk",
    "display_path": "ingest.changes:display_path",
    "doctor": "upkeep.doctor",
    "expanded": "files:expanded",
    "jobs": "store.jobs",
    "pause": "pipeline.pause",
    "recut": "herd.recut",
    "set_clock": "cameras.set_clock",
}
"""Each name and where it lives below `thumper_core`: `module:attribute`, or a module."""

if TYPE_CHECKING:
    from thumper_core import disk as disk
    from thumper_core import language as language
    from thumper_core import theme as theme
    from thumper_core.cameras import places as places
    from thumper_core.cameras import set_clock as set_clock
    from thumper_core.cameras.finding import ClockFix as ClockFix
    from thumper_core.cameras.finding import offset_text as offset_text
    from thumper_core.cameras.table import camera_table as camera_table
    from thumper_core.cameras.table import save_cameras as save_cameras
    from thumper_core.contracts import DEER as DEER
    from thumper_core.contracts import AgeClass as AgeClass
    from thumper_core.contracts import Flank as Flank
    from thumper_core.contracts import Sex as Sex
    from thumper_core.contracts import ThumperError as ThumperError
    from thumper_core.contracts import UsageError as UsageError
    from thumper_core.deer import DEER_NAMES as DEER_NAMES
    from thumper_core.evaluate import boxmatch as boxmatch
    from thumper_core.evaluate import effort as effort
    from thumper_core.evaluate import effort_cases as effort_cases
    from thumper_core.evaluate import retrieval as retrieval
    from thumper_core.evaluate import scene_leak as scene_leak
    from thumper_core.evaluate.demo import evaluate_workspace
    from thumper_core.evaluate.detector import evaluate_detector as evaluate_detector
    from thumper_core.evaluate.reid import evaluate_reid as evaluate_reid
    from thumper_core.evaluate.truths import read_truth as read_truth
    from thumper_core.export.files import csv_text as csv_text
    from thumper_core.files import expanded as expanded
    from thumper_core.flows.learn import learn as learn
    from thumper_core.flows.species import keep_species as keep_species
    from thumper_core.flows.start import start as start
    from thumper_core.flows.train_reid import train_reid as train_reid
    from thumper_core.habits.weather_keep import keep_weather as keep_weather
    from thumper_core.herd import history as history
    from thumper_core.herd import naming as naming
    from thumper_core.herd import notes as notes
    from thumper_core.herd import recut as recut
    from thumper_core.herd.abundance import occasions as occasions
    from thumper_core.herd.abundance import ratios as ratios
    from thumper_core.herd.abundance import recapture as recapture
    from thumper_core.herd.abundance.estimate import Estimate as Estimate
    from thumper_core.herd.abundance.estimate import Refused as Refused
    from thumper_core.herd.abundance.methods import abundance as abundance
    from thumper_core.herd.build import build_herd, sweep_run
    from thumper_core.herd.decide import Decided as Decided
    from thumper_core.herd.decide import Effect as Effect
    from thumper_core.herd.decide import decide as decide
    from thumper_core.herd.following import following as following
    from thumper_core.herd.load import load_deer as load_deer
    from thumper_core.herd.readiness import readiness as readiness
    from thumper_core.herd.roll_back import roll_back as roll_back
    from thumper_core.identify.chain import cut_again as cut_again
    from thumper_core.identify.chain import identify_frame as identify_frame
    from thumper_core.identify.tree import density as density
    from thumper_core.identify.tree import greedy as greedy
    from thumper_core.identify.tree.stability import Stability as Stability
    from thumper_core.ingest.changes import display_path as display_path
    from thumper_core.ingest.look import look as look
    from thumper_core.language import mark as mark
    from thumper_core.language import say as say
    from thumper_core.learning.ready import ready
    from thumper_core.pipeline import pause as pause
    from thumper_core.pipeline.choice import choose_detector as choose_detector
    from thumper_core.pipeline.limits import limit_of as limit_of
    from thumper_core.pipeline.newest import newest_complete_run as newest_complete_run
    from thumper_core.questions import browse as browse
    from thumper_core.questions import deer_map as deer_map
    from thumper_core.questions import experiments as experiments
    from thumper_core.questions import no_deer as no_deer
    from thumper_core.questions import pair_questions as pair_questions
    from thumper_core.questions import review_queue as review_queue
    from thumper_core.questions import tables as tables
    from thumper_core.questions import trials as trials
    from thumper_core.questions import tuning as tuning
    from thumper_core.questions import who as who
    from thumper_core.questions import words as words
    from thumper_core.questions.deer_habits import deer_habits as deer_habits
    from thumper_core.questions.pair_habits import pair_habits as pair_habits
    from thumper_core.questions.seasons import histories as histories
    from thumper_core.questions.year_links import year_links as year_links
    from thumper_core.questions.years_of_herd import years_of_herd as years_of_herd
    from thumper_core.report import figures as figures
    from thumper_core.report.deer_card import deer_card as deer_card
    from thumper_core.report.deer_sheet import deer_sheet as deer_sheet
    from thumper_core.report.made import when_made as when_made
    from thumper_core.report.pictures import annotated as annotated
    from thumper_core.report.pictures import crops as crops
    from thumper_core.report.pictures import marks as marks
    from thumper_core.report.pictures import matches as matches
    from thumper_core.report.pictures import moving as moving
    from thumper_core.report.pictures.contact_sheet import contact_sheet as contact_sheet
    from thumper_core.report.write import NAMES
    from thumper_core.report.write import write_reports as write_reports
    from thumper_core.settings import Settings as Settings
    from thumper_core.stage import Stage as Stage
    from thumper_core.store import came_in as came_in
    from thumper_core.store import jobs as jobs
    from thumper_core.store.cameras.values import moment as moment
    from thumper_core.store.cameras.values import offset_s as offset_s
    from thumper_core.store.herd_summary import HerdCounts as HerdCounts
    from thumper_core.store.herd_summary import HerdSummary as HerdSummary
    from thumper_core.store.ledger import Ledger as Ledger
    from thumper_core.store.records import HerdRow as HerdRow
    from thumper_core.survey import survey_plan as survey_plan
    from thumper_core.upkeep import access as access
    from thumper_core.upkeep import accounts as accounts
    from thumper_core.upkeep import doctor as doctor
    from thumper_core.upkeep.advise import advise as advise
    from thumper_core.upkeep.gpu import Gpu as Gpu
    from thumper_core.upkeep.health import health as health
    from thumper_core.upkeep.load import Load as Load
    from thumper_core.upkeep.load import load_of as load_of
    from thumper_core.views.times import dated as dated
    from thumper_core.vision import images as images
    from thumper_core.vision import weights as weights
    from thumper_core.vision.detectors import open_detector as open_detector
    from thumper_core.vision.embedders import EnsembleEmbedder as EnsembleEmbedder
    from thumper_core.vision.embedders import open_embedder as open_embedder
    from thumper_core.vision.registry import ModelSpec as ModelSpec
    from thumper_core.vision.registry import load_registry as load_registry
    from thumper_core.workspace import Workspace as Workspace
    from thumper_core.workspace import chosen_folder as chosen_folder

    REPORT_NAMES, ready_to_learn, evaluate_demo = NAMES, ready, evaluate_workspace
    identify_herd, sweep = build_herd, sweep_run
else:
    __all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    """Look a name up where it lives, which is when that is imported."""
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = home.partition(":")
    found = import_module(f"{__name__}.{module}")
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
