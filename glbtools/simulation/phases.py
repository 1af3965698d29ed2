"""The phases of a cycle: what each program reads, decides and writes, on real files.

T1 is REQMAIN -T, T2 is SRVMAIN -R and -T, T3 is REQMAIN -R, IMPORT -Q and REBUILD -F (Q132731, Q148705). What decides
is in ``model.protocol``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from glbtools import files
from glbtools.binary.records import Record
from glbtools.formats import config
from glbtools.formats.message import REQTX, SRVTX, STATUS_REPORT
from glbtools.formats.queue import CONFIRMED_TEXT, Queue, resync_header
from glbtools.model import protocol
from glbtools.model.change import Change
from glbtools.simulation.disk import Office
from glbtools.simulation.lists import whole
from glbtools.simulation.mail import IMPORT_REQUEST, Item, Message
from glbtools.simulation.network import Failure, Network, own_node

REQUESTOR = "Microsoft (R) Mail DirSync Requestor V3.5.12"
IMPORT = "Microsoft (R) Mail Import V3.5"
REBUILD = "Microsoft (R) Mail GAL Rebuild Utility Version 3.5"
"""What the programs write first (Q149271); that of SRVMAIN is in no source, so none is written."""

LAST_WRITTEN = ("GWTRANS", "NMETRANS", "SRVTRANS", "USRTRANS")
FAILED = "Requestor process failed."
NSDA = {"T1": "NSDA -RT", "T2": "NSDA -S", "T3": "NSDA -RR"}


def run(network: Network, phase: str, only: Iterable[str] | None = None) -> None:
    """Run a phase on every postoffice it concerns, or on some, as Dispatch would."""
    who = [network.server] if phase == "T2" else list(only or network.offices)
    for name in who:
        if (name, phase) in network.skipped:
            continue
        office = network.offices[name]
        home = network.serving
        looks_at = f"Checking the process table on {name.replace('/', chr(92))}"
        home.dispatch(network.true_time(name), looks_at, f'Running "{NSDA[phase]}"')
        failure = network.failures.get((name, phase))
        if failure and failure.what == "nothing":
            code = failure.end
        else:
            code = {"T1": t1, "T2": t2, "T3": t3}[phase](network, office)
        how = "normally" if code == NORMAL else "abnormally"
        ended = network.true_time(name, 4 * 15)
        home.dispatch(ended, f'"{NSDA[phase]}" terminated {how} with exit code {code}')


NORMAL, ABNORMAL = 64, 65
"""Exit codes that Dispatch prints (Q139034, Q148705)."""


# --- T1 ----------------------------------------------------------------------------------------------------------


def t1(network: Network, office: Office) -> int:
    """REQMAIN -T: send the last report and what is numbered above ReqSync."""
    name, failure = office.name, network.failures.get((office.name, "T1"))
    report = office.read("LOG/DSSERVER.LOG") or b""
    reqconf = office.reqconf()
    if reqconf is None or reqconf.reqsync is None or reqconf.srvsync is None:
        office.log(network.now(name), "Status", None, REQUESTOR)
        office.log(network.now(name), "Fatal", 151)
        return ABNORMAL
    if failure:
        office.log(network.now(name), "Status", None, REQUESTOR)
        return _fail(network, office, failure)
    if report:
        network.send(Message(0, STATUS_REPORT, name, network.server, 0, body=report))
    # The report is made before this run writes its lines; that the log is emptied then is inferred
    # (docs/facts/logs.md#dsserverlog).
    office.write("LOG/DSSERVER.LOG", b"")
    office.log(network.now(name), "Status", None, REQUESTOR)
    queue = office.queue("REQTRANS")
    if queue is None:
        office.log(network.now(name), "Warning", 2, "REQTRANS")
        office.log(network.now(name), "Fatal", 40, "REQTRANS")
        office.log(network.now(name), "Warning", 152)
        office.log(network.now(name), "Status", None, FAILED)
        return ABNORMAL
    office.log(network.now(name), "Status", 167, reqconf.types or "PCM")
    suspect = _suspect(queue)
    sent = protocol.to_send(office.records("REQTRANS"), reqconf.reqsync, network.rules)
    items = tuple(_item(office, each, suspect) for each in sent)
    network.send(
        Message(
            0,
            REQTX,
            name,
            reqconf.server or network.server,
            0,
            r=protocol.request_number(reqconf.reqsync, sent),
            was=reqconf.reqsync,
            s=reqconf.srvsync,
            imports=reqconf.importsync or 0,
            items=items,
            password=_password(office),
        )
    )
    if items:
        office.log(network.now(name), "Status", 106, str(len(items)))
    else:
        office.log(network.now(name), "Status", 171)
    return NORMAL


def _suspect(queue: Queue) -> dict[int, int]:
    """Return the records whose checksum is wrong: where each begins -> the checksum it has."""
    wrong = {each.span.start for each in queue.checksum_faults() if each.kind == "checksum"}
    found: dict[int, int] = {}
    for record in queue.records:
        if any(record.start <= start < record.stop for start in wrong) and record.checksum is not None:
            found[record.start] = record.checksum
    return found


def _item(office: Office, record: Record, suspect: dict[int, int]) -> Item:
    return Item(record.sync, office.moment(record), record.text, suspect.get(record.start))


def _password(office: Office) -> bytes:
    file = office.reqconf_file()
    stored = config.stored(file.values, "password") if file else None
    return stored if isinstance(stored, bytes) else b""


def _fail(network: Network, office: Office, failure: Failure) -> int:
    for each in failure.lines:
        office.log(network.now(office.name), each.severity, each.code, each.argument, wording=each.wording)
    return failure.end


# --- T2 ----------------------------------------------------------------------------------------------------------


class _Request(NamedTuple):
    """What one requestor has asked for in this T2."""

    number: int
    message: Message
    wants_import: bool


def t2(network: Network, office: Office) -> int:
    """SRVMAIN -R, then -T: take in what requestors sent, and answer those that did."""
    failure = network.failures.get((office.name, "T2"))
    if failure:
        return _fail(network, office, failure)
    file = office.srvconf()
    if file is None:
        office.log(network.now(office.name), "Fatal", 161, coded=False)
        return ABNORMAL
    layout = office.layouts["srvconf"]
    fresh = config.stored(config.new_srvconf(layout, []).header, "version")
    if file.slack or config.stored(file.header, "version") != fresh or file.config.sync is None:
        office.log(network.now(office.name), "Error", 157, coded=False)
        office.log(network.now(office.name), "Fatal", 161, coded=False)
        return ABNORMAL
    if office.queue("MSTTRANS") is None:
        office.log(network.now(office.name), "Warning", 2, "MSTTRANS", coded=False)
        office.log(network.now(office.name), "Fatal", 2, "MSTTRANS", coded=False)
        return ABNORMAL
    requests = _receive(network, office, file)
    _purge(network, office)
    _transmit(network, office, requests)
    return NORMAL


def _receive(network: Network, office: Office, file: config.SrvConfFile) -> list[_Request]:
    """SRVMAIN -R: file reports, number what is new, and note who asked."""
    header = file.config
    sync, cycle = header.sync or 0, (header.cycle or 0) + 1
    known = {(each.name or "").upper(): each for each in header.requestors}
    state = {each.number: [each.reqsync or 0, each.importsync or 0] for each in header.requestors}
    updates: dict[int, dict[str, object]] = {}
    requests: dict[int, _Request] = {}
    added: list[Change] = []
    received = network.now(office.name)
    for message in network.take(office.name):
        if message.kind == STATUS_REPORT:
            office.report(network.now(office.name), message.sender, message.body)
            continue
        if message.kind == SRVTX:
            # The server's own T3 has not run since the last T2 (Q108844).
            office.log(network.now(office.name), "Error", 133, f"PCM:{message.to.replace('/', chr(92))}", coded=False)
            continue
        requestor = known.get(f"PCM:{message.sender}".upper())
        if requestor is None:
            office.log(network.now(office.name), "Error", 158, f"PCM:{message.sender}", coded=False)
            continue
        number = requestor.number
        expected = config.stored(file.records[number - 1], "password")
        if isinstance(expected, bytes) and expected.strip(b"\0") and expected != message.password:
            office.log(network.now(office.name), "Error", 156, f"PCM:{message.sender}", coded=False)
            continue
        before, reached = requests.get(number), state[number][0]
        if message.kind == IMPORT_REQUEST:
            state[number][1] += 1
            reqconf = before.message if before else message
            requests[number] = _Request(number, reqconf, True)
            updates.setdefault(number, {})
            continue
        accepted = _sound(protocol.to_accept(message.items, state[number][0], network.rules))
        for item in accepted:
            sync += 1
            added.append(Change(sync, item.text, received))
            network.ledger.accept(message.sender, item.stamp, item.text, sync)
        state[number][0] = protocol.server_reqsync(state[number][0], accepted, message.r, network.rules)
        first_ever = protocol.is_first_cycle(
            protocol.Progress(message.was, message.s),
            protocol.Progress(reached, requestor.srvsync or 0),
            state[number][1],
            network.rules,
        )
        if first_ever:
            state[number][1] += 1
        wants = first_ever or (before.wants_import if before else False)
        latest = before.message if before and before.message.order > message.order else message
        requests[number] = _Request(number, latest, wants)
        acknowledged = {"srvsync": latest.s} if network.rules.stored == "acknowledged" else {}
        updates[number] = {"last_cycle": cycle, "last_update": received, **acknowledged}
    for number, (reqsync, imports) in state.items():
        if number in updates:
            updates[number] |= {"reqsync": reqsync, "importsync": imports}
    if added:
        office.append("MSTTRANS", added)
    office.set_srvconf(config.changed_srvconf(file, updates, sync=sync, cycle=cycle))
    for name, each in known.items():
        if each.number not in requests:
            node = name.partition(":")[2]
            text = f"No Tasks From Requestor: PCM:POSTMASTER/{node}"
            office.log(network.now(office.name), "Status", None, text, coded=False)
    return [requests[number] for number in sorted(requests)]


def _sound(items: list[Item]) -> list[Item]:
    """Return the transactions before the first with a wrong checksum (Q103421 #1645)."""
    bad = next((index for index, each in enumerate(items) if each.checksum is not None), len(items))
    return items[:bad]


def _purge(network: Network, office: Office) -> None:
    """Drop from MSTTRANS what is older than Keep Updates (Q96060, Q125512).

    The last record stays whatever its age: its number is the highest issued. That is inferred.
    """
    file, queue = office.srvconf(), office.queue("MSTTRANS")
    keep = file.config.keep_updates if file else None
    if not keep or queue is None:
        return
    now = network.true_time(office.name) + timedelta(seconds=network.clocks[office.name])
    network.t2_runs.append(now)
    oldest = now - timedelta(days=keep)
    if network.rules.keep == "cycles":
        oldest = network.t2_runs[-keep - 1] if len(network.t2_runs) > keep else network.t2_runs[0]
    records = queue.records
    gone = 0
    while gone < len(records) - 1 and (office.moment(records[gone]) or oldest) < oldest:
        gone += 1
    if gone:
        office.put("MSTTRANS", [office.again(each) for each in records[gone:]])


def _transmit(network: Network, office: Office, requests: list[_Request]) -> None:
    """SRVMAIN -T: answer everyone whose mail arrived in this T2, and nobody else (Q96060)."""
    file = office.srvconf()
    if file is None:
        return
    said = file.config
    head = said.sync or 0
    records = office.records("MSTTRANS")
    first = min((each.sync for each in records), default=head + 1)
    updates: dict[int, dict[str, object]] = {}
    for number, message, wants_import in requests:
        requestor = said.requestors[number - 1]
        name = (requestor.name or "").partition(":")[2]
        to = next((each for each in network.offices if each.upper() == name.upper()), name)
        at = message.s if network.rules.due_from == "message" else requestor.srvsync or 0
        r = protocol.acknowledgment(requestor.reqsync or 0, message.r, len(message.items), network.rules)
        limit = _limit(network, to)
        imports = requestor.importsync or 0
        if wants_import:
            texts = whole_lists(network)
            own = office.reqconf()
            reached = (own.srvsync or 0) if own else 0
            if limit and len(texts) > limit:
                office.log(network.now(office.name), "Fatal", 118, coded=False)
                office.log(network.now(office.name), "Fatal", 166, f"PCM:{to}", coded=False)
                continue
            when = network.now(office.name)
            lists = tuple(Item(reached, when, text) for text in texts)
            known = network.ledger.in_lists_of(office.name)
            answer = Message(
                0,
                SRVTX,
                sender=office.name,
                to=to,
                due=0,
                r=r,
                was=0,
                s=reached,
                imports=imports,
                items=lists,
                complete=True,
                changes=known,
            )
            network.send(answer)
            continue
        due = protocol.due(records, at, head)
        reached, sent = head, [Item(each.sync, office.moment(each), each.text) for each in due]
        if at > head:
            reached = at
            _say_missing(network, office, to, at, head + 1, high=at)
        elif first > at + 1:
            _say_missing(network, office, to, at, at, high=first - 1)
        if limit and len(sent) > limit:
            sent = sent[:limit]
            reached = sent[-1].sync
        network.send(
            Message(
                0, SRVTX, sender=office.name, to=to, due=0, r=r, was=at, s=reached, imports=imports, items=tuple(sent)
            )
        )
        if network.rules.stored == "sent":
            updates[number] = {"srvsync": reached}
    if updates:
        office.set_srvconf(config.changed_srvconf(file, updates))


def _say_missing(network: Network, office: Office, to: str, at: int, low: int, high: int) -> None:
    """Report a requestor's number that MSTTRANS does not have, and which are missing (Q108067)."""
    office.log(network.now(office.name), "Error", None, f"PCM:{to}", coded=False)
    office.log(network.now(office.name), "Error", 138, str(at), coded=False)
    said = f"{high - low + 1} ({low}->{high})"
    office.log(network.now(office.name), "Error", 139, said, coded=False)


def _limit(network: Network, name: str) -> int:
    office = network.offices.get(name)
    reqconf = office.reqconf() if office else None
    return (reqconf.limit or 0) if reqconf else 0


def whole_lists(network: Network) -> list[str]:
    """Return what an import reply and RESYNC hold: the server's lists, postoffice by postoffice (Q96060)."""
    entries = network.lists[network.server]
    return [text for name in network.offices for text in whole(name, entries.of(name))]


# --- T3 ----------------------------------------------------------------------------------------------------------


def t3(network: Network, office: Office) -> int:
    """REQMAIN -R, IMPORT -Q, REBUILD -F: take in the answer, put it into the lists, make the global list."""
    name, failure = office.name, network.failures.get((office.name, "T3"))
    office.log(network.now(name), "Status", None, REQUESTOR)
    if failure and failure.what == "program":
        return _fail(network, office, failure)
    if not take_answer(network, office):
        return ABNORMAL
    code = NORMAL
    if failure and failure.what == "sorting":
        # IMPORT has sorted what was fetched into its working queues, and gone no further.
        office.put("USRTRANS", [office.again(each) for each in office.records("SRVTRANS")])
        office.write("GLB/SRVTRANS.GLB", b"")
    if failure and failure.what in ("import", "sorting"):
        code = _fail(network, office, failure)
    else:
        run_import(network, office)
    if failure and failure.what == "rebuild":
        return _fail(network, office, failure)
    office.log(network.now(name), "Status", None, REBUILD)
    office.log(network.now(name), "Status", None, f"Number of entries in GAL:{len(network.lists[name]):>9}")
    office.log(network.now(name), "Status", None, "")
    return code


def take_answer(network: Network, office: Office) -> bool:
    """REQMAIN -R: only the latest answer counts (Q142841); one of an earlier life is passed over (Q99961)."""
    name, reqconf = office.name, office.reqconf()
    if reqconf is None or reqconf.reqsync is None or reqconf.srvsync is None:
        office.log(network.now(name), "Fatal", 151)
        return False
    answers = [each for each in _answers(network, office) if not _is_old(office, each)]
    if not answers:
        office.log(network.now(name), "Status", 105, "0")
        return True
    answer = max(answers, key=lambda each: each.order)
    confirmed = reqconf.reqsync
    queue, last = office.queue("REQTRANS"), office.last("REQTRANS") or 0
    if queue is not None and protocol.is_confirmed(confirmed, last, answer.r, network.rules):
        left = protocol.kept(office.records("REQTRANS"), answer.r, network.rules)
        if len(left) < len(queue.records) or not left:
            _clear(office, queue, left, answer.r, network.now(name))
        confirmed = answer.r
    # Of an equal import number, complete lists are taken unless they are older than what has been received (table 1.5).
    imports = reqconf.importsync or 0
    replaced = answer.complete and (answer.imports > imports or answer.s >= reqconf.srvsync)
    # What is not above SrvSync was fetched before: a delayed answer must not bring it again. That is inferred.
    fresh = [each for each in answer.items if replaced or each.sync > reqconf.srvsync]
    if fresh:
        received = [Change(each.sync, each.text, each.stamp) for each in fresh]
        if office.records("SRVTRANS"):
            office.append("SRVTRANS", received)
        else:
            office.put("SRVTRANS", received)
        if answer.complete:
            network.ledger.whole[digest_of(office, "SRVTRANS")] = list(answer.changes)
    srvsync = answer.s if replaced else max(answer.s, reqconf.srvsync)
    office.set_reqconf(reqsync=confirmed, srvsync=srvsync, importsync=answer.imports)
    office.log(network.now(name), "Status", 105, str(len(fresh)))
    return True


def _answers(network: Network, office: Office) -> list[Message]:
    """Return the answers in a mailbag; at the server, requests wait there for SRVMAIN."""
    mail = network.take(office.name)
    network.mail += [each for each in mail if each.kind != SRVTX]
    return [each for each in mail if each.kind == SRVTX]


def _is_old(office: Office, message: Message) -> bool:
    reqconf = office.reqconf()
    assert reqconf is not None
    return protocol.is_old_mail(reqconf.importsync or 0, message.imports, reqconf.reqsync or 0, message.r)


def _clear(office: Office, queue: Queue, left: list[Record], acknowledged: int, when: datetime) -> None:
    """Leave what is not confirmed; where nothing is left, one record keeps the number: 49 bytes (Q133428)."""
    held = queue.records
    if len(held) == 1 and queue.is_dummy(held[0]) and held[0].sync == acknowledged:
        return
    if left:
        office.put("REQTRANS", [office.again(each) for each in left])
    elif acknowledged:
        office.put("REQTRANS", [Change(acknowledged, CONFIRMED_TEXT, when)])


def run_import(network: Network, office: Office) -> None:
    """IMPORT -Q: RESYNC.GLB first if it is there, else SRVTRANS (Q96060)."""
    name = office.name
    office.log(network.now(name), "Status", None, IMPORT)
    if office.read("GLB/RESYNC.GLB") is not None:
        _apply_resync(network, office)
    elif office.records("SRVTRANS"):
        _apply(network, office, "SRVTRANS")
    for queue in LAST_WRITTEN:
        office.write(f"GLB/{queue}.GLB", b"")
    office.log(network.now(name), "Status", None, "Import is finished.")


def _apply(network: Network, office: Office, queue: str) -> None:
    """Put what a queue holds into the lists of a postoffice."""
    entries, own = network.lists[office.name], own_node(office)
    ledger = network.ledger
    digest = digest_of(office, queue)
    for record in office.records(queue):
        entries.apply(record.text, own)
        change = ledger.issued(record.sync, record.text)
        if change is not None and digest not in ledger.whole:
            ledger.reach(office.name, change)
    for change in ledger.of(ledger.whole.get(digest, ())):
        ledger.reach(office.name, change)


def _apply_resync(network: Network, office: Office) -> None:
    """RESYNC.GLB sets three numbers and replaces the lists; then it is deleted (Q119449, Q119452)."""
    queue, reqconf = office.queue("RESYNC"), office.reqconf()
    header = resync_header(queue.records[0].text) if queue and queue.records else None
    if office.name == network.server:
        office.log(network.now(office.name), "Fatal", 14)
        return
    if header is None or reqconf is None:
        office.log(network.now(office.name), "Fatal", 14)
        return
    if header.impseq < (reqconf.importsync or 0) or header.reqseq < (reqconf.reqsync or 0):
        # Numbers below those of the postoffice: the cause is attested for Exchange, the test is inferred (Q215505).
        # A lower SrvSync is what repairs a requestor that is ahead of a restored server (Q96060), so it is none.
        office.log(network.now(office.name), "Fatal", 14)
        return
    for name in network.offices:
        network.lists[office.name].apply(whole(name, [])[0], own_node(office))
    _apply(network, office, "RESYNC")
    held = [office.again(each) for each in office.records("REQTRANS")]
    office.put("REQTRANS", [*held, Change(header.reqseq, CONFIRMED_TEXT, network.now(office.name))])
    office.set_reqconf(reqsync=header.reqseq, srvsync=header.srvseq, importsync=header.impseq)
    office.delete("GLB/RESYNC.GLB")


def digest_of(office: Office, queue: str) -> str:
    """Return the SHA-256 of a queue file."""
    return files.sha256(office.read(f"GLB/{queue}.GLB") or b"")
