"""A view as real files: one server's postoffice and those of its requestors, for the program itself to judge.

What a view leaves out is given so that it speaks for nothing: texts that no queue holds are of users long gone, dates
keep their order with two days between one and the next, and the counter of cycles is the number of days that
something was received (it is less where a server began again).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from glbtools.evidence.build import contents
from glbtools.evidence.description import Postoffice
from glbtools.formats.queue import CONFIRMED_TEXT, PODIAG_TEXT
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.tables import open_json
from scoreboard.worlds.state import CHANGE, OWN, PODIAG, REAL
from scoreboard.worlds.views import Member, Seen, View

NETWORK, SERVER, REQUESTORS = "NET", "HUB", ("EAST", "WEST")
FIRST, APART = datetime(1995, 3, 6, 9), timedelta(days=2)
KEEP_UPDATES = 60
NOWHERE = open_json(b"{}", "a view")
"""Where a description would have these postoffices."""


def name_of(at: int) -> str:
    """Return the name of a requestor, NET/PO."""
    return f"{NETWORK}/{REQUESTORS[at]}"


def materialize(seen: View) -> dict[str, bytes]:
    """Return the files of a view: relative path -> content; what was taken away is not among them."""
    hub = f"{NETWORK}/{SERVER}"
    offices = [Postoffice(NOWHERE, hub, SERVER.lower(), "server", _own(seen), _own_queues(seen), _srvconf(seen))]
    for at, member in enumerate(seen.members):
        path, config, queues = REQUESTORS[at].lower(), _reqconf(member), _queue(member, at)
        offices.append(Postoffice(NOWHERE, name_of(at), path, "requestor", config, queues))
    return {path: data for path, data in contents(offices, Layouts()).items() if not _away(seen, path)}


def _away(seen: View, path: str) -> bool:
    office, _, file = path.partition("/GLB/")
    if office == SERVER.lower():
        if seen.own is None:
            return True
        return (file == "SRVCONF.GLB" and seen.srvconf is None) or (file == "MSTTRANS.GLB" and seen.master is None)
    member = seen.members[[each.lower() for each in REQUESTORS].index(office)]
    if member.config is None and member.queue is None:
        return True
    return (file == "REQCONF.GLB" and member.config is None) or (file == "REQTRANS.GLB" and member.queue is None)


def moment(place: int) -> datetime:
    """Return the date that stands for a place in the order of all dates, from 1."""
    return FIRST + APART * place


def _own(seen: View) -> dict[str, Any]:
    own = seen.own
    if own is None:
        return {}
    return {"reqsync": own.confirmed, "srvsync": own.received, "importsync": own.imports}


def _own_queues(seen: View) -> dict[str, list[Change]]:
    queues = {"MSTTRANS": [_issued(each) for each in seen.master or ()]}
    if seen.own is not None:
        number = seen.own.confirmed
        queues["REQTRANS"] = [Change(number, CONFIRMED_TEXT, moment(0))] if number else []
    return queues


def _srvconf(seen: View) -> dict[str, Any]:
    days = {each.made for each in seen.master or ()}
    file = seen.srvconf
    if file is None:
        return {"sync": 0, "requestor": []}
    days |= {each.updated for each in file.records if each}
    served = sorted(days - {0})
    own: dict[str, Any] = {"name": f"PCM:{NETWORK}/{SERVER}", "reqsync": file.own.acknowledged}
    own |= {"srvsync": file.own.applied, "importsync": file.own.imports, "last_cycle": len(served)}
    if served:
        own["last_update"] = moment(served[-1])
    requestors = [own]
    for at, each in enumerate(file.records):
        if each is None:
            continue
        row: dict[str, Any] = {"name": f"PCM:{name_of(at)}", "reqsync": each.acknowledged, "srvsync": each.applied}
        row |= {"importsync": each.imports, "last_cycle": served.index(each.updated) + 1 if each.updated else 0}
        row["last_update"] = moment(each.updated) if each.updated else datetime(1970, 1, 1)
        requestors.append(row)
    return {"sync": file.head, "cycle": len(served), "keep_updates": KEEP_UPDATES, "requestor": requestors}


def _reqconf(member: Member) -> dict[str, Any]:
    config = member.config
    if config is None:
        return {}
    values: dict[str, Any] = {"reqsync": config.confirmed, "srvsync": config.received, "importsync": config.imports}
    if config.imported:
        values["last_import"] = moment(config.imported)
    if config.exported:
        values["last_export"] = moment(config.exported)
    return values


def _queue(member: Member, at: int) -> dict[str, list[Change]]:
    records = []
    latest = max((each.made for each in member.queue or ()), default=0)
    for place, each in enumerate(member.queue or (), 1):
        if each.kind in REAL:
            text = text_of(at, each.like or place) if each.kind == CHANGE else f"R PCM:{name_of(at)}"
            records.append(Change(each.sync, text, moment(each.made)))
        else:
            text = PODIAG_TEXT if each.kind == PODIAG else CONFIRMED_TEXT
            records.append(Change(each.sync, text, moment(latest)))
    return {"REQTRANS": records}


def text_of(at: int, place: int) -> str:
    """Return the text of the change in a place of a requestor's queue, from 1."""
    return f"A User {place}\tPCM:{name_of(at)}/USER{place}"


def _issued(each: Seen) -> Change:
    if each.held < 0:
        text = f"R PCM:{name_of(each.origin)}"
    elif each.held:
        text = text_of(each.origin, each.held)
    elif each.origin >= 0:
        text = f"A Gone {each.sync}\tPCM:{name_of(each.origin)}/GONE{each.sync}"
    elif each.origin == OWN:
        text = f"A Own {each.sync}\tPCM:{NETWORK}/{SERVER}/OWN{each.sync}"
    else:
        text = CONFIRMED_TEXT
    return Change(each.sync, text, moment(each.made))
