"""Hypothesis strategies: changes, queue files, configurations, postoffices, and what damage makes of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from glbtools.formats.config import new_reqconf
from glbtools.formats.queue import new_queue
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.model.channel import MAX_SYNC

_WORD = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=10)
_ALIAS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzäöüÄÖÜß '-.", min_size=1, max_size=30)
_MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)).map(lambda each: each.replace(microsecond=0))


def texts(postoffice: str = "NET/PO") -> st.SearchStrategy[str]:
    """Return texts of changes to the entries of a postoffice: additions, deletions, modifications, and its R record.

    Args:
        postoffice: whose entries they are.
    """
    address = _WORD.map(lambda mailbox: f"PCM:{postoffice}/{mailbox}")
    alias = _ALIAS.map(str.strip).filter(bool)
    entry = st.builds("{}\t{}".format, alias, address)
    return st.one_of(
        st.just(f"R PCM:{postoffice}"),
        st.builds("{} {}".format, st.sampled_from("AD"), entry),
        st.builds("M {}\t{}".format, entry, entry),
    )


@st.composite
def changes(
    draw: st.DrawFn, *, first: int | None = None, max_size: int = 20, postoffice: str = "NET/PO"
) -> list[Change]:
    """Return changes that are numbered one after the other, their dates in order.

    Args:
        draw: as Hypothesis gives it.
        first: number of the first; any unless given.
        max_size: the most changes.
        postoffice: whose they are.
    """
    said = draw(st.lists(texts(postoffice), max_size=max_size))
    start = first if first is not None else draw(st.integers(1, MAX_SYNC - max_size))
    dates = sorted(draw(st.lists(_MOMENTS, min_size=len(said), max_size=len(said))))
    return [Change(start + at, text, when) for at, (text, when) in enumerate(zip(said, dates, strict=True))]


def queue_files(
    held: st.SearchStrategy[list[Change]] | None = None, layouts: Layouts | None = None
) -> st.SearchStrategy[bytes]:
    """Return the bytes of queue files (REQTRANS, MSTTRANS ...) that hold some changes.

    Args:
        held: the changes; any unless given.
        layouts: how they are written.
    """
    layout = (layouts or Layouts())["queue"]
    return (held or changes()).map(lambda each: new_queue(each, layout).build())


def reqconf_files(layouts: Layouts | None = None, server: str = "NET/HUB") -> st.SearchStrategy[bytes]:
    """Return the bytes of REQCONF.GLB files with any numbers.

    Args:
        layouts: how they are written.
        server: NET/PO of the server.
    """
    layout = (layouts or Layouts())["reqconf"]
    numbers = st.tuples(st.integers(0, MAX_SYNC), st.integers(0, MAX_SYNC))
    return numbers.map(lambda each: new_reqconf(layout, server=server, reqsync=each[0], srvsync=each[1]).build())


@st.composite
def postoffices(draw: st.DrawFn, *, name: str = "NET/PO", role: str = "requestor") -> dict[str, Any]:
    """Return one row of a description that ``glbtools.build`` takes, as a JSON document has it.

    Args:
        draw: as Hypothesis gives it.
        name: its name.
        role: ``requestor`` or ``server``.
    """
    held: Sequence[Change] = draw(changes(postoffice=name, max_size=8))
    records = [{"sync": each.sync, "text": each.text, "stamp": each.stamp.isoformat()} for each in held if each.stamp]
    return {
        "name": name,
        "role": role,
        "reqconf": {"reqsync": draw(st.integers(0, MAX_SYNC)), "srvsync": draw(st.integers(0, MAX_SYNC))},
        "queue": {"REQTRANS": records},
    }


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Return what is left of a content that was cut, bent, or overwritten in one place.

    Args:
        draw: as Hypothesis gives it.
        whole: what makes the content.
    """
    data = draw(whole)
    if not data:
        return data
    at = draw(st.integers(0, len(data) - 1))
    kind = draw(st.sampled_from(("cut", "bent", "zeroed", "doubled")))
    if kind == "cut":
        return data[:at]
    if kind == "doubled":
        return data[:at] + data[at // 2 :]
    stop = min(len(data), at + draw(st.integers(1, 64)))
    new = bytes(stop - at) if kind == "zeroed" else bytes(each ^ 0x55 for each in data[at:stop])
    return data[:at] + new + data[stop:]
