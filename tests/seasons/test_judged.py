"""Several people's words of one deer's age: the middle and the range, and what cannot be true together."""

from __future__ import annotations

import pytest

from thumper_core.seasons.judged import Agreed, age_by_birth, age_conflicts, agreed, range_text


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], None),
        ([3.5], Agreed(3.5, 3.5, 3.5, 1)),
        ([3.5, 2.5], Agreed(3.5, 2.5, 3.5, 2)),
        ([5.5, 2.5, 3.5], Agreed(3.5, 2.5, 5.5, 3)),
    ],
)
def test_the_middle_is_a_value_that_somebody_said(
    said: list[float], expected: Agreed | None
) -> None:
    assert agreed(said) == expected


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ([3.5], "3.5 years"),
        ([2.5, 3.5], "2.5 to 3.5 years"),
        ([4.5, 5.5], "4.5 to 5.5 years or more"),
        ([5.5, 5.5], "5.5 years or more"),
    ],
)
def test_a_range_in_words(said: list[float], words: str) -> None:
    found = agreed(said)
    assert found is not None
    assert range_text(found) == words


def test_an_age_by_birth_ends_with_the_last_class() -> None:
    assert [age_by_birth(year, 2020) for year in (2020, 2021, 2024, 2025, 2031)] == [
        0.5,
        1.5,
        4.5,
        5.5,
        5.5,
    ]


def conflicts(
    said: dict[int, list[float]], birth: int | None = None, classes: dict[int, str] | None = None
) -> dict[int, str]:
    told = {year: one for year, values in said.items() if (one := agreed(values))}
    return dict(age_conflicts(told, birth, classes or {}))


@pytest.mark.parametrize(
    ("said", "birth", "classes", "expected"),
    [
        ({2024: [3.5], 2025: [4.5]}, None, {}, {}),
        ({2024: [4.5], 2025: [5.5], 2026: [5.5], 2030: [5.5]}, None, {}, {}),
        ({2024: [3.5, 2.5], 2025: [3.5]}, None, {}, {}),
        (
            {2024: [3.5], 2025: [2.5]},
            None,
            {},
            {2025: "People say 2.5 years, and 3.5 years for 1 year earlier."},
        ),
        (
            {2024: [2.5], 2026: [5.5]},
            None,
            {},
            {2026: "People say 5.5 years or more, and 2.5 years for 2 years earlier."},
        ),
        (
            {2025: [2.5, 3.5]},
            2024,
            {2025: "yearling"},
            {
                2025: "It was seen as a fawn, which makes it 1.5 years old; people say 2.5 to 3.5 years."
            },
        ),
        ({2025: [1.5, 3.5]}, 2024, {2025: "yearling"}, {}),
        ({2030: [5.5]}, 2024, {2030: "adult"}, {}),
        (
            {2025: [0.5]},
            None,
            {2025: "adult"},
            {2025: "Its boxes show a grown deer; people say 0.5 years."},
        ),
        ({2025: [0.5]}, None, {2025: "unknown"}, {}),
    ],
)
def test_what_cannot_be_is_told(
    said: dict[int, list[float]],
    birth: int | None,
    classes: dict[int, str],
    expected: dict[int, str],
) -> None:
    assert conflicts(said, birth, classes) == expected
