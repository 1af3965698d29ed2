"""What clocks can show: the years of these files, and how far two clocks can be apart."""

from __future__ import annotations

from datetime import datetime

EARLIEST, LATEST = datetime(1988, 1, 1), datetime(2012, 1, 1)
"""Dates that stamps of these programs usually have: the product came in 1988, and its clocks ran on for a while."""

FIRST, LAST = datetime(1985, 1, 1), datetime(2036, 1, 1)
"""Dates that they can have: a clock that was never set, and one that is far ahead."""

ZONE_STEP, ZONE_MOST = 900, 15 * 3600
"""Seconds by which clocks of time zones differ: quarter-hours, 14 hours at most, and one of summer time."""


def may_differ(seconds: float) -> bool:
    """Whether two clocks can be so many seconds apart because they show two time zones."""
    return not seconds % ZONE_STEP and abs(seconds) <= ZONE_MOST
