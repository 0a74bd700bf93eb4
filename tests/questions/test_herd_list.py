"""The herd as a list: what is wanted of it, in which order, and as a table."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from thumper_core.questions import tables
from thumper_core.questions.herd_list import (
    COLUMNS,
    ORDERS,
    USUAL,
    Wanted,
    joined_into,
    listed,
    sureness,
    table,
)
from thumper_core.workspace import Workspace


@pytest.fixture(scope="module")
def cards(small: Workspace) -> pl.DataFrame:
    found = tables.herd_cards(small)
    return found.join(sureness(small), on="individual_id", how="left", maintain_order="left")


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [
        ({}, ["Old Crooked", "deer-002", "deer-003", "Clover", "deer-005", "Ghost"]),
        ({"kinds": ("doe",)}, ["deer-002", "Clover"]),
        ({"kinds": ("doe", "fawn")}, ["deer-002", "deer-003", "Clover"]),
        ({"which": "named"}, ["Old Crooked", "Clover", "Ghost"]),
        ({"which": "nameless"}, ["deer-002", "deer-003", "deer-005"]),
        ({"which": "hit list"}, []),
        ({"text": "CROOK"}, ["Old Crooked"]),
        ({"text": "deer-001"}, ["Old Crooked"]),  # by its ID
        ({"text": "nobody"}, []),
        ({"order": "few"}, ["Ghost", "Clover", "deer-005", "deer-003", "deer-002", "Old Crooked"]),
        ({"order": "name"}, ["Clover", "Ghost", "Old Crooked", "deer-002", "deer-003", "deer-005"]),
        ({"order": "kind", "which": "named"}, ["Old Crooked", "Ghost", "Clover"]),
    ],
)
def test_what_is_wanted(cards: pl.DataFrame, wanted: dict[str, Any], labels: list[str]) -> None:
    assert listed(cards, Wanted(**wanted))["label"].to_list() == labels


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_keeps_every_row(cards: pl.DataFrame, order: str) -> None:
    shown = listed(cards, Wanted(order=order))
    assert set(shown["individual_id"]) == set(cards["individual_id"])
    assert listed(cards.clear(), Wanted(order=order)).is_empty()


def test_a_camera_keeps_who_came_to_it(cards: pl.DataFrame) -> None:
    shown = listed(cards, Wanted(camera="Creek"))
    assert 0 < shown.height < cards.height
    assert all("Creek" in row for row in shown["cameras"])


def test_sureness_is_a_chance_for_each_group_of_several_bursts(cards: pl.DataFrame) -> None:
    sure = dict(cards.select("label", "sure").iter_rows())
    assert sure["Clover"] is None  # one picture: there is no rest that it could belong to
    assert all(value is None or 0 <= value <= 1 for value in sure.values())


def test_a_table_shows_the_chosen_columns_in_their_order(cards: pl.DataFrame) -> None:
    shown = listed(cards, Wanted(text="crook"))
    made = table(shown, ["visits", "deer", "notes", "kind"])
    assert made.rows() == [("Old Crooked", "buck", 4, "Left antler kicked in.")]
    assert table(cards, COLUMNS).columns == list(COLUMNS)
    assert set(USUAL) <= set(COLUMNS)
    assert table(cards.clear(), USUAL).is_empty()


def test_a_named_one_keeps_its_name_then_the_most_seen(cards: pl.DataFrame) -> None:
    by = {row["label"]: row for row in cards.to_dicts()}

    def of(*labels: str) -> str:
        return joined_into(cards.filter(pl.col("label").is_in(labels)))

    assert of("deer-002", "Clover") == by["Clover"]["individual_id"]
    assert of("deer-002", "deer-003") == "deer-002"
    assert of("Clover", "Old Crooked") == "deer-001"
