"""REQCONF and SRVCONF: pointers, sizes and numbers, each from a file that states it and never from a guess."""

from __future__ import annotations

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Finding
from glbtools.formats import config
from glbtools.model.configuration import KEEP_UPDATES, POINTERS, node_of
from glbtools.repair.salvage import again, not_taken
from glbtools.repair.work import Work

NAME_LIMIT = 8
"""Length of an administrator's name that does no harm (Q125512)."""


def pointers(work: Work, case: Case, finding: Finding) -> None:
    """Set pointers whose queue is empty to -1: there is nothing for them to point at (Q112301)."""
    file = work.reqconf(case)
    if file is None or file.config.pointers is None:
        return
    values = tuple(
        pointer if work.read(case, f"{name}.GLB") else -1
        for name, pointer in zip(POINTERS, file.config.pointers, strict=True)
    )
    work.set_reqconf(finding, case, "the queues that these pointers point into are empty", pointers=values)


def reqconf(work: Work, case: Case, finding: Finding) -> None:
    """Put an older REQCONF in place, or one made anew, with the numbers that SRVCONF and REQTRANS state."""
    layout = case.postoffice.layouts["reqconf"]
    older = _older(case, "REQCONF.GLB", layout.record)
    data = work.read(case, "REQCONF.GLB") or b""
    fresh = config.new_reqconf(layout).build()
    if older is not None:
        whole, source = older, "an older copy"
    elif len(data) > config.REQCONF_LEAST:
        # What is left of the file is kept; only what is missing is filled up.
        whole, source = (data + fresh[len(data) :])[: layout.record], "what is left of it"
    else:
        whole, source = fresh, "other files alone"
    stated = _stated(work, case)
    if "reqsync" not in stated and older is None and len(data) <= config.REQCONF_LEAST:
        wanted = "an older REQCONF.GLB (--older), the server's SRVCONF.GLB, or a REQTRANS.GLB at rest"
        work.leave(finding, f"no file given states its numbers; {wanted} would")
        return
    values = config.changed_reqconf(config.parse_reqconf(whole, layout), **stated)
    said = ", ".join(f"{name} {value}" for name, value in stated.items()) or "its own numbers"
    why = f"made of {source}; from SRVCONF and REQTRANS: {said}"
    work.write(finding, case, "REQCONF.GLB", values.build(), after=f"{layout.record} bytes", why=why)


def _stated(work: Work, case: Case) -> dict[str, object]:
    """Return what other files say of a postoffice's numbers: the server's record, or REQTRANS at rest."""
    stated: dict[str, object] = {}
    srvconf, number = work.srvconf(), work.registered(case)
    if srvconf and number:
        record = srvconf.config.requestors[number - 1]
        known = {"reqsync": record.reqsync, "srvsync": record.srvsync, "importsync": record.importsync}
        stated |= {name: value for name, value in known.items() if value is not None}
    records = work.records(case, "REQTRANS")
    if records and not work.real(case, "REQTRANS") and "reqsync" not in stated:
        stated["reqsync"] = records[-1].sync
    server = work.server.postoffice.name if work.server else None
    if server:
        stated["server"] = server
    return stated


def _older(case: Case, name: str, size: int) -> bytes | None:
    """Return a file from an older copy of the postoffice, if it is whole."""
    for earlier in case.network.earlier(case.postoffice):
        artefact = earlier.find(name)
        found = earlier.read(artefact) if artefact else None
        if found is not None and (len(found.data) == size or not size):
            return found.data
    return None


def srvconf_missing(work: Work, case: Case, finding: Finding) -> None:
    """Put an older SRVCONF in place, its numbers raised to what requestors prove to be confirmed."""
    older = _older(case, "SRVCONF.GLB", 0)
    layout = case.postoffice.layouts["srvconf"]
    if older is None or (len(older) - layout.header) % layout.record:
        work.leave(finding, "who is registered no file given says; an older SRVCONF.GLB (--older) would")
        return
    file = config.parse_srvconf(older, layout)
    proved = proven(work)
    requestors: dict[int, dict[str, object]] = {}
    for each in file.config.requestors:
        numbers = proved.get(node_of(each.name), {})
        requestors[each.number] = {name: max(getattr(each, name) or 0, value) for name, value in numbers.items()}
    last = max([file.config.sync or 0, *(each.sync for each in work.records(case, "MSTTRANS"))])
    changed = config.changed_srvconf(file, requestors, sync=last)
    why = "from an older copy, with the numbers that requestors and MSTTRANS prove"
    work.write(finding, case, "SRVCONF.GLB", changed.build(), after=f"{len(older)} bytes", why=why)


def proven(work: Work) -> dict[str, dict[str, int]]:
    """Return the numbers that each requestor's own REQCONF proves: NET/PO in upper case -> numbers."""
    found: dict[str, dict[str, int]] = {}
    for case in work.cases.values():
        file = work.reqconf(case)
        if file is not None and case.postoffice.name:
            own = file.config
            known = {"reqsync": own.reqsync, "srvsync": own.srvsync, "importsync": own.importsync}
            found[case.postoffice.name.upper()] = {name: value for name, value in known.items() if value is not None}
    return found


def srvconf_size(work: Work, case: Case, finding: Finding) -> None:
    """Keep whole records; an incomplete one goes to the lost-and-found (Q120449)."""
    file = work.srvconf()
    if file is None or not file.slack:
        return
    path = work.place(case, "SRVCONF.GLB")
    start = len(work.read(case, "SRVCONF.GLB") or b"") - len(file.slack)
    why = "it is no whole record, and nothing is made up for it"
    work.save(finding, case, f"lost-and-found/{path}.{start:06x}", file.slack, what=f"{len(file.slack)} bytes", why=why)
    whole = config.SrvConfFile(file.layout, file.header, file.records)
    data = whole.build()
    work.write(finding, case, "SRVCONF.GLB", data, after=f"{len(data)} bytes, {len(file.records)} requestors", why=why)
    names = {node_of(each.name) for each in file.config.requestors}
    missing = {(each.postoffice.name or "").upper() for each in work.cases.values()} - names
    missing = (missing | {_cut_off(work.read(case, "SRVCONF.GLB") or b"", file)}) - {""}
    if missing:
        said = "its record is not whole, and its numbers are not known; an older SRVCONF.GLB would tell them"
        work.leave(finding, f"{', '.join(sorted(missing))} must be registered again: {said}", lost=True)


def _cut_off(data: bytes, file: config.SrvConfFile) -> str:
    """Return the name in the incomplete record at the end; empty where that is cut off as well."""
    whole = data[: file.layout.header] + file.slack.ljust(file.layout.record, b"\0")
    requestors = config.parse_srvconf(whole, file.layout).config.requestors
    name = (requestors[0].name or "") if requestors else ""
    is_whole = name.encode("cp850", "replace") + b"\0" in file.slack
    return node_of(name) if is_whole else ""


def keep_updates(work: Work, _case: Case, finding: Finding) -> None:
    """Set Keep Updates to its default, and cut the name that ran into it (Q125512)."""
    file = work.srvconf()
    if file is None:
        return
    name = (file.config.administrator or "")[:NAME_LIMIT]
    work.set_srvconf(
        finding, "the name ran into the number; 14 days is the default", keep_updates=KEEP_UPDATES, administrator=name
    )


def readded(work: Work, case: Case, finding: Finding) -> None:
    """Give the server's record the numbers that the requestor proves, as they were before it was made anew (Q99961)."""
    file, number = work.reqconf(case), work.registered(case)
    srvconf = work.srvconf()
    if file is None or not number or srvconf is None:
        work.leave(finding, "REQCONF.GLB of the requestor and the server's SRVCONF.GLB are both needed")
        return
    own, record = file.config, srvconf.config.requestors[number - 1]
    values: dict[str, object] = {
        "reqsync": max(own.reqsync or 0, record.reqsync or 0),
        "srvsync": min(own.srvsync or 0, srvconf.config.sync or 0),
        "importsync": own.importsync or 0,
    }
    why = "the postoffice has confirmed these numbers with this server before its record was made anew"
    again(work, case, finding, not_taken(work, case))
    work.set_srvconf(finding, why, {number: values})
    if (own.srvsync or 0) > (srvconf.config.sync or 0):
        why = "the server has not issued more, and sends from here"
        work.set_reqconf(finding, case, why, srvsync=srvconf.config.sync or 0)
