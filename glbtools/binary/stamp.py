"""Date stamps as numbers. Which time zone they are in is unknown, so the results carry none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

EPOCH = datetime(1970, 1, 1)
DOS_DATES = (datetime(1980, 1, 1), datetime.fromisoformat("2107-12-31T23:59:58"))
"""First and last date that MS-DOS can pack."""


def from_unix(raw: int) -> datetime | None:
    """Seconds since 1970 as the clock showed them; None beyond the calendar."""
    try:
        return EPOCH + timedelta(seconds=raw)
    except OverflowError:
        return None


def to_unix(moment: datetime) -> int:
    """Return ``from_unix`` undone; a fraction of a second is dropped."""
    return (moment - EPOCH) // timedelta(seconds=1)


def from_dos(raw: int) -> datetime | None:
    """MS-DOS packed date (high word) and time (low word); None when it is no date."""
    date, time = raw >> 16, raw & 0xFFFF
    try:
        day = datetime(1980 + (date >> 9), date >> 5 & 15, date & 31)
        return day.replace(hour=time >> 11, minute=time >> 5 & 63, second=(time & 31) * 2)
    except ValueError:
        return None


def to_dos(moment: datetime) -> int:
    """Return ``from_dos`` undone; an odd second is rounded down.

    Raises:
        ValueError: the year is outside 1980 to 2107.
    """
    if not DOS_DATES[0].year <= moment.year <= DOS_DATES[1].year:
        raise ValueError(f"MS-DOS dates know no year {moment.year}")
    date = (moment.year - 1980) << 9 | moment.month << 5 | moment.day
    return date << 16 | moment.hour << 11 | moment.minute << 5 | moment.second // 2


def from_1980(raw: int) -> datetime | None:
    """Seconds since 1980, when MS-DOS begins to count; None beyond the calendar."""
    return from_unix(raw + to_unix(DOS_DATES[0]))


def to_1980(moment: datetime) -> int:
    """Return ``from_1980`` undone; negative for a date before 1980."""
    return to_unix(moment) - to_unix(DOS_DATES[0])


def nearest(encoding: str, moment: datetime, low: int, high: int) -> int:
    """Return the stored form of the date nearest to one, among the numbers from ``low`` to ``high`` that are dates."""
    if encoding != "dos":
        return min(max(FORMS[encoding][1](moment), low), high)
    raw = to_dos(min(max(moment, DOS_DATES[0]), DOS_DATES[1]))
    years = range(1980 + (high >> 25), 1979, -1)
    ends = (to_dos(datetime(min(year, DOS_DATES[1].year) + 1, 1, 1) - timedelta(seconds=2)) for year in years)
    return raw if raw <= high else next((each for each in ends if each <= high), 0)


ENCODINGS: dict[str, tuple[Callable[[int], datetime | None], Callable[[datetime], int]]] = {
    "unix": (from_unix, to_unix),
    "dos": (from_dos, to_dos),
}
"""Name -> how to read and how to write: the usual ones."""

FORMS = ENCODINGS | {"since-1980": (from_1980, to_1980)}
"""All that a layout may name. What is unusual is looked for only where somebody knows the dates."""


def text(moment: datetime) -> str:
    """Return the one form of a date and time used everywhere: ISO 8601, seconds, no zone."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if moment.year >= 1000 else moment.isoformat(timespec="seconds")
