r"""Mail that carries Dir-Sync: the messages of foreign requestors, and the subjects of sync messages.

A foreign requestor writes text, in the body of a message or in an attachment (Q106623, Q118298, Q96004 [124]):

    message = "[dirsync]" EOL { key "=" value EOL } [ transactions ]
    transactions = "[dirsync-transactions]" EOL { number " " transaction }

Between postoffices the numbers travel in the subject, which PC Mail cuts to 40 characters (Q96060, Q162841):

    ReqTx R=17 (was 12), S=80, I=1 5 sent
    SrvTx R=3 S=87298 (was 0), I=2 15603 sen
    Status report from POLYNOMIAL/MONTGOMERY
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.formats import transaction
from glbtools.formats.base import Row, Rows, text_record_row
from glbtools.formats.transaction import TransactionText

if TYPE_CHECKING:
    pass

ENCODING = "cp850"
PROFILE_TAG = "[dirsync]"
TRANSACTIONS_TAG = "[dirsync-transactions]"
KEYS = frozenset({"task", "reqname", "name", "types", "template", "srvseq", "transactions"})
"""All keys ever seen in a source (Q106623, Q118298); the key of the password is not among them."""
TASKS = frozenset({"export", "importreq"})
"""The two tasks ever seen (Q106623, Q118298)."""
NUMBER_DIGITS = 10
"""Digits of a transaction number, zero padded in Q118298; Q106623 writes four."""

SUBJECT_LIMIT = 40
"""Characters of a subject in PC Mail: Q97025, Q122335, Q134202."""

INVALID_FORMAT = 124
INVALID_PROFILE = 155
_MESSAGES = {INVALID_FORMAT: "Invalid transaction format", INVALID_PROFILE: "Invalid DirSync profile"}

_NOWHERE = Span(0, 0)
_SETTING = re.compile(r"(?P<indent>[ \t]*)(?P<key>[^=\s]+)(?P<equals>[ \t]*=[ \t]*)(?P<value>.*)", re.DOTALL)
_NUMBERED = re.compile(r"([0-9]+)([ \t]+)(?=\S)")


# --- Foreign requestors' messages --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tag:
    """A line that begins a section, as written."""

    text: str
    end: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A ``key=value`` line; ``equals`` is the sign with the blanks around it."""

    key: str
    value: str
    equals: str = "="
    indent: str = ""
    end: str = "\r\n"


@dataclass(frozen=True, slots=True)
class TransactionLine:
    """A transaction with its number.

    Attributes:
        digits: the number as written, zeros in front included.
        separator: between number and transaction.
        parsed: the transaction; its line end is part of its text.
        line: number of its first line in the message, counted from 1.
        span: its bytes, number and line end included.
    """

    digits: str
    separator: str
    parsed: TransactionText
    line: int = 0
    span: Span = _NOWHERE

    @property
    def number(self) -> int | None:
        """The transaction number; None when it has more than ten digits."""
        return int(self.digits) if len(self.digits) <= NUMBER_DIGITS else None


@dataclass(frozen=True, slots=True)
class UnknownLine:
    """A line that fits no rule, or an empty one, as written."""

    text: str
    end: str


Part = Tag | Setting | TransactionLine | UnknownLine


@dataclass(frozen=True, slots=True)
class ForeignMessage:
    """A message or attachment of a foreign requestor: its lines in order, and what is wrong with them."""

    parts: tuple[Part, ...]
    faults: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def settings(self) -> dict[str, str]:
        """Key in lower case -> value without blanks around it; of a repeated key the first."""
        settings: dict[str, str] = {}
        for part in self.parts:
            if isinstance(part, Setting):
                settings.setdefault(part.key.lower(), part.value.strip())
        return settings

    @property
    def task(self) -> str | None:
        """What the requestor asks for, in lower case: ``export``, ``importreq`` or something unknown."""
        task = self.settings.get("task")
        return None if task is None else task.lower()

    @property
    def requestor(self) -> str | None:
        """Address of the requestor, such as ``PCM:net/po``."""
        return self.settings.get("reqname", self.settings.get("name"))

    @property
    def types(self) -> tuple[str, ...]:
        """Address types that are asked for, as written."""
        return tuple(each for each in self.settings.get("types", "").split("|") if each)

    @property
    def transactions(self) -> tuple[TransactionLine, ...]:
        """The transactions with their numbers; gaps between numbers are normal (Q118298)."""
        return tuple(part for part in self.parts if isinstance(part, TransactionLine))

    def build(self) -> bytes:
        """The bytes of the message, as its parts say.

        Raises:
            UnicodeEncodeError: a text holds a character that code page 850 has not.
        """
        return "".join(map(_part_text, self.parts)).encode(ENCODING)

    def lists(self) -> list[Rows]:
        """The settings as fields, the transactions as records."""
        fields: list[Row] = [
            {"name": key, "span": None, "value": value, "status": "attested", "meaning": ""}
            for key, value in self.settings.items()
        ]
        records = (text_record_row(each.line, each.span, each.number, each.parsed) for each in self.transactions)
        return [Rows("fields", len(fields), iter(fields)), Rows("records", len(self.transactions), records)]

    def nodes(self) -> Iterator[Node]:
        """Yield the lines."""
        position = 0
        for part in self.parts:
            text = _part_text(part)
            span = Span(position, position + len(text))
            yield Node("transaction" if isinstance(part, TransactionLine) else type(part).__name__.lower(), span, text)
            position = span.stop

    def regions(self) -> Iterator[Region]:
        """Yield transactions and the lines before them."""
        for node in self.nodes():
            yield Region(node.span, "transaction" if node.name == "transaction" else "line")

    def summary(self) -> list[str]:
        """Who asks for what."""
        numbers = [each.number for each in self.transactions if each.number is not None]
        held = f", {min(numbers)} to {max(numbers)}" if numbers else ""
        return [
            f"task {self.task or 'not named'}",
            f"requestor {self.requestor or 'not named'}",
            count(len(self.transactions), "transaction") + held,
        ]


def parse_message(data: bytes) -> ForeignMessage:
    """Read a message or attachment; never raises, whatever the bytes are."""
    return _MessageParser(data.decode(ENCODING)).parse()


def probe(data: bytes) -> bool:
    """Whether this is a foreign requestor's message or attachment: its first line that is not empty is a tag."""
    first = data.lstrip(b"\r\n \t")[: len(TRANSACTIONS_TAG) + 80].split(b"\n")[0]
    return first.strip().lower() in {PROFILE_TAG.encode(), TRANSACTIONS_TAG.encode()}


class _Row(NamedTuple):
    content: str
    end: str
    start: int
    line: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.start + len(self.content))


class _MessageParser:
    """Reads the lines of one message and collects what is wrong in them."""

    def __init__(self, text: str) -> None:
        self.rows = list(_rows(text))
        self.parts: list[Part] = []
        self.faults: list[Fault] = []

    def parse(self) -> ForeignMessage:
        section = ""
        index = 0
        while index < len(self.rows):
            row = self.rows[index]
            name = row.content.strip().lower()
            index += 1
            if not name:
                self.parts.append(UnknownLine(row.content, row.end))
            elif name in {PROFILE_TAG, TRANSACTIONS_TAG}:
                if section and (section, name) != (PROFILE_TAG, TRANSACTIONS_TAG):
                    self.fault(INVALID_FORMAT, f"{name} once more", row)
                section = name
                self.parts.append(Tag(row.content, row.end))
            elif section == PROFILE_TAG:
                self.read_setting(row)
            elif section == TRANSACTIONS_TAG and (match := _NUMBERED.match(row.content)):
                stop = self.stop_of_transaction(index, row.content[match.end() :])
                self.read_transaction(index - 1, stop, match)
                index = stop
            else:
                what = "a line without a number" if section else "it does not start with [dirsync]"
                if section or not self.faults:
                    self.fault(INVALID_FORMAT, what, row)
                self.parts.append(UnknownLine(row.content, row.end))
        message = ForeignMessage(tuple(self.parts))
        self.check(message, section)
        return ForeignMessage(message.parts, tuple(self.faults))

    def read_setting(self, row: _Row) -> None:
        match = _SETTING.fullmatch(row.content)
        if match is None:
            self.fault(INVALID_FORMAT, "a line without key and value", row)
            self.parts.append(UnknownLine(row.content, row.end))
            return
        setting = Setting(match["key"], match["value"], match["equals"], match["indent"], row.end)
        self.parts.append(setting)
        key = setting.key.lower()
        if key not in KEYS:
            what = f"the key {setting.key!r} is in no source"
            self.faults.append(Fault("unknown-key", what, row.span, damage=False, line=row.line))
        elif key == "task" and setting.value.strip().lower() not in TASKS:
            self.fault(INVALID_PROFILE, f"unknown task {setting.value!r}", row)

    def stop_of_transaction(self, index: int, first: str) -> int:
        """Return the row behind the transaction whose second line would be row ``index``."""
        stop = index
        template = first.startswith("T")
        while index < len(self.rows):
            content = self.rows[index].content
            if content.strip():
                if not transaction.continues(content, template=template):
                    break
                stop = index + 1
            index += 1
        return stop

    def read_transaction(self, start: int, stop: int, match: re.Match[str]) -> None:
        rows = self.rows[start:stop]
        first = rows[0]
        text = "".join(row.content + row.end for row in rows)
        digits, separator = match.groups()
        span = Span(first.start, first.start + len(text))
        text = text[match.end() :]
        parsed = transaction.parse(text)
        if parsed.transaction is None:
            codeless = transaction.parse_codeless(text)
            parsed = codeless if codeless.transaction else parsed
        self.parts.append(TransactionLine(digits, separator, parsed, first.line, span))
        if len(digits) > NUMBER_DIGITS:
            self.fault(INVALID_FORMAT, f"a number of {len(digits)} digits, {NUMBER_DIGITS} are allowed", first)
        offset, line, position = first.start + match.end(), first.line, 0
        for fault in parsed.faults:
            line += text.count("\n", position, max(fault.start, position))
            position = max(fault.start, position)
            place = Span(offset + fault.start, offset + fault.stop)
            self.faults.append(Fault("text", fault.message, place, damage=False, number=fault.number, line=line))

    def check(self, message: ForeignMessage, section: str) -> None:
        """Judge what only shows in the whole message."""
        if not self.rows:
            self.faults.append(Fault("invalid-message", "empty", Span(0, 0), damage=False, number=INVALID_FORMAT))
            return
        first = next((row for row in self.rows if row.content.strip().lower() == PROFILE_TAG), None)
        if first is None:
            return  # an attachment, or no message at all, which was said
        settings = message.settings
        if "task" not in settings:
            self.fault(INVALID_PROFILE, "no task", first)
        in_body = settings.get("transactions", "").lower() == "inbody"
        if message.task == "export" and in_body and section != TRANSACTIONS_TAG:
            # An import request names the form of the reply; only an export promises transactions of its own.
            self.fault(INVALID_FORMAT, f"no {TRANSACTIONS_TAG} though the transactions are in the body", first)

    def fault(self, number: int, what: str, row: _Row) -> None:
        kind = "invalid-profile" if number == INVALID_PROFILE else "invalid-message"
        self.faults.append(
            Fault(kind, f"{_MESSAGES[number]}: {what}", row.span, damage=False, number=number, line=row.line)
        )


def _rows(text: str) -> Iterator[_Row]:
    position = 0
    for number, (content, end) in enumerate(transaction.split_lines(text), start=1):
        yield _Row(content, end, position, number)
        position += len(content) + len(end)


def _part_text(part: Part) -> str:
    match part:
        case Tag() | UnknownLine():
            return part.text + part.end
        case Setting():
            return f"{part.indent}{part.key}{part.equals}{part.value}{part.end}"
        case TransactionLine():
            typed = part.parsed.transaction
            text = part.parsed.text if typed is None else transaction.build(typed)
            return f"{part.digits}{part.separator}{text}"


# --- Subjects ----------------------------------------------------------------------------------------------------

REQTX, SRVTX, STATUS_REPORT = "ReqTx", "SrvTx", "Status report"


class Subject(NamedTuple):
    """What the subject of a sync message says; a number that is not there is None.

    Attributes:
        kind: ``ReqTx`` (requestor to server), ``SrvTx`` (server to requestor) or ``Status report`` (Q96060, Q133428).
        r: ReqSync: of ReqTx the number reached, of SrvTx the number acknowledged.
        r_was: of ReqTx, the number confirmed before.
        s: SrvSync: of ReqTx the number known, of SrvTx the number reached.
        s_was: of SrvTx, the number before.
        imports: how many imports there were so far.
        sent: transactions in the attachment.
        postoffice: of a status report, ``NET/PO``.
        truncated: the subject fills all 40 characters and its end is missing.
        cut: name of the number whose digits reach the cut, or of a count with nothing behind it: some digits may be
            lost; empty when there is none.
        raw: the file it was read from, when it was.
    """

    kind: str
    r: int | None = None
    r_was: int | None = None
    s: int | None = None
    s_was: int | None = None
    imports: int | None = None
    sent: int | None = None
    postoffice: str | None = None
    truncated: bool = False
    cut: str = ""
    raw: bytes = b""

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def faults(self) -> list[Fault]:
        """That it was cut, or that it is no such subject."""
        span = Span(0, len(self.raw))
        if not self.kind:
            return [Fault("subject", "not the subject of a sync message", span)]
        if not self.truncated:
            return []
        return [Fault("truncated", f"cut at {SUBJECT_LIMIT} characters, as subjects are (Q162841)", span, damage=False)]

    def lists(self) -> list[Rows]:
        """What the subject says, as fields."""
        meanings = _SUBJECT_MEANINGS.get(self.kind, {})
        rows: list[Row] = []
        for name in ("kind", "r", "r_was", "s", "s_was", "imports", "sent", "postoffice", "truncated"):
            value = getattr(self, name)
            if value not in (None, False):
                note = "; digits may be lost at the cut" if name == self.cut else ""
                row: Row = {"name": name, "span": None, "value": "yes" if value is True else value}
                rows.append(row | {"status": "attested", "meaning": meanings.get(name, "") + note})
        return [Rows("fields", len(rows), iter(rows))]

    def nodes(self) -> Iterator[Node]:
        """Yield the line."""
        if self.raw:
            yield Node("subject", Span(0, len(self.raw)), self.raw.decode(ENCODING), self.kind)

    def regions(self) -> Iterator[Region]:
        """Yield the line."""
        return (Region(node.span, node.name) for node in self.nodes())

    def summary(self) -> list[str]:
        """Its kind and direction."""
        way = {REQTX: "requestor to server", SRVTX: "server to requestor"}.get(self.kind, "")
        return [part for part in (self.kind or "no sync subject", way) if part]


_SENDER = re.compile(r"\s*(?:\$SYSTEM\s+)?")
_STATUS = re.compile(r"Status report from ([^\s/]{1,10}/[^\s/]{1,10})\s*", re.IGNORECASE)
_KIND = re.compile(r"(ReqTx|SrvTx)\s+(?=R\s*=)", re.IGNORECASE)
_NUMBER = r"\s*=\s*([0-9]{1,10})(?![0-9])"
_WAS = r"(?:\s*\(was\s+([0-9]{1,10})(?:\s*\)|\Z))?"
_FIELDS = (
    ("r", "r_was", re.compile(rf"R{_NUMBER}{_WAS}[\s,]*", re.IGNORECASE)),
    ("s", "s_was", re.compile(rf"S{_NUMBER}{_WAS}[\s,]*", re.IGNORECASE)),
    ("imports", "", re.compile(rf"I{_NUMBER}[\s,]*", re.IGNORECASE)),
    ("sent", "", re.compile(r"[\s.]*([0-9]{1,10})(?![0-9])\s*", re.IGNORECASE)),
)
_BLANK = re.compile(r"\s*")
_END = re.compile(r"sent\s*", re.IGNORECASE)
_TAIL = re.compile(r"[\s,.]*(?:[RSI]\s*=?\s*|\((?:w(?:a(?:s\s*)?)?)?|s(?:e(?:n)?)?)?", re.IGNORECASE)
"""What a cut may leave of the part that did not fit."""
_LONGEST_SUBJECT = 200


def parse_subject(text: str) -> Subject | None:
    """Read the subject of a sync message; None for any other subject.

    All forms in print are read: Q96060, Q133428, Q134339 (shortened) and the real one of Q162841.
    """
    if len(text) > _LONGEST_SUBJECT:
        return None
    sender = _SENDER.match(text)
    text = text[sender.end() :] if sender else text
    if status := _STATUS.fullmatch(text):
        return Subject(STATUS_REPORT, postoffice=status[1])
    kind = _KIND.match(text)
    if kind is None:
        return None
    position = kind.end()
    numbers: dict[str, int] = {}
    cut = ""
    for name, was, pattern in _FIELDS:
        match = pattern.match(text, position)
        if match is None:
            continue
        position = match.end()
        for group, field in enumerate((name, was), start=1):
            if field and match[group] is not None:
                numbers[field] = int(match[group])
                if match.end(group) == len(text):
                    cut = field
    if not numbers:
        return None
    end = "sent" in numbers and _END.fullmatch(text, position) is not None
    truncated = not end and len(text) == SUBJECT_LIMIT
    if not end and not (_TAIL if truncated else _BLANK).fullmatch(text, position):
        return None
    if not truncated and text.count("(") != text.count(")"):
        return None
    return Subject(
        REQTX if kind[1].lower() == REQTX.lower() else SRVTX,
        r=numbers.get("r"),
        r_was=numbers.get("r_was"),
        s=numbers.get("s"),
        s_was=numbers.get("s_was"),
        imports=numbers.get("imports"),
        sent=numbers.get("sent"),
        truncated=truncated,
        cut=cut if truncated or (cut == "sent" and not end) else "",
    )


def build_subject(subject: Subject) -> str:
    """Write a subject as the real one of Q162841 is written, cut to 40 characters; ``truncated`` and ``cut`` follow.

    The punctuation of ReqTx, of which no real one is public, is inferred from SrvTx. A number that is None is left out.
    """
    if subject.kind == STATUS_REPORT:
        return f"{STATUS_REPORT} from {subject.postoffice}"[:SUBJECT_LIMIT]
    pieces = [f"R={subject.r}" if subject.r is not None else ""]
    if subject.r_was is not None:
        pieces[0] += f" (was {subject.r_was}),"
    if subject.s is not None:
        was = "" if subject.s_was is None else f" (was {subject.s_was})"
        pieces.append(f"S={subject.s}{was},")
    if subject.imports is not None:
        pieces.append(f"I={subject.imports}")
    if subject.sent is not None:
        pieces.append(f"{subject.sent} sent")
    return " ".join([subject.kind, *filter(None, pieces)]).rstrip(",")[:SUBJECT_LIMIT]


def probe_subject(data: bytes) -> bool:
    """Whether a content is one line that is the subject of a sync message."""
    return len(data) <= _LONGEST_SUBJECT and parse_subject(_subject_text(data)) is not None


def parse_subject_file(data: bytes) -> Subject:
    """Read a file that holds a subject; any other text gives a subject of no kind."""
    return (parse_subject(_subject_text(data)) or Subject(""))._replace(raw=data)


# --- For inspect -------------------------------------------------------------------------------------------------


_SUBJECT_MEANINGS = {
    REQTX: {
        "r": "number reached by the requestor",
        "r_was": "number confirmed before",
        "s": "server number known to the requestor",
        "imports": "imports requested to date",
        "sent": "transactions attached",
    },
    SRVTX: {
        "r": "number of the requestor acknowledged",
        "s": "server number reached",
        "s_was": "server number before",
        "imports": "imports to date",
        "sent": "transactions attached; of an import reply not the difference of the numbers",
    },
}


def _subject_text(data: bytes) -> str:
    return data.decode(ENCODING).rstrip("\r\n\x1a")
