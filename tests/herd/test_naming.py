"""Themes, and suggestions that never collide."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thumper_core.contracts import UsageError
from thumper_core.decisions.names import clean_name, name_key
from thumper_core.herd.naming import (
    LISTS,
    Theme,
    load_theme,
    parse_theme,
    suggest,
    suggest_each,
    theme_keys,
    theme_or,
)

TINY = Theme("tiny", "Tiny", "", ("Ash", "Bo"), ("Cy",), ("Dot",), ("Elm",))


def test_there_are_themes_with_enough_names() -> None:
    assert {"disney", "mythology", "rivers", "stars"} <= set(theme_keys())
    for key in theme_keys():
        theme = load_theme(key)
        assert theme.key == key
        assert theme.title and theme.description
        for name in LISTS:
            assert len(getattr(theme, name)) >= 60, (key, name)


def test_disney_is_what_it_says() -> None:
    theme = load_theme("disney")
    assert {"Bambi", "Mickey"} <= set(theme.names("male", "adult"))
    assert {"Snow White", "Mulan"} <= set(theme.names("female", "adult"))
    assert {"Thumper", "Flower"} <= set(theme.names("male", "fawn"))
    assert {"Willow", "River"} <= set(theme.names("unknown", "unknown"))


@pytest.mark.parametrize(
    ("sex", "age_class", "expected"),
    [
        ("male", "adult", {"Ash", "Bo"}),
        ("male", "unknown", {"Ash", "Bo"}),
        ("female", "adult", {"Cy"}),
        ("female", "fawn", {"Dot"}),
        ("unknown", "fawn", {"Dot"}),
        ("unknown", "adult", {"Elm"}),
    ],
)
def test_the_list_follows_the_animal(sex: str, age_class: str, expected: set[str]) -> None:
    assert set(suggest(TINY, sex, age_class, set(), n=len(expected))) == expected


def test_names_run_on_with_numbers_when_a_list_is_used_up() -> None:
    assert sorted(suggest(TINY, "male", "adult", {"ASH", "bo", "Bo II"}, n=3)) == [
        "Ash II",
        "Ash III",
        "Bo III",
    ]
    many = suggest(TINY, "female", "adult", set(), n=40)
    assert many[:4] == ["Cy", "Cy II", "Cy III", "Cy IV"]
    assert many[8] == "Cy IX" and many[39] == "Cy XL"


def test_a_number_that_a_theme_gives_itself_is_not_given_twice() -> None:
    kings = parse_theme(
        "kings",
        "[names]\nmale=['Bo','Bo II']\nfemale=['C']\nfawn=['D']\nunknown=['E']",
        "kings.toml",
    )
    assert sorted(suggest(kings, "male", "adult", set(), n=4)) == [
        "Bo",
        "Bo II",
        "Bo II II",
        "Bo III",
    ]


def test_suggestions_are_the_same_for_the_same_seed_and_differ_by_seed() -> None:
    theme = load_theme("disney")
    first = suggest(theme, "male", "adult", {"Bambi"}, n=5, seed=1)
    assert first == suggest(theme, "male", "adult", ["Bambi"], n=5, seed=1)
    assert first != suggest(theme, "male", "adult", {"Bambi"}, n=5, seed=2)
    assert suggest(theme, "male", "adult", set(), n=0) == []


@settings(deadline=None)
@given(
    st.sampled_from(["disney", "stars", "rivers", "mythology"]),
    st.sampled_from(["male", "female", "unknown"]),
    st.sampled_from(["adult", "fawn"]),
    st.integers(0, 200),
    st.integers(0, 12),
)
def test_suggestions_never_collide(key: str, sex: str, age: str, n_taken: int, n: int) -> None:
    theme = load_theme(key)
    # What is taken is written as people write: other case, wide letters, stray spaces.
    taken = {f" {name.upper()} " for name in suggest(theme, sex, age, set(), n=n_taken, seed=9)}
    found = suggest(theme, sex, age, taken, n=n)
    keys = {name_key(name) for name in found}
    assert len(found) == len(keys) == n
    assert not keys & {name_key(name) for name in taken}
    assert all(clean_name(name) == name for name in found)


def test_a_theme_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "pubs.toml"
    file.write_text(
        '[names]\nmale = ["The Crown"]\nfemale = ["The Swan"]\nfawn = ["Pint"]\nunknown = ["Ale"]\n'
    )
    theme = load_theme(file)
    assert (theme.key, theme.title) == ("pubs", "pubs")
    assert suggest(theme, "male", "adult", {"the crown"}, n=1) == ["The Crown II"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("names = [", "not valid TOML"),
        ("title = 'x'", r"\[names\] table"),
        ("names = 3", r"\[names\] table"),
        ("[names]\nmale = ['A']", "names.female"),
        ("[names]\nmale = []", "names.male must be a list"),
        ("[names]\nmale = 'A'", "names.male must be a list"),
        ("[names]\nmale = ['A', 7]", "7 is not text"),
        ("[names]\nmale = ['A', 'a']", "'a' is there twice"),
        ("[names]\nmale = [' ']", "letter or digit"),
        (f"[names]\nmale = ['{'x' * 29}']", "over 28 characters"),
    ],
)
def test_a_broken_theme_says_where_and_what(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=said) as error:
        load_theme(str(file))
    assert "mine.toml" in str(error.value)


def test_a_theme_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="disney, mythology, rivers, stars"):
        load_theme("flowers")
    with pytest.raises(UsageError, match="Cannot read the theme"):
        load_theme(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="Cannot read the theme"):
        load_theme(tmp_path / "bad.toml")


def test_parse_keeps_title_and_order() -> None:
    lists = "male=['B','A']\nfemale=['C']\nfawn=['D']\nunknown=['E']"
    text = f"title='T'\ndescription='D'\n[names]\n{lists}"
    theme = parse_theme("k", text, "k.toml")
    assert theme == Theme("k", "T", "D", ("B", "A"), ("C",), ("D",), ("E",))


@pytest.mark.parametrize(
    ("deer", "taken", "kinds"),
    [
        ([], (), []),
        ([("a", "male", "adult"), ("b", "male", "adult")], (), [{"Ash", "Bo"}] * 2),
        ([("a", "male", "adult"), ("b", "female", "adult")], ("ash",), [{"Bo"}, {"Cy"}]),
        ([("a", "female", "adult"), ("b", "female", "adult")], (), [{"Cy"}, {"Cy II"}]),
    ],
)
def test_each_of_several_gets_a_name_of_its_own(
    deer: list[tuple[str, str, str]], taken: tuple[str, ...], kinds: list[set[str]]
) -> None:
    found = suggest_each(TINY, deer, taken)
    assert list(found) == [who for who, _, _ in deer]
    assert len(set(found.values())) == len(deer)
    assert all(name in kind for name, kind in zip(found.values(), kinds, strict=True))


@pytest.mark.parametrize(
    ("last", "goes_on"),
    [(None, "disney"), ("rivers", "rivers"), ("gone", "disney"), ("/no/such/theme.toml", "disney")],
)
def test_the_last_theme_goes_on_while_it_is_there(last: str | None, goes_on: str) -> None:
    assert theme_or(last) == goes_on
