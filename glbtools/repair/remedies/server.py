"""A server that went back, or began anew: what requestors confirmed is made due again where any file still holds it."""

from __future__ import annotations

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.master import origin_of
from glbtools.formats.queue import ResyncHeader, rewritten
from glbtools.formats.transaction import build
from glbtools.model.change import Change
from glbtools.model.protocol import resync_numbers
from glbtools.model.transaction import Address, replace
from glbtools.repair.salvage import again, delivered, salvaged
from glbtools.repair.work import Work


def went_back(work: Work, _case: Case, finding: Finding) -> None:
    """Queue again what older copies hold of the hole, and bring the numbers of both sides together (Q113453, Q96060).

    The server's record of a requestor goes up to what that has confirmed, so that the next number it sends is taken for
    the next; a SrvSync above the server's counter goes down to it, as RESYNC would do it.
    """
    srvconf = work.srvconf()
    if srvconf is None or work.server is None:
        work.leave(finding, "the server's SRVCONF.GLB is needed")
        return
    head = srvconf.config.sync or 0
    lost = _lost(work)
    for each in work.cases.values():
        number, a, b = work.registered(each), work.confirmed(each), work.applied(each)
        if not number or a is None:
            continue
        if b is not None and b < a:
            found, missing = lost.get(each.postoffice.name or "", ([], []))
            why = f"{a} was confirmed and the server has only {b}: nobody else sends them again"
            salvaged(work, each, finding, found, why)
            why = f"{each.postoffice.shown} has confirmed {a}; a lower number would hide the hole and not fill it"
            work.set_srvconf(finding, why, {number: {"reqsync": a}})
            listed = _whole_list(work, each)
            if missing and listed:
                why = "an address list of it is given: an Export brings what is in no queue any more (Q113453)"
                salvaged(work, each, finding, listed, why)
                missing = []
            for low, high in missing:
                said = f"numbers {low + 1} to {high}" if high > low + 1 else f"number {high}"
                why = f"{said} of {each.postoffice.shown}: content in no file given. Export there brings its list"
                work.leave(finding, why, lost=True)
        _level(work, each, finding, head)
        work.know_imports(each, finding)
    _resync(work, finding)


def _whole_list(work: Work, case: Case) -> list[Change]:
    """Return the Export of a postoffice, made of an address list given with ``--older``: an Import file."""
    name = (case.postoffice.name or "").upper()
    for earlier in case.network.earlier(case.postoffice):
        for artefact in earlier.artefacts:
            found = earlier.read(artefact)
            if found is None or found.entry.name != "import":
                continue
            texts = [build(each) for each in found.content.transactions if each.code == "A"]
            if texts and {origin_of(each) for each in texts} == {name}:
                head = build(replace(Address("PCM", *name.split("/"))))
                export = (text.rstrip("\r\n") for text in (head, *texts))
                return [Change(0, text, work.report.now, path=artefact.path) for text in export]
    return []


def _level(work: Work, case: Case, finding: Finding, head: int) -> None:
    file = work.reqconf(case)
    received = file.config.srvsync if file else None
    if received is not None and received > head:
        why = f"the server has issued {head}; above that it would send nothing, and give the numbers to other changes"
        work.set_reqconf(finding, case, why, srvsync=head)


def _lost(work: Work) -> dict[str, tuple[list[Change], list[tuple[int, int]]]]:
    """Return by postoffice what the hole held, as far as any file given still has it, and the rest by number."""
    from glbtools.diagnosis.changes.content import Content
    from glbtools.diagnosis.changes.found import Unsent
    from glbtools.diagnosis.changes.upload import add_uploads
    from glbtools.diagnosis.changes.view import View

    content = Content(work.report.network)
    found: dict[str, tuple[list[Change], list[tuple[int, int]]]] = {}
    for case in work.cases.values():
        listed = Unsent()
        add_uploads(View(case, content), listed)
        listed.arrange()
        lost = (each.change for each in listed.changes if each.why == "hole")
        held = [each for each in lost if content.taken(each.text, each.stamp) is None]
        missing = [each.range for each in listed.ranges if each.why == "hole"]
        if case.postoffice.name:
            found[case.postoffice.name] = (held, missing)
    return found


def enabled_anew(work: Work, _case: Case, finding: Finding) -> None:
    """Set requestors to zero as a local reset does: the next cycle imports the complete lists (Q103421, Q99961).

    REQTRANS keeps its last number, so that what is queued next is above everything and is sent.
    """
    srvconf = work.srvconf()
    if srvconf is None:
        return
    for each in work.cases.values():
        file, number = work.reqconf(each), work.registered(each)
        if file is None or not number:
            continue
        if each is work.server:
            # Its lists are the server's, and stay; it only has to receive what is issued from now on.
            _level(work, each, finding, srvconf.config.sync or 0)
            work.know_imports(each, finding)
            continue
        record, own = srvconf.config.requestors[number - 1], file.config
        if (record.importsync or 0) < (own.importsync or 0) or (own.srvsync or 0) > (srvconf.config.sync or 0):
            if own.reqsync:
                shown = each.postoffice.shown
                why = f"numbers 1 to {own.reqsync} of {shown} were the old server's; Export there brings its list"
                work.leave(finding, why, lost=True)
            if delivered(work, work.real(each, "REQTRANS")):
                # With all numbers zero what the new server has taken in already would be sent once more.
                again(work, each, finding, work.real(each, "REQTRANS"))
            why = "the server counts from the beginning; with all numbers zero it answers with the complete lists"
            work.set_reqconf(finding, each, why, reqsync=0, srvsync=0, importsync=0)
            anew: dict[str, object] = dict.fromkeys(("reqsync", "srvsync", "importsync"), 0)
            work.set_srvconf(finding, why, {number: anew})


def _resync(work: Work, finding: Finding) -> None:
    """Make a RESYNC.GLB by the documented rule, beside the postoffices: the server must not have it (Q119449, Q156124).

    Its lists are those that MSTTRANS holds, which after a purge are not all.
    """
    srvconf, server = work.srvconf(), work.server
    if srvconf is None or server is None:
        return
    records = srvconf.config.requestors
    number = work.registered(server)
    own = records[number - 1].srvsync if number else 0
    header = resync_numbers(
        (each.importsync or 0 for each in records), (each.reqsync or 0 for each in records), own or 0
    )
    texts = [ResyncHeader(*header).text, *(each.text for each in work.real(server, "MSTTRANS"))]
    layout = server.postoffice.layouts["queue"]
    data = rewritten([Change(at, text) for at, text in enumerate(texts)], layout, server.now).build()
    why = "for requestors whose lists must be made anew; after every Export has arrived IMPORT -S makes a better one"
    work.save(finding, server, "RESYNC.GLB", data, what=f"{len(texts) - 1} transactions", why=why)
