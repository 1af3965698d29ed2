"""Dates in parts: as C programs keep them in structures, in words, in digits, in BCD, or as days and seconds.

A form names the parts in the order of the bytes, each a letter and how it is stored: ``s2m2h2D2N2C2`` is the beginning
of a ``struct tm`` of 16-bit integers, ``D1M1Y2w1h1m1s1`` a ``dosdate_t`` and a ``dostime_t``, ``YaMaDa`` the digits of
a day. The letters: ``Y`` the year, ``C`` less 1900, ``y`` its last two digits (below 70 of this century); ``M`` the
month, ``N`` from 0; ``D`` the day; ``h``, ``m``, ``s``; ``w`` the weekday from Sunday, 0; ``j`` the day of the year
from 0; ``d`` days since 1970, ``e`` since 1980; ``S`` seconds and ``T`` minutes of the day. Stored as ``1``, ``2`` or
``4`` bytes, ``b`` BCD, ``a`` digits; ``_`` is a byte of zero; blank, ``/``, ``-``, ``.``, ``:`` and ``,`` stand for
themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from glbtools.binary.stamp import EPOCH, to_unix

_PART = re.compile(r"(?P<what>[YCyMNDhmswjdeST])(?P<how>[124ab])|(?P<plain>[_ /\-.:,])")
_DOS = datetime(1980, 1, 1)
_DIGITS = {"Y": 4, "j": 3}
_CENTURY = 70
"""Last two digits of a year from which on it is of the twentieth century."""


class DatePart(NamedTuple):
    """One part: which, how it is stored, in how many bytes; or a byte that stands for itself."""

    what: str
    how: str
    size: int


@cache
def parts(form: str) -> tuple[DatePart, ...]:
    """Return the parts of a form, none where it is none: a day is needed, and nothing twice."""
    found, at = [], 0
    while at < len(form):
        match = _PART.match(form, at)
        if match is None:
            return ()
        at = match.end()
        if match["plain"]:
            found.append(DatePart("", "\0" if match["plain"] == "_" else match["plain"], 1))
            continue
        digits = _DIGITS.get(match["what"], 2)
        sizes = {"a": digits, "b": (digits + 1) // 2}
        found.append(DatePart(match["what"], match["how"], sizes.get(match["how"]) or int(match["how"])))
    named = [each.what for each in found if each.what]
    day = sum(each in named for each in "YCy") == sum(each in named for each in "MN") == ("D" in named) == 1
    days = ("d" in named) + ("e" in named)
    times = ("h" in named) + ("S" in named) + ("T" in named)
    right = day + days == 1 and times <= 1 and len(set(named)) == len(named)
    clock = [each for each in "hms" if each in named]
    return tuple(found) if right and clock in ([], ["h", "m"], ["h", "m", "s"]) else ()


def size(form: str) -> int:
    """Return how many bytes a date takes; 0 for what is no form."""
    return sum(each.size for each in parts(form))


@cache
def resolution(form: str) -> int:
    """Return to how many seconds a date is exact."""
    named = {each.what for each in parts(form)}
    return 1 if named & {"s", "S"} else 60 if named & {"m", "T"} else 86400


def read(form: str, raw: bytes, order: str = "little") -> int | None:
    """Return the seconds since 1970 that a date stands for, 0 for zeros; None where it is none."""
    values: dict[str, int] = {}
    at = 0
    for each in parts(form):
        stored = raw[at : at + each.size]
        at += each.size
        if not each.what:
            if stored != each.how.encode():
                return None
            continue
        value = _number(each, stored, order)
        if value is None:
            return None
        values[each.what] = value
    if not any(values.values()):
        return 0
    moment = _moment(values)
    if moment is None:
        return None
    seconds = to_unix(moment)
    return seconds if seconds > 0 and write(form, seconds, order) == raw else None


def write(form: str, seconds: int, order: str = "little") -> bytes | None:
    """Return a date as it is stored, what it has no part for left out; None where it has no room for it."""
    values = _values(EPOCH + timedelta(seconds=seconds)) if seconds else {}
    stored = b""
    for each in parts(form):
        if not each.what:
            stored += each.how.encode()
            continue
        made = _stored(each, values.get(each.what, 0), order)
        if made is None:
            return None
        stored += made
    return stored


def _number(each: DatePart, raw: bytes, order: str) -> int | None:
    if each.how == "a":
        return int(raw) if raw.isdigit() and len(raw) == each.size else None
    if each.how == "b":
        digits = raw.hex()
        return int(digits) if digits.isdecimal() else None
    return int.from_bytes(raw, "big" if order == "big" else "little")


def _stored(each: DatePart, value: int, order: str) -> bytes | None:
    digits = _DIGITS.get(each.what, 2)
    if value < 0 or value >= (10**digits if each.how in "ab" else 1 << 8 * each.size):
        return None
    if each.how == "a":
        return b"%0*d" % (digits, value)
    if each.how == "b":
        return bytes.fromhex(f"{value:0{2 * each.size}d}")
    return value.to_bytes(each.size, "big" if order == "big" else "little")


def _values(moment: datetime) -> dict[str, int]:
    """Return all parts of a date."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    seconds = (moment - midnight).seconds
    return {
        "Y": moment.year, "C": moment.year - 1900, "y": moment.year % 100, "M": moment.month, "N": moment.month - 1,
        "D": moment.day, "h": moment.hour, "m": moment.minute, "s": moment.second, "w": moment.isoweekday() % 7,
        "j": moment.timetuple().tm_yday - 1, "d": (midnight - EPOCH).days, "e": (midnight - _DOS).days, "S": seconds,
        "T": seconds // 60,
    }  # fmt: skip


def _moment(values: dict[str, int]) -> datetime | None:
    """Return the date of its parts; None where they are none."""
    year = values.get("Y")
    if "C" in values:
        year = 1900 + values["C"]
    if "y" in values:
        year = values["y"] + (1900 if values["y"] >= _CENTURY else 2000)
    try:
        if year is not None:
            day = datetime(year, values["N"] + 1 if "N" in values else values["M"], values["D"])
        else:
            day = (EPOCH if "d" in values else _DOS) + timedelta(days=values["d" if "d" in values else "e"])
        if "S" in values or "T" in values:
            return day + timedelta(seconds=values.get("S", 60 * values.get("T", 0)))
        return day.replace(hour=values.get("h", 0), minute=values.get("m", 0), second=values.get("s", 0))
    except (ValueError, OverflowError):
        return None


def usual() -> Iterator[str]:
    """Yield the forms that programs of that time had, the longest first: what is a part of another comes behind it."""
    yield from sorted(USUAL, key=lambda form: -size(form))


def ways() -> Iterator[tuple[str, str]]:
    """Yield the usual forms with the orders of bytes that each can have, the longest first."""
    for form in usual():
        for order in ("little", "big") if any(each.how in "24" for each in parts(form)) else ("little",):
            yield form, order


USUAL = (
    *(f"s{n}m{n}h{n}D{n}N{n}C{n}{more}" for n in (2, 4) for more in (f"w{n}j{n}", "")),
    "D1M1Y2w1h1m1s1", "D1M1Y2w1_h1m1s1", "h1m1s1_D1M1Y2w1",
    *(f"{a}{n}{b}{n}{c}{n}h{n}m{n}{more}" for n in (2, 4) for a, b, c in ("YMD", "CMD", "DMY", "MDY")
      for more in (f"s{n}", "")),
    *(f"{seconds}m2h2D2M2{year}2" for seconds in ("s2", "") for year in "YC"),
    *(f"{day}h1m1{more}" for day in ("C1M1D1", "Y2M1D1", "D1M1C1", "D1M1Y2", "M1D1C1", "M1D1Y2", "C1N1D1")
      for more in ("s1", "")),
    *(f"{seconds}m1h1D1{month}1{year}" for seconds in ("s1", "") for month in "MN" for year in ("C1", "Y2")),
    *(f"{day}hbmb{more}" for day in ("ybMbDb", "YbMbDb", "DbMbyb", "MbDbyb") for more in ("sb", "")), "sbmbhbDbMbyb",
    *(f"{a}a{b}a{c}ahama{more}" for a, b, c in ("yMD", "YMD", "MDy", "DMy", "DMY", "MDY") for more in ("sa", "")),
    *(f"{day} ha:ma{more}" for sign in "/-." for more in (":sa", "")
      for day in (f"Ma{sign}Da{sign}ya", f"Da{sign}Ma{sign}ya", f"Ya{sign}Ma{sign}Da", f"ya{sign}Ma{sign}Da",
                  f"Ma{sign}Da{sign}Ya", f"Da{sign}Ma{sign}Ya")),
    *(f"{day}{n}{time}" for day in "de" for n in (2, 4) for time in ("S4", "T2")),
    *(f"{time}{day}{n}" for day in "de" for n in (2, 4) for time in ("S4", "T2")),
)  # fmt: skip
"""Forms that are looked for where somebody knows the dates."""
