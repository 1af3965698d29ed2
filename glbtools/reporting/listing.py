"""A file in the form in which the vendor's utilities would print it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glbtools import __version__
from glbtools.errors import UsageError
from glbtools.files import base_name
from glbtools.formats import listing as form
from glbtools.reporting.text import message

if TYPE_CHECKING:
    from glbtools.formats.registry import Inspection

PROGRAM = f"glbtools {__version__}"


def listing(inspection: Inspection[Any]) -> str:
    """Return a queue as LISTQ, a configuration as LISTDS, a log as DIRSYNC.LOG would show it.

    Raises:
        UsageError: nothing of the vendor's prints such a file, or its layout does not say where numbers stand.
    """
    content: Any = inspection.content
    name = inspection.entry.name
    if name == "queue" and not content.layout.numbered:
        raise UsageError(f"the layout {content.layout.id} does not say where numbers stand, which a listing prints")
    if name == "queue":
        printed = form.format_listq(
            _in_unix_time(content), _queue_name(inspection.path), _owner(content.records), PROGRAM
        )
    elif name == "listq":
        printed = form.format_listq(content.records, content.queue or "UNKNOWN", content.postoffice, PROGRAM)
    elif name in ("reqconf", "srvconf"):
        printed = form.format_listds(content.config, None, PROGRAM)
    elif name == "listds":
        configs = [each for each in (content.reqconf, content.srvconf) if each]
        printed = "\n".join(form.format_listds(each, content.postoffice, PROGRAM) for each in configs)
    elif name == "log":
        from glbtools.formats.logs import as_text

        printed = "\n".join(as_text(content))
    else:
        raise UsageError(f"no listing shows a {inspection.entry.title}")
    return "\n".join(map(message, printed.rstrip("\n").split("\n")))


def _in_unix_time(queue: Any) -> list[Any]:
    from glbtools.binary import stamp

    return [
        each._replace(stamp=stamp.to_unix(when) if (when := queue.moment(each)) else None) for each in queue.records
    ]


def _owner(records: list[Any]) -> str | None:
    """The postoffice that an ``R`` record names: how every Export begins (Q96060)."""
    from glbtools.formats.transaction import parse

    for each in records:
        if each.text.startswith("R"):
            found = parse(each.text).transaction
            if found is not None and found.postoffice_name:
                return found.postoffice_name
    return None


def _queue_name(path: str) -> str:
    return base_name(path).partition(".")[0] or "QUEUE"
