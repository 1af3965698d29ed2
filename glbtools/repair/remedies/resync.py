"""RESYNC.GLB on a requestor: its numbers are taken over, and what waited is numbered behind them."""

from __future__ import annotations

from glbtools.diagnosis.case import Case
from glbtools.diagnosis.finding import Finding
from glbtools.diagnosis.wording import plural
from glbtools.formats.queue import resync_header
from glbtools.repair.work import Work


def applied(work: Work, case: Case, finding: Finding) -> None:
    """Do what IMPORT -Q does with RESYNC.GLB, but keep what waits: its changes are made again after it (Q119452).

    IMPORT copies RESYNC.GLB to SRVTRANS.GLB and sets three numbers (Q119449); the lists are left to it.
    """
    data, records = work.read(case, "RESYNC.GLB"), work.records(case, "RESYNC")
    header = resync_header(records[0].text) if records else None
    file = work.reqconf(case)
    if data is None or header is None or file is None:
        work.leave(finding, "its header or REQCONF.GLB cannot be read")
        return
    own = file.config
    if header.reqseq < (own.reqsync or 0) or header.impseq < (own.importsync or 0):
        work.leave(finding, "its numbers are below those of the postoffice; IMPORT -S on the server makes a new one")
        return
    if work.records(case, "SRVTRANS"):
        work.leave(finding, "SRVTRANS.GLB still holds updates; Import must take them in first")
        return
    waiting = [each for each in work.real(case, "REQTRANS") if each.sync > (own.reqsync or 0)]
    at = max(work.top(case), header.reqseq)
    again = [each._replace(sync=number) for number, each in enumerate(waiting, at + 1)]
    why = f"RESYNC sets ReqSync to {header.reqseq}, the largest of any requestor, and would pass over what waits"
    work.put_queue(finding, case, "REQTRANS", again or [work.dummy(at)], why)
    why = "the numbers of RESYNC.GLB"
    work.set_reqconf(finding, case, why, reqsync=header.reqseq, srvsync=header.srvseq, importsync=header.impseq)
    what, why = plural(len(records), "record"), "Import reads the lists of RESYNC.GLB from there"
    work.write(finding, case, "SRVTRANS.GLB", data, after=what, why=why, changes=records)
    work.move(finding, case, "RESYNC.GLB", "its lists are in SRVTRANS.GLB now, its numbers in REQCONF.GLB")
