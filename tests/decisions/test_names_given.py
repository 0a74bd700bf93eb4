"""A name is never given to a second deer, nor suggested for one, and its theme carries over."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import ThumperError
from thumper_core.decisions.kinds import Name, Status, Undo
from thumper_core.decisions.names import name_key
from thumper_core.decisions.names_given import holders, last_theme, names_given, taken_names
from thumper_core.decisions.record import record, record_step, undo_all
from thumper_core.herd.naming import load_theme, suggest
from thumper_core.store.herd_summary import HerdSummary
from thumper_core.store.ledger import Ledger


@pytest.mark.parametrize("status", ["dead", "gone", "harvested"])
def test_the_name_of_a_deer_that_died_or_left_is_not_suggested_again(
    ledger: Ledger, status: str
) -> None:
    record(ledger, Name("i1", "Bambi", "disney"), "Kim")
    record(ledger, Status("i1", status), "Kim")
    theme = load_theme("disney")
    every = len(theme.fawn)
    assert "Bambi" in theme.fawn + theme.male
    for sex in ("male", "unknown"):
        assert "Bambi" not in suggest(theme, sex, "fawn", taken_names(ledger), n=every)


def test_a_name_that_a_deer_had_before_is_taken_and_one_that_was_taken_back_is_not(
    ledger: Ledger,
) -> None:
    record(ledger, Name("i1", "Bambi", "disney"), "Kim")
    record(ledger, Name("i1", "Rhine", "rivers"), "Kim")
    assert taken_names(ledger) == {"Bambi", "Rhine"}
    record(ledger, Name("i1", None), "Kim")
    assert taken_names(ledger) == {"Bambi", "Rhine"}
    number = record(ledger, Name("i2", "Oder"), "Kim")
    record(ledger, Undo(number), "Kim")
    assert taken_names(ledger) == {"Bambi", "Rhine"}


def test_the_theme_of_the_last_name_goes_on(ledger: Ledger) -> None:
    assert last_theme(ledger) is None
    record(ledger, Name("i1", "Bambi", "disney"), "Kim")
    number = record(ledger, Name("i2", "Rhine", "rivers"), "Kim")
    record(ledger, Name("i1", "Own"), "Kim")  # from no theme
    assert last_theme(ledger) == "rivers"
    record(ledger, Undo(number), "Kim")
    assert last_theme(ledger) == "disney"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ([Name("i1", "Copper")], "was the name of i1, which is called 'Copper' now"),
        ([Name("i1", None)], "was the name of i1, which has no name now"),
        ([Status("i1", "dead")], "is the name of i1, which is dead and keeps its name"),
        ([Name("i1", "Copper"), Status("i1", "gone")], r"never given twice.*\(decision 1\)"),
        ([Name("i1", "Copper"), Name("i1", "bambi"), Name("i1", None)], r"\(decision 1, 3\)"),
    ],
)
def test_a_name_that_a_deer_had_is_refused_for_another_and_its_own_again(
    ledger: Ledger, after: list[Name | Status], words: str
) -> None:
    record(ledger, Name("i1", "Bambi"), "Kim")
    for one in after:
        record(ledger, one, "Kim")
    n = len(ledger.decisions())
    with pytest.raises(ThumperError, match=words):
        record(ledger, Name("i2", "BAMBI"), "Lee")
    with pytest.raises(ThumperError, match=words):
        record_step(ledger, [Name("i3", "Ruby"), Name("i2", "Bambi")], "Lee")
    assert len(ledger.decisions()) == n
    record(ledger, Name("i1", "Bambi"), "Kim")
    with ledger.reading() as connection:
        assert holders(connection)["bambi"] == "i1"


def test_names_cannot_change_places_and_a_mistake_is_taken_back_first(ledger: Ledger) -> None:
    record(ledger, Name("i1", "Bambi"), "Kim")
    record(ledger, Name("i2", "Copper"), "Kim")
    swap = [Name("i1", "Copper"), Name("i2", "Bambi")]
    with pytest.raises(ThumperError, match="never given twice"):
        record_step(ledger, swap, "Kim")
    undo_all(ledger, [1, 2], "Kim")
    record_step(ledger, swap, "Kim")
    assert taken_names(ledger) == {"Bambi", "Copper"}


def test_what_an_earlier_version_gave_twice_stays_and_stands_in_nothing_s_way(
    ledger: Ledger,
) -> None:
    with ledger.transaction() as connection:
        connection.execute("update individuals set name = 'Bambi' where individual_id <> 'i3'")
    record(ledger, Name("i1", "Copper"), "Kim")
    record(ledger, Name("i2", "Bambi"), "Kim")
    with pytest.raises(ThumperError, match="is the name of i2"):
        record(ledger, Name("i3", "Bambi"), "Kim")


NAMES = ("Bambi", "BAMBI", "Ruby", "Copper", None)
naming = st.tuples(st.sampled_from(["i1", "i2", "i3"]), st.sampled_from(NAMES))
step = st.one_of(
    naming.map(lambda one: ("name", [one])),
    st.lists(naming, min_size=2, max_size=3).map(lambda several: ("name", several)),
    st.integers(1, 12).map(lambda number: ("undo", number)),
    st.lists(st.integers(1, 12), min_size=1, max_size=4).map(lambda several: ("all", several)),
    st.sampled_from(["i1", "i2"]).map(lambda who: ("dead", who)),
)


def expected(rows: list[tuple[str, object]]) -> dict[str, set[str]]:
    """Whose each name is or was, found plainly: rows are namings and undos, numbered from one."""
    stands = [True] * len(rows)
    for at in reversed(range(len(rows))):
        kind, what = rows[at]
        if kind == "undo" and stands[at]:
            stands[int(str(what)) - 1] = False
    whose: dict[str, set[str]] = {}
    for (kind, what), stood in zip(rows, stands, strict=True):
        if kind == "name" and stood:
            who, name = what  # type: ignore[misc]
            if name:
                whose.setdefault(name_key(name), set()).add(who)
    return whose


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(step, min_size=1, max_size=10))
def test_over_any_sequence_no_name_means_two_deer(steps: list[tuple[str, object]]) -> None:
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.sqlite")
        ledger.create()
        animals = [
            {"individual_id": i, "sex": "male", "age_class": "adult"} for i in ("i1", "i2", "i3")
        ]
        ledger.add_herd("h1", "r1", "average", 0.6, HerdSummary(), animals, promote=True)
        said: list[tuple[str, object]] = []
        for kind, what in steps:
            before = list(said)
            try:
                if kind == "name":
                    assert isinstance(what, list)
                    record_step(ledger, [Name(*one) for one in what], "Kim")
                elif kind == "undo":
                    assert isinstance(what, int)
                    record(ledger, Undo(what), "Kim")
                elif kind == "all":
                    assert isinstance(what, list)
                    undo_all(ledger, what, "Kim")
                else:
                    record(ledger, Status(str(what), "dead"), "Kim")
                refused = False
            except ThumperError as error:
                refused = "name" in str(error)
            said = [
                ("name", (row.subject, row.payload["name"]))
                if row.kind == Name.kind
                else (row.kind, row.payload.get("decision_id"))
                for row in ledger.decisions()
            ]
            if kind == "name":  # refused exactly where it would make a name mean two
                assert isinstance(what, list)
                would = expected([*before, *(("name", one) for one in what)])
                assert refused == any(len(who) > 1 for who in would.values())
            assert not refused or said == before
            whose = expected(said)
            assert all(len(who) == 1 for who in whose.values())
            assert {name_key(name) for name in taken_names(ledger)} == whose.keys()
            with ledger.reading() as connection:
                assert holders(connection) == {key: who for key, (who,) in whose.items()}
                now = dict(
                    connection.execute("select individual_id, name from individuals").fetchall()
                )
            last = {}
            for one in names_given_in(ledger):
                last[one[0]] = one[1]
            assert all(name is None or last[who] == name for who, name in now.items())


def names_given_in(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.reading() as connection:
        return [(one.individual_id, one.name) for one in names_given(connection)]
