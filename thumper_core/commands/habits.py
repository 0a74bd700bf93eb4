"""`habits` and `weather`: when the herd, one deer or two deer come, and what weather that is set against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from thumper_core.commands.common import JsonOption, err, open_workspace, out, print_json, table
from thumper_core.contracts import UsageError

if TYPE_CHECKING:
    from thumper_core.habits.following import Following, TooFew
    from thumper_core.questions.deer_habits import DeerHabits
    from thumper_core.questions.pair_habits import PairHabits

FETCH = "fetch"


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.command()(habits)
    app.command()(weather)


def habits(
    deer: Annotated[
        str | None, typer.Argument(metavar="[DEER]", help="This one deer instead of the herd.")
    ] = None,
    other: Annotated[
        str | None, typer.Argument(metavar="[DEER2]", help="A second one, beside the first.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """When deer come: daylight, moon, temperature, pressure, wind, against the hours that cameras worked.

    One deer: its ground, too. Two deer: how their hours overlap, where both were, who comes after whom.
    """
    from thumper_core.questions.deer_habits import habits_in
    from thumper_core.questions.habit_record import record_of
    from thumper_core.questions.named import individual_named
    from thumper_core.questions.pair_habits import pair_in

    workspace = open_workspace()
    who = None if deer is None else individual_named(workspace, deer)
    second = None if other is None else individual_named(workspace, other)
    with err.status("Looking at hours and days"):
        record = record_of(workspace)
        if who is not None and second is not None:
            pair = pair_in(record, who, second)
        else:
            found = habits_in(record, who)
    if who is not None and second is not None:
        print_json(_pair_values(pair)) if json else _say_pair(pair)
    else:
        print_json(_values(found)) if json else _say(found)


def weather(
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE|fetch]", help="A CSV of hours; fetch: ask a service."),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            help="Of the file's times, where it tells none: America/Chicago, -06:00, UTC. Default: the "
            "cameras' clocks."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Forget the weather that was there.")
    ] = False,
    service: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Of fetch: another server that answers as Open-Meteo."
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Of fetch: send the request without asking.")
    ] = False,
) -> None:
    """Take in weather by the hour, kept in weather.csv; without a file, say what is there.

    `fetch` asks Open-Meteo's archive, and nobody is asked otherwise: it says what it sends (one place to a
    tenth of a degree, and days), and waits for a yes.
    """
    from thumper_core.habits.weather_keep import Kept, keep_weather, weather_of
    from thumper_core.zones import zone

    workspace = open_workspace()
    if file is None:
        if timezone is not None or replace or service is not None:
            raise UsageError("Name a file, or fetch.")
        told = weather_of(workspace)
        if told is None:
            out.print("There is no weather yet: thumper weather FILE, or thumper weather fetch.")
            return
        kept = Kept(told, 0, 0)
    elif file == FETCH:
        from thumper_core.questions.weather_request import request_of

        request = request_of(workspace, service)
        err.print(request.sentence, markup=False)
        if not yes and not typer.confirm("Send it?", err=True):
            err.print("Nothing was sent.")
            return
        kept = request.fetch(workspace, replace=replace)
    else:
        if service is not None:
            raise UsageError("--service belongs to `thumper weather fetch`.")
        where = None if timezone is None else zone(timezone)
        kept = keep_weather(workspace, Path(file), where, replace=replace)
    _say_weather(kept, is_new=file is not None)


def _say_weather(kept: Any, *, is_new: bool) -> None:
    from thumper_core.counting import counted
    from thumper_core.habits.weather_hours import span

    rows, told = kept.weather.rows, kept.weather
    for remark in told.remarks:
        err.print(f"Note: {remark}", markup=False)
    first, last = span(rows)
    columns = [name for name in rows.columns[1:] if rows[name].drop_nulls().len()]
    clock = "UTC" if told.is_utc else "the cameras' clocks"
    out.print(
        f"weather.csv: {counted(rows.height, 'time')} from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} "
        f"({clock}); {', '.join(columns)}.",
        markup=False,
    )
    if is_new:
        out.print(f"New: {kept.n_new:,}; told anew: {kept.n_changed:,}.", markup=False)
        out.print("Next: thumper habits", markup=False)


def _say(found: DeerHabits) -> None:
    from thumper_core.habits.conditions import TITLES
    from thumper_core.questions import habit_words as said
    from thumper_core.questions import words

    if found.who is not None:
        out.print(
            f"{found.label}: seen {words.period(found.first_seen, found.last_seen)}.", markup=False
        )
    out.print(said.of_light(found) or "", markup=False)
    if found.who is None and found.lights is not None:
        rows = [
            [
                *(
                    row[name]
                    for name in ("label", "n_visits", "n_daylight", "n_twilight", "n_dark")
                ),
                _span(row["daylight"], row["low"], row["high"]),
            ]
            for row in found.lights.iter_rows(named=True)
        ]
        columns = ["deer", "visits", "daylight", "twilight", "dark", "share by daylight (95%)"]
        table("By the sun", columns, rows)
    if found.told:
        table(
            "Hours compared (* stands out)",
            ["hours", "visits", "expected", "times (95%)"],
            [
                [
                    *(f"{TITLES[one.factor]}: {one.level}", one.n_visits, round(one.n_expected)),
                    _ratio(one.ratio, one.low, one.high) + (" *" if one.stands_out else ""),
                ]
                for one in found.effects
                if one.factor in {other.factor for other in found.told}
            ],
        )
    lines = [said.many_looked_at(found), *said.standing_out(found), said.too_little(found)]
    lines += [said.how_compared()] if found.told else []
    lines += [said.of_ground(found)] if found.who is not None else []
    lines += [said.groups_not_deer(found.record), *found.record.missing, *found.record.remarks]
    for line in filter(None, lines):
        out.print(line, markup=False)


def _say_pair(pair: PairHabits) -> None:
    from thumper_core.questions import habit_words as said
    from thumper_core.questions import words

    for one in (pair.first, pair.second):
        seen = words.period(one.first_seen, one.last_seen)
        visits = words.counted(sum(one.cameras["n_visits"]), "visit")
        out.print(f"{one.label}: {visits}, seen {seen}.", markup=False)
    table(
        "Cameras", ["", pair.first.label, pair.second.label], [list(r) for r in pair.cameras.rows()]
    )
    record = pair.first.record
    lines = [*pair.sentences, said.groups_not_deer(record), *record.missing, *record.remarks]
    for line in filter(None, lines):
        out.print(line, markup=False)


def _ratio(value: float | None, low: float | None, high: float | None) -> str:
    from thumper_core.questions.habit_words import times

    return "-" if value is None else f"{times(value)} ({times(low)} to {times(high)})"


def _span(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return "-"
    return f"{value:.0%} ({low:.0%} to {high:.0%})"


def _values(found: DeerHabits) -> dict[str, Any]:
    """Habits as JSON values."""
    ground = found.ground
    return {
        "individual_id": found.who,
        "label": found.label or None,
        "first_seen": found.first_seen,
        "last_seen": found.last_seen,
        "n_visits": found.n_visits,
        "lights": None if found.lights is None else found.lights.to_dicts(),
        "effects": [vars(one) for one in found.effects],
        "n_compared": len(found.told),
        "n_outside_by_chance": found.n_outside_by_chance,
        "cameras": found.cameras.select("camera", "n_visits", "camera_days").to_dicts(),
        "ground": None
        if ground is None
        else {
            "n_cameras": ground.n_cameras,
            "hull_ha": ground.hull_ha,
            "half_ha": ground.areas_ha[0],
            "range_ha": ground.areas_ha[1],
        },
        "missing": list(found.record.missing),
        "remarks": list(found.record.remarks),
    }


def _pair_values(pair: PairHabits) -> dict[str, Any]:
    """Two deer as JSON values; the deer that is followed stands first."""
    told = pair.overlap
    first, second = _values(pair.first), _values(pair.second)
    return {
        "first": first,
        "second": second,
        "overlap": None
        if told is None
        else {"value": told.delta, "low": told.low, "high": told.high, "by_sun": pair.by_sun},
        "cameras": pair.cameras.to_dicts(),
        "n_together": pair.n_together,
        "second_follows": _following(pair.follows),
        "first_follows": _following(pair.leads),
    }


def _following(found: Following | TooFew) -> dict[str, Any]:
    """Counts and p, or how many there are too few of."""
    return vars(found)
