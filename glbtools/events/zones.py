"""Clocks: which zone each was in, and which instants a time that it showed can mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from glbtools.errors import UsageError, suggestion
from glbtools.events.event import UNKNOWN

WEST, EAST = timedelta(hours=-12), timedelta(hours=14)
"""How far clocks are from UTC, at most."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Reading(NamedTuple):
    """What a time on a clock means: the instant taken, the first and last possible one, and what is said of it."""

    instant: int
    earliest: int
    latest: int
    zone: str
    note: str = ""


class Clocks:
    """The zones of the clocks, as the user says them."""

    def __init__(self, every: str | None = None, each: Mapping[str, str] | None = None) -> None:
        """Look the zones up.

        Args:
            every: zone of all clocks that ``each`` does not name.
            each: NET/PO -> zone.

        Raises:
            UsageError: a zone is unknown.
        """
        self._every = zone_of(every, "--tz ") if every else None
        self._met: set[str] = set()
        self._each = {name.upper(): zone_of(zone, f"--tz {name}=") for name, zone in (each or {}).items()}

    @property
    def named(self) -> bool:
        """Whether the user gave a zone to a clock by its name."""
        return bool(self._each)

    @property
    def given(self) -> bool:
        """Whether the user gave any zone."""
        return bool(self._each) or self._every is not None

    def check(self) -> None:
        """See that every clock to which the user gave a zone showed something.

        Raises:
            UsageError: one is unknown.
        """
        for name in self._each:
            if name not in self._met:
                way = suggestion(name, self._met) or f"; those found are {', '.join(sorted(self._met)[:5]) or 'none'}"
                raise UsageError(f"--tz {name}: no clock is called so{way}")

    def read(self, shown: datetime, clock: str, spread: timedelta = timedelta(0)) -> Reading:
        """Return what a time means that a clock showed; ``spread`` is how much later it can have been, for its form."""
        if shown.tzinfo is not None:
            instant = micros(shown)
            return Reading(instant, instant, instant + spread // _MICROSECOND, "UTC")
        self._met.add(clock.upper())
        zone = self._each.get(clock.upper(), self._every)
        if zone is None:
            instant = micros(shown.replace(tzinfo=UTC))
            earliest, latest = instant - EAST // _MICROSECOND, instant - WEST // _MICROSECOND
            return Reading(instant, earliest, latest + spread // _MICROSECOND, UNKNOWN)
        first, second = (micros(shown.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
        note = ""
        if first != second:
            back = (_EPOCH + first * _MICROSECOND).astimezone(zone).replace(tzinfo=None)
            note = "the clock showed this hour twice" if back == shown else "the clock skipped this hour"
        early, late = sorted((first, second))
        return Reading(first, early, late + spread // _MICROSECOND, str(zone), note)


def said(given: Collection[str]) -> tuple[str | None, dict[str, str]]:
    """Return what ``--tz`` says: ``ZONE`` for all clocks, ``NET/PO=ZONE`` for one.

    Raises:
        UsageError: two zones are given for all clocks, or a name or a zone is empty.
    """
    every = [text for text in given if "=" not in text]
    if len(every) > 1:
        raise UsageError(f"--tz {every[1]}: {every[0]} is the zone of all clocks already; NET/PO=ZONE is for one clock")
    for text in given:
        if text.startswith("=") or text.endswith("="):
            raise UsageError(f"--tz {text}: is not ZONE or NET/PO=ZONE")
    each = {name: zone for name, sign, zone in (text.rpartition("=") for text in given) if sign}
    return (every[0] if every else None), each


def micros(moment: datetime) -> int:
    """Return microseconds since 1970 in UTC of a moment with a zone."""
    try:
        return (moment - _EPOCH) // _MICROSECOND
    except OverflowError:  # the first or last hours of the calendar
        return (moment.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def iso(instant: int) -> str:
    """Return an instant as ISO 8601 with six digits and its offset; the calendar's first or last where it is beyond."""
    try:
        moment = _EPOCH + instant * _MICROSECOND
    except OverflowError:
        moment = (datetime.max if instant > 0 else datetime.min).replace(tzinfo=UTC)
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S.%f}+00:00"


def zone_of(name: str, option: str = "") -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        UsageError: there is none; ``option`` stands before the name in what is said.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        known = sorted(available_timezones())
        near = [each for each in known if each.lower().rpartition("/")[2] == name.lower()]
        way = f"; did you mean {' or '.join(near[:3])}?" if near else suggestion(name, known)
        raise UsageError(f"{option}{name}: is not a time zone such as America/New_York{way}") from None
