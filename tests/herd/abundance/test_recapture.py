"""Mark-recapture: worked examples from the literature, plain references, refusals."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from thumper_core.herd.abundance.accumulation import accumulation
from thumper_core.herd.abundance.chao import chao, chao_of
from thumper_core.herd.abundance.estimate import Estimate, Refused, Result
from thumper_core.herd.abundance.methods import abundance
from thumper_core.herd.abundance.occasions import Captures, capture_matrix
from thumper_core.herd.abundance.recapture import chapman, chapman_of, schnabel, schnabel_of

# Redear sunfish of Gordy Lake, Gerking 1953, Trans. Am. Fish. Soc. 82: 48-67; Ricker 1975, table
# 3.4 and p. 99; Krebs 1989, Ecological Methodology, p. 32.
SUNFISH_CAUGHT = [10, 27, 17, 7, 1, 5, 6, 15, 9, 18, 16, 5, 7, 19]
SUNFISH_RECAPTURED = [0, 0, 0, 0, 0, 0, 2, 1, 5, 5, 4, 2, 2, 3]
SUNFISH_MARKED = [0, 10, 37, 54, 61, 62, 67, 71, 85, 89, 102, 112, 115, 119]
START = datetime(2026, 11, 1, 17, 30)


def good(result: Result) -> Estimate:
    assert isinstance(result, Estimate), result
    assert result.low <= result.estimate <= result.high
    assert result.assumptions and result.source
    return result


def frequencies(*f: int) -> list[int]:
    """Animals seen once, twice, ... -> how often each was seen."""
    return [times for times, n in enumerate(f, start=1) for _ in range(n)]


def captures(matrix: list[list[int]]) -> Captures:
    seen = np.array(matrix, bool)
    starts = tuple(START + timedelta(days=d) for d in range(seen.shape[1]))
    return Captures(tuple(f"i{n}" for n in range(len(seen))), starts, 1.0, seen)


@pytest.mark.parametrize(
    ("marked", "caught", "recaptured", "estimate", "std_error"),
    [
        (948, 421, 167, 2383, None),  # Krebs 1989, Ecological Methodology, box 2.1
        (109, 177, 57, 337, None),  # Ricker 1975, Bull. 191, example 3.2
        # Pine et al. 2013 (AFS Analysis and Interpretation, box 11.2): 1330 to 1826, normal
        (421, 332, 88, 1578, (1826 - 1330) / 2 / 1.96),
        (500, 149, 7, 9393, 3022),  # Seber 2002, Estimation of Animal Abundance, tables 3.7, 3.8
        (1000, 243, 21, 11101, 2184),  # the same
    ],
)
def test_chapman_against_published_examples(
    marked: int, caught: int, recaptured: int, estimate: int, std_error: float | None
) -> None:
    result = good(chapman(marked, caught, recaptured))
    assert round(result.estimate) == estimate
    if std_error is not None:
        assert result.std_error == pytest.approx(std_error, abs=0.5)


def test_chapman_interval_is_close_to_the_published_one_where_samples_are_large() -> None:
    result = good(chapman(948, 421, 167))  # Krebs 1989, box 2.1: 2153 to 2685
    assert (result.low, result.high) == pytest.approx((2153, 2685), abs=4)


@pytest.mark.parametrize(
    ("m", "c", "r"), [(1, 1, 1), (1, 6, 1), (6, 1, 1), (5, 7, 1), (8, 8, 8), (9, 12, 4), (12, 9, 9)]
)
def test_chapman_interval_equals_trying_every_population(m: int, c: int, r: int) -> None:
    result = good(chapman(m, c, r))
    sizes = np.arange(m + c - r, 41 * m * c + 2)  # beyond, even one recapture is too many
    few = stats.hypergeom.cdf(r, sizes, m, c) >= 0.025 - 1e-9
    many = stats.hypergeom.sf(r - 1, sizes, m, c) >= 0.025 - 1e-9
    assert (result.low, result.high) == (sizes[few].min(), sizes[many].max())


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_chapman_interval_holds_the_estimate(m: int, c: int, r: int) -> None:
    assert good(chapman(m, c, min(r, m, c))).low >= m + c - min(r, m, c)


def test_chapman_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(3)
    n, m, c = 40, 18, 20
    held = drawn = 0
    for r in rng.hypergeometric(m, n - m, c, 400):
        result = chapman(m, c, int(r))
        if isinstance(result, Estimate):
            drawn += 1
            held += result.low <= n <= result.high
    assert drawn == 400
    assert held / drawn >= 0.95


@pytest.mark.parametrize(
    ("m", "c", "r", "said"), [(0, 5, 0, "One of"), (5, 0, 0, "One of"), (5, 5, 0, "any size")]
)
def test_chapman_is_refused(m: int, c: int, r: int, said: str) -> None:
    result = chapman(m, c, r)
    assert isinstance(result, Refused)
    assert said in result.reason


@pytest.mark.parametrize(("m", "c", "r"), [(5, 5, 6), (5, 3, 4), (-1, 3, 0), (3, 3, -1)])
def test_chapman_of_impossible_counts(m: int, c: int, r: int) -> None:
    with pytest.raises(ValueError, match="recaptures"):
        chapman(m, c, r)


def test_few_recaptures_are_said_to_be_few() -> None:
    assert "6 recaptures are few" in good(chapman(20, 20, 6)).cautions[0]
    assert good(chapman(20, 20, 7)).cautions == ()


def test_schnabel_against_the_sunfish_of_gordy_lake() -> None:
    caught, marked = np.array(SUNFISH_CAUGHT), np.array(SUNFISH_MARKED)
    assert (caught * marked).sum() == 10740  # Krebs: sum of C M
    assert sum(SUNFISH_RECAPTURED) == 24  # Krebs: sum of R; 10740 / 24 = 447.5, uncorrected
    result = good(schnabel(SUNFISH_CAUGHT, SUNFISH_RECAPTURED, SUNFISH_MARKED))
    assert round(result.estimate) == 430  # Ricker 1975, p. 99, with Chapman's correction
    # Ricker's limits, 302 and 697, are from a table of the Poisson distribution; these are exact.
    assert (result.low, result.high) == pytest.approx((302, 697), abs=2)


@pytest.mark.parametrize(
    ("caught", "recaptured", "marked", "said"),
    [
        ([], [], [], "Only 0 occasions"),
        ([3, 3], [0, 1], [0, 3], "Only 2 occasions"),
        ([3, 3, 3], [0, 0, 0], [0, 3, 6], "any size"),
        ([0, 0, 0], [0, 0, 0], [0, 0, 0], "any size"),
    ],
)
def test_schnabel_is_refused(caught: list, recaptured: list, marked: list, said: str) -> None:
    result = schnabel(caught, recaptured, marked)
    assert isinstance(result, Refused)
    assert said in result.reason


@pytest.mark.parametrize(
    ("caught", "recaptured", "marked"),
    [
        ([3, 3, 3], [0, 1], [0, 3, 5]),
        ([3, 3, 3], [1, 0, 0], [0, 3, 5]),
        ([1, 1, 1], [0, 0, 2], [0, 5, 5]),
    ],
)
def test_schnabel_of_impossible_counts(caught: list, recaptured: list, marked: list) -> None:
    with pytest.raises(ValueError, match=r"equally long|more recaptures"):
        schnabel(caught, recaptured, marked)


def test_schnabel_counts_from_a_matrix() -> None:
    seen = [[1, 1, 0, 1], [0, 1, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0]]
    by_hand = schnabel([2, 2, 2, 1], [0, 1, 1, 1], [0, 2, 3, 4])
    assert good(schnabel_of(captures(seen))) == by_hand


def test_a_herd_that_is_known_completely_is_not_estimated_below_what_was_seen() -> None:
    result = good(schnabel_of(captures([[1] * 6] * 5)))
    assert result.estimate == result.low == 5


@pytest.mark.parametrize(
    ("f", "n_occasions", "observed", "expected"),
    [
        # Spiders of girdled and of logged hemlock (Ellison et al. 2010), Hsieh, Ma & Chao 2016,
        # iNEXT, Methods Ecol. Evol. 7: 1451-1456: f1, f2 and n decide; the rest only counts.
        ((12, 4), 168, 26, (43.893, 14.306, 30.511, 96.971)),
        ((14, 4), 252, 37, (61.403, 18.532, 43.502, 128.583)),
    ],
)
def test_chao_against_inext(f: tuple, n_occasions: int, observed: int, expected: tuple) -> None:
    often = [5] * (observed - sum(f))
    result = good(chao([*frequencies(*f), *often], n_occasions))
    got = (result.estimate, result.std_error, result.low, result.high)
    assert got == pytest.approx(expected, abs=6e-4)


def test_chao_against_snowshoe_hares() -> None:
    """68 hares on 6 occasions (Cormack 1989); Mh Chao (LB) 79.8, Baillargeon & Rivest 2007."""
    result = good(chao(frequencies(25, 22, 13, 5, 1, 2), 6))
    assert round(result.estimate, 1) == 79.8


def test_chao_against_cottontails_of_known_number() -> None:
    """76 of 135 penned rabbits in 18 nights (Edwards & Eberhardt 1967), as in Chao 1987."""
    result = good(chao(frequencies(43, 16, 8, 6, 0, 2, 1), 18))
    assert (result.estimate - 76) * 18 / 17 == pytest.approx(43**2 / 32)
    assert result.low < 135 < result.high
    assert "once only" in result.cautions[0]


def test_chao_where_the_bound_adds_nobody() -> None:
    all_twice = good(chao([2] * 10, 8))
    assert (all_twice.estimate, all_twice.low, all_twice.std_error) == (10, 10, None)
    assert all_twice.high > 11  # e^-2 of the herd would be missed at this rate
    one_once = good(chao([1, 3, 3, 4], 8))
    assert one_once.estimate == 4


def test_chao_without_doubles_is_bias_corrected() -> None:
    """S = 5, f1 = 3, f2 = 0, t = 5, worked by hand from Chao & Colwell 2017."""
    result = good(chao([1, 1, 1, 4, 4], 5))
    assert result.estimate == pytest.approx(5 + 0.8 * 3 * 2 / 2)
    variance = 0.8 * 3 * 2 / 2 + 0.64 * 3 * 25 / 4 - 0.64 * 81 / (4 * 7.4)
    assert result.std_error == pytest.approx(variance**0.5)


@settings(deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=30))
def test_chao_is_never_below_what_was_seen(times: list[int]) -> None:
    result = chao(times, 6)
    if set(times) == {1}:
        assert isinstance(result, Refused)
    else:
        assert good(result).low >= len(times)


@pytest.mark.parametrize(
    ("times", "n_occasions", "said"),
    [
        ([], 9, "No identified"),
        ([0, 0], 9, "No identified"),
        ([2, 2], 2, "Only 2"),
        ([1, 1], 9, "two occasions"),
    ],
)
def test_chao_is_refused(times: list[int], n_occasions: int, said: str) -> None:
    result = chao(times, n_occasions)
    assert isinstance(result, Refused)
    assert said in result.reason


def test_chao_of_impossible_counts() -> None:
    with pytest.raises(ValueError, match="more occasions"):
        chao([4, 1], 3)


# --- occasions and the curve ---------------------------------------------------------------------


def sightings(*rows: tuple[str | None, float]) -> pl.DataFrame:
    """(individual, days after the start) -> sightings."""
    return pl.DataFrame(
        {
            "individual_id": [i for i, _ in rows],
            "started_at": [START + timedelta(days=d) for _, d in rows],
        },
        schema={"individual_id": pl.String, "started_at": pl.Datetime("us")},
    )


def test_occasions_are_days_from_midnight() -> None:
    frame = sightings(("b", 0), ("a", 0.2), ("a", 0.25), ("a", 0.3), (None, 9), ("b", 2))
    result = capture_matrix(frame)  # 17:30 + 0.3 days is past midnight
    assert result.individual_ids == ("a", "b")
    assert result.starts[0] == datetime(2026, 11, 1)
    assert result.seen.tolist() == [[True, True, False], [True, False, True]]
    two = capture_matrix(frame, 2)
    assert two.seen.tolist() == [[True, False], [True, True]]


@pytest.mark.parametrize("frame", [sightings(), sightings((None, 1))])
def test_nobody_was_seen(frame: pl.DataFrame) -> None:
    result = capture_matrix(frame)
    assert result.seen.shape == (0, 0)
    for refused in (chapman_of(result), schnabel_of(result), chao_of(result), accumulation(result)):
        assert isinstance(refused, Refused)


def test_occasions_have_a_length() -> None:
    with pytest.raises(ValueError, match="occasion_days"):
        capture_matrix(sightings(("a", 1)), 0)


def test_a_long_survey_is_not_closed() -> None:
    rows = [(f"d{n}", day) for n in range(8) for day in (n, n + 50, n + 110)]
    result = good(chao_of(capture_matrix(sightings(*rows), 10)))
    assert "spans 120 days" in result.cautions[-1]
    short = good(chao_of(capture_matrix(sightings(*[(i, d / 10) for i, d in rows]), 1)))
    assert not any("spans" in c for c in short.cautions)


@settings(deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda k: st.lists(
            st.lists(st.booleans(), min_size=k, max_size=k).filter(any), min_size=1, max_size=6
        )
    )
)
def test_curve_equals_the_mean_over_every_choice_of_occasions(matrix: list[list[bool]]) -> None:
    seen = np.array(matrix, bool)
    curve = accumulation(captures(matrix))  # type: ignore[arg-type]
    assert isinstance(curve, pl.DataFrame)
    k = seen.shape[1]
    for h in range(1, k + 1):
        met = [seen[:, list(some)].any(axis=1).sum() for some in combinations(range(k), h)]
        assert curve["expected"][h - 1] == pytest.approx(np.mean(met))
    assert curve["expected"][k - 1] == pytest.approx(len(seen))
    assert (curve["low"] <= curve["expected"]).all() and (curve["expected"] <= curve["high"]).all()
    assert (curve["expected"].diff().drop_nulls() >= -1e-9).all()


def test_curve_ends_with_the_uncertainty_of_what_was_not_seen() -> None:
    """At the last occasion the variance is S (1 - S / S_total): S = 4, f1 = f2 = 2, t = 3."""
    curve = accumulation(captures([[1, 0, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]]))
    assert isinstance(curve, pl.DataFrame)
    total = 4 + 2 / 3 * 2**2 / (2 * 2)
    half = 1.959964 * (4 * (1 - 4 / total)) ** 0.5
    assert curve.row(-1)[1:] == pytest.approx((4, 4 - half, 4 + half))


def test_curve_of_many_occasions_stays_finite() -> None:
    rng = np.random.default_rng(1)
    curve = accumulation(captures((rng.random((60, 400)) < 0.05).tolist()))
    assert isinstance(curve, pl.DataFrame)
    assert curve.select(pl.all().is_finite().all()).row(0) == (True,) * 4


def test_every_method_on_one_simulated_herd() -> None:
    """30 deer, each with its own chance to be seen on a day, for 21 days."""
    rng = np.random.default_rng(11)
    n_deer, n_days = 30, 21
    chance = rng.beta(2, 9, n_deer)
    rows = [
        (f"d{n:02d}", float(day))
        for n in range(n_deer)
        for day in range(n_days)
        if rng.random() < chance[n]
    ]
    deer = pl.DataFrame(
        {
            "individual_id": [f"d{n:02d}" for n in range(n_deer)],
            "sex": ["male"] * 10 + ["female"] * 14 + ["unknown"] * 6,
            "age_class": ["adult"] * 24 + ["fawn"] * 6,
        }
    )
    met = deer.filter(pl.col("individual_id").is_in([i for i, _ in rows]))
    kind = {
        i: ("fawns" if a == "fawn" else "bucks" if s == "male" else "does")
        for i, s, a in deer.rows()
    }
    counts = pl.DataFrame(
        [
            (f"e{n}", "c", *(int(kind[i] == k) for k in ("bucks", "does", "fawns")), 0)
            for n, (i, _) in enumerate(rows)
        ],
        schema=["event_id", "camera", "bucks", "does", "fawns", "unknown"],
        orient="row",
    )
    result = abundance(sightings(*rows), met, counts)
    for estimate in (result.chapman, result.schnabel, result.chao):
        assert 0.75 * n_deer < good(estimate).estimate < 1.25 * n_deer
    assert good(result.chao).low <= n_deer <= good(result.chao).high
    assert good(result.bucks_per_doe_known).estimate == pytest.approx(10 / 14, abs=0.1)
    for part in (result.bucks_per_doe, result.fawns_per_doe, result.census.total):
        good(part)
    assert isinstance(result.curve, pl.DataFrame)
    assert result.curve.height == n_days


def test_every_method_on_an_empty_herd() -> None:
    individuals = pl.DataFrame(
        schema={"individual_id": pl.String, "sex": pl.String, "age_class": pl.String}
    )
    counts = pl.DataFrame(
        schema={
            "event_id": pl.String,
            "camera": pl.String,
            **dict.fromkeys(("bucks", "does", "fawns", "unknown"), pl.Int64),
        }
    )
    result = abundance(sightings(), individuals, counts)
    refusals = (
        result.bucks_per_doe,
        result.fawns_per_doe,
        result.bucks_per_doe_known,
        result.fawns_per_doe_known,
        result.census.total,
        result.chapman,
        result.schnabel,
        result.chao,
        result.curve,
    )
    for refused in refusals:
        assert isinstance(refused, Refused)
        assert refused.reason
