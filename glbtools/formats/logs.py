r"""Dir-Sync logs: DSSERVER.LOG, CENTRAL.LOG, DIRSYNC.LOG and DISPATCH.LOG, read and written.

Four shapes of line are known::

    03/13/96 15:27:04 | 1 167 PCM,SNADS,X400,SMTP                coded (Q149271)
    03/22/94 15:43:45 | Warning[ 27] Alias already exists Doe    text (Q118447)
    01/01/100 10:50:31 | Status  Report from NET/PO/$SYSTEM      report (Q192158)
    INST1 02/02/96 13:18 Checking the process table on NET\PO    dispatch (Q148705)

The shape decides, never the name of the file: Q148705 prints the samples of two files the wrong way round. Published
lines have lost blanks, seconds or the whole time stamp and are wrapped, so all of that is accepted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from glbtools.binary.span import Fault, Region, Span
from glbtools.binary.tree import Node
from glbtools.brief import brief, count
from glbtools.errors import UsageError
from glbtools.formats import messages
from glbtools.formats.base import Row, Rows, moment_row, span_row

ENCODING = "cp850"
PROBE_SIZE = 64 * 1024
"""How much of a file ``probe`` looks at, in bytes."""

MOST_LINES = 2_000_000
"""Lines that ``inspect`` reads; a log of years has fewer, and each takes memory."""

MAX_CONTINUATION = 4
"""Lines that may continue one message. The longest published one (154) has three lines; articles wrap some of them."""

SEVERITIES = {1: "Status", 2: "Fatal"}
"""Severity digit of a coded line -> word. No source shows the digits of Warning and Error (Q148705 pairs these two)."""

LineForm = Literal["coded", "text", "dispatch", "report", "continuation", "blank", "unparsed"]
LineEvent = Literal["", "run", "end", "missed", "table", "late", "reported"]
LogForm = Literal["coded", "text", "dispatch", "mixed", "empty"]

STEPS = {"RT": "T1", "S": "T2", "RR": "T3"}
"""Switch of NSDA -> step (Q132731, Q148705)."""

REPORTING = {106: "T1", 113: "T1", 171: "T1", 105: "T3"}
"""Message that a program of a step writes when it has run -> that step."""

SITTING = timedelta(hours=1)
"""Lines further apart belong to different runs, even without a banner between: SRVMAIN is not known to write one."""

BANNERS = (
    ("REQMAIN", "dirsync requestor"),
    ("IMPORT", "mail import"),
    ("REBUILD", "gal rebuild"),
    ("SRVMAIN", "dirsync server"),
)
"""Program and what its banner says; that of SRVMAIN is inferred."""

SERVER_CODES = frozenset(
    {110, 118, 120, 123, 124, 128, 129, 133, 136, 138, 139, 155, 156, 157, 158, 159, 161, 162, 163, 166}
)
"""Messages that only T2 writes (Q96004, Q108067)."""

# Possessive quantifiers (++, *+) keep the time linear: a megabyte of blanks or digits is read once.
_LEAD = r'[ \t"#]*+'
_STAMP = r"(\d{1,2}/\d{1,2}/\d{2,4})[ \t]++(\d{1,2}:\d{2}(?::\d{2})?)(?=[ \t|]|$)"
_STAMPED = re.compile(rf"{_LEAD}(?:(\S{{1,10}})[ \t]++)??{_STAMP}[ \t]*+(?:(\|)[ \t]*+)?(.*)", re.ASCII)
_WRITTEN_STAMP = re.compile(rf"{_LEAD}({_STAMP})", re.ASCII)
_WRITTEN = re.compile(rf"{_LEAD}(?:\S{{1,10}}[ \t]++)??({_STAMP})", re.ASCII)
_CODED = re.compile(r"(\d)[ \t]++(-?\d{1,3})(?:[ \t](.*))?", re.ASCII)
_SEVERITY = re.compile(
    r"(Status|Warning|Error|Fatal)(?=[ \t\[]|$)(?:[ \t]*+\[[ \t]*+(\d{0,3})[ \t]*+\]|[ \t]++(\d{1,3})(?=[ \t]|$))?(.*)",
    re.ASCII | re.IGNORECASE,
)
_BARE_BRACKET = re.compile(rf"{_LEAD}\[[ \t]*+(\d{{1,3}})[ \t]*+\](.*)", re.ASCII)
# The Dispatch window, not its file: a time without a date (Q194602).
_WINDOW = re.compile(r"\[\d{1,2}:\d{2}\][ \t]++(.*)", re.ASCII)
_REPORT = re.compile(r"Report[ \t]++from[ \t]++([^\s/\\]++)[/\\]([^\s/\\]++)([/\\]\S++)?", re.IGNORECASE)
_POLLED = re.compile(r"Checking the process table on[ \t]++([^\s/\\]++)[/\\]([^\s/\\]++)", re.IGNORECASE)
# A line of SENT.LOG or RECV.LOG looks like DISPATCH.LOG as far as the time: size, sender, recipient follow (Q192156).
_TRANSFER = re.compile(r"\d{1,10}[ \t]++[^\s/]++/[^\s/]++/\S++[ \t]", re.ASCII)
# The address of 159 stands alone below its message, a blank line between them (Q123857).
_ADDRESS = re.compile(r"[ \t]*+[A-Za-z0-9]{1,10}:[^\s/]{1,10}/[^\s/]{1,10}", re.ASCII)
_DISPATCH_WORDS = re.compile(
    r"process table|NSDA|^Running |terminated|run window|^Permanent drives|^Dynamic |dynamic attaching|^external ",
    re.IGNORECASE,
)
_BANNER = re.compile(r"Microsoft ?\(R\) mail ", re.IGNORECASE)
_NSDA = re.compile(
    r'(Running )?"?NSDA ?- ?(RT|RR|S)\b(?:"? (?:terminated .*?exit code (-?\d{1,5})|(missed its run window)))?',
    re.IGNORECASE,
)
_TABLE = re.compile(r"Failure while accessing the process table", re.IGNORECASE)
_NO_TASKS = re.compile(
    r"No Tasks From Requestor: *(?:\w{1,10}:)?(?:[^\s/]{1,32}/)?([^\s/]{1,10})/([^\s/.]{1,10})", re.IGNORECASE
)
_NAMED = re.compile(r"(?:[A-Za-z0-9]{1,10}:)?([^\s/\\:<>]{1,10})[/\\]([^\s/\\:<>]{1,10})(?![^\s/\\.,])")
_MISSING = re.compile(r"\d{1,10}\s*\((\d{1,10})\s*->\s*(\d{1,10})\)")
_ASKED = re.compile(r"\((\d{1,10})\)")
_CONTROL = re.compile(r"[\0-\x08\x0b-\x1f\x7f]")

# What may stand behind the content of a line: blanks, the second CR of a text converted twice, the end mark of MS-DOS
# (^Z) and the NULs that fill the rest of its block.
_PADDING = " \t\r\x1a\0"
_BLANKS = " \t"
_STATUS_INDENT = 7
"""Blanks between ``Status`` and its text, where no number is printed (Q118447)."""


class LogLine(NamedTuple):
    r"""One line of a log.

    The attributes from ``severity`` to ``address`` follow from its words alone. Those from ``program`` on are what its
    neighbours tell; ``Log.joined`` has them, and whoever knows the file and its owner adds ``path``.

    Attributes:
        number: counted from 1.
        start: of its bytes in the file.
        stop: of its bytes, the line end included; all lines tile the file.
        raw: the line as stored, without its end. It may hold anything, terminal escapes included.
        end: ``\r\n``, ``\n`` or, in the last line, nothing.
        form: the shape of the line.
        moment: date and time it was written, by the clock of the machine that wrote it; zone unknown. None without
            a valid time stamp.
        moment_note: what is uncertain or remarkable about ``moment``; empty when nothing is.
        instance: the Dispatch instance that wrote the line; empty when none is named.
        postoffice: NET/PO that the line is about, as the last line that names one tells; empty when none did.
        severity: ``Status``, ``Warning``, ``Error`` or ``Fatal``; ``severity 3 (not documented)`` for a digit of
            unknown meaning; empty when the line has none.
        severity_digit: the digit of a coded line.
        code: message number as written or, where text logs leave it out, recognised by its wording (104, 105, 106, 167
            and 171). None without.
        unnumbered: the line says itself that it has no number: -1 in a coded line, an empty bracket in a text line.
        text: the message as written, its argument included; empty where the line gives only a number.
        argument: what the message is about. In text forms it can be told from the wording only of known messages.
        step: the step that it tells of: ``T1``, ``T2`` or ``T3``; empty for none.
        event: what it tells of the step: Dispatch has started it (``run``), it has ended (``end``), it was not started
            in time (``missed``); a program of it reports (``reported``); T2 found nothing of a requestor (``late``).
            Without a step: the schedule could not be read (``table``). Empty for none.
        exit_code: with which a step ended.
        said: the message in words; the wording of a coded one comes from the catalogue.
        banner: the program whose first line it is; empty for any other line.
        address: NET/PO that the message itself names, in upper case.
        program: what wrote it, as the message itself tells, else the last banner; empty when neither does.
        about: NET/PO that it is about, in upper case; empty for nobody in particular or the owner of the log.
        sitting: counts the stretches of a file without a long pause.
        path: the file it is from.
    """

    number: int
    start: int
    stop: int
    raw: str
    end: str
    form: LineForm
    moment: datetime | None = None
    moment_note: str = ""
    instance: str = ""
    postoffice: str = ""
    severity: str = ""
    severity_digit: int | None = None
    code: int | None = None
    unnumbered: bool = False
    text: str = ""
    argument: str | None = None
    step: str = ""
    event: LineEvent = ""
    exit_code: int | None = None
    said: str = ""
    banner: str = ""
    address: str = ""
    program: str = ""
    about: str = ""
    sitting: int = 0
    path: str = ""

    def __repr__(self) -> str:
        return brief("LogLine", f"{self.number} {self.raw!r}")

    @property
    def span(self) -> Span:
        """Its bytes in the file."""
        return Span(self.start, self.stop)

    @property
    def written(self) -> str:
        """Date and time as they stand in it; empty where none do."""
        found = _WRITTEN.match(self.raw)
        return found[1] if found else ""

    @property
    def named(self) -> str:
        """What it is about, in capitals: the argument, or the whole text where that cannot be told."""
        return (self.argument or self.text).upper()

    @property
    def ends_rebuild(self) -> bool:
        """Whether it is the empty Status line that ends a rebuild."""
        return self.severity == "Status" and self.code is None and not self.text.strip()

    @property
    def ends_import(self) -> bool:
        """Whether Import ends with it."""
        return self.said.startswith("Import is finished")

    @property
    def is_import(self) -> bool:
        """Whether Import begins or ends with it."""
        return self.banner == "IMPORT" or self.ends_import

    @property
    def missing(self) -> tuple[str, int, int] | None:
        """What 139 says is missing: its words, the number before the first and the last one; None in other messages."""
        found = _MISSING.search(self.said) if self.code == 139 else None
        return (found[0], int(found[1]), int(found[2])) if found else None

    @property
    def asked(self) -> int | None:
        """The number that 138 names, of which the server has not what follows; None in other messages."""
        found = _ASKED.search(f"({self.argument})" if self.argument else self.said) if self.code == 138 else None
        return int(found[1]) if found else None

    @property
    def stream(self) -> tuple[str, str]:
        """File and postoffice: within both the order of lines is the order of events."""
        return self.path, self.about

    def beside(self, program: str, about: str, sitting: int, path: str) -> LogLine:
        """Return it with what its neighbours tell."""
        return LogLine._make((*self[:_NEIGHBOURS], program, about, sitting, path))


_WORDS = LogLine._fields.index("severity")
_NEIGHBOURS = LogLine._fields.index("program")
"""Where the attributes begin that the words of a line tell, and those that its neighbours do."""

_CODE: Callable[[LogLine], int | None] = attrgetter("code")
_MOMENT: Callable[[LogLine], datetime | None] = attrgetter("moment")


@dataclass(frozen=True)
class Log:
    """A whole log.

    Attributes:
        lines: every line of the file.
        unparsed: one ``line-unparsed`` for each line of no known shape; none of them means damage.
        form: the form of more than half of the lines that have one of their own (report headers go along with any);
            ``mixed`` when no form has so many, ``empty`` when no line has one.
    """

    lines: tuple[LogLine, ...]
    unparsed: tuple[Fault, ...]
    form: LogForm

    def __repr__(self) -> str:
        return brief(type(self).__name__, "; ".join(self.summary()))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The lines that mean nothing; a file of nothing else is damaged, or no log."""
        if self.form != "empty" or not self.unparsed:
            return self.unparsed
        return Fault("log", "no line has the shape of a log's", Span(0, self.lines[-1].stop)), *self.unparsed

    @cached_property
    def joined(self) -> tuple[LogLine, ...]:
        """The lines with wrapped ones put together again, and with what their neighbours tell of each.

        A line made of several has their text, one blank between its parts, as ``raw`` and a span from the first to the
        last; it is read anew, so that a message known by its wording is found although it was wrapped. Continuation
        lines do not appear.
        """
        return tuple(self.of())

    @cached_property
    def latest(self) -> datetime | None:
        """The latest moment of a line; None where none has one."""
        return max(filter(None, map(_MOMENT, self.lines)), default=None)

    def of(self, path: str = "", owner: str = "") -> list[LogLine]:
        """Return the joined lines with their file; what is about its ``owner`` (NET/PO) is about nobody else."""
        wraps = any(line.form == "continuation" for line in self.lines)
        return _in_context(_joined(self.lines) if wraps else self.lines, path, owner.upper())

    def build(self) -> bytes:
        """The bytes of the file from the raw text of its lines.

        Raises:
            UsageError: a line was given characters that code page 850 does not have.
        """
        try:
            return "".join([part for line in self.lines for part in (line.raw, line.end)]).encode(ENCODING)
        except UnicodeEncodeError as error:
            raise UsageError(f"log text is not in code page 850: {error.object[error.start]!a}") from None

    def lists(self) -> list[Rows]:
        """The lines; each has its message with the lines that continue it."""
        whole = {line.number: line for line in self.joined}
        rows = (_line_row(line, whole.get(line.number, line)) for line in self.lines)
        return [Rows("lines", len(self.lines), rows)]

    def nodes(self) -> Iterator[Node]:
        """Yield the lines."""
        for line in self.lines:
            yield Node(f"line[{line.number}]", line.span, line.raw, _says(line) if line.form == "coded" else "")

    def regions(self) -> Iterator[Region]:
        """Yield lines, and apart from them those that mean nothing."""
        for line in self.lines:
            yield Region(line.span, "unparsed line" if line.form == "unparsed" else "line")

    def summary(self) -> list[str]:
        """The form of the lines and the time they cover."""
        moments = [line.moment for line in self.lines if line.moment]
        empty = "no line of a log" if self.unparsed else "an empty log"
        phrases = [{"empty": empty}.get(self.form, f"{self.form} form"), count(len(self.lines), "line")]
        if moments:
            phrases.append(f"{moment_row(min(moments))} to {moment_row(max(moments))}, zone unknown")
        return phrases


def probe(data: bytes) -> bool:
    """Tell whether this is such a log: half of its lines have a known shape, and one of them leaves no doubt."""
    head = _head(data)
    if _is_prose(head):
        return False
    filled = shaped = sure = 0
    for line in _begun(head).lines:
        filled += line.form != "blank"
        shaped += line.form in OWN_FORMS
        sure += line.form in OWN_FORMS and _is_sure(line)
    return sure > 0 and 2 * shaped >= filled


def _is_prose(head: bytes) -> bool:
    """Whether so few lines can begin as a message does that this is no log; most texts are told apart so at once."""
    lines = head.split(b"\n")
    most = sum(_MAY_BEGIN.match(line) is not None for line in lines)
    return 2 * most < sum(line[:1].isalnum() for line in lines)  # at least so many are not blank


_MAY_BEGIN = re.compile(rb'[ \t"#]*+(?:[^\n]{0,30}?[0-9]|status|warning|error|fatal|report)', re.IGNORECASE)


def parse_log(data: bytes) -> Log:
    """Read a log; no content is refused, and every byte is in exactly one line.

    Raises:
        UsageError: it has more lines than any log.
    """
    if data.count(b"\n") > MOST_LINES:
        raise UsageError(f"more than {MOST_LINES} lines; no Dir-Sync log has as many")
    head = _head(data)
    reader = _begun(head)
    if len(head) < len(data):
        reader = reader.copy() if head.endswith(b"\n") else _Reader()
        reader.go_on(data[reader.stop :])
    return Log(tuple(reader.lines), tuple(reader.faults), _majority(reader.lines))


def _head(data: bytes) -> bytes:
    """Return the lines that ``probe`` looks at."""
    if len(data) <= PROBE_SIZE:
        return data
    return data[: data.rfind(b"\n", 0, PROBE_SIZE) + 1] or data[:PROBE_SIZE]


@lru_cache(maxsize=1)
def _begun(head: bytes) -> _Reader:
    """Return a reader that has read what was asked for twice: to tell whether it is a log, and for what it holds."""
    reader = _Reader()
    reader.go_on(head)
    return reader


def _joined(lines: Iterable[LogLine]) -> list[LogLine]:
    whole: list[LogLine] = []
    parts: list[LogLine] = []
    base = -1
    for line in lines:
        if line.form == "continuation":
            parts.append(line)
            continue
        if parts:
            whole[base] = _join(whole[base], parts)
            parts = []
        if line.form in OWN_FORMS:
            base = len(whole)
        whole.append(line)
    if parts:
        whole[base] = _join(whole[base], parts)
    return whole


def to_text(line: LogLine) -> str:
    """Return a coded line as DIRSYNC.LOG shows it; a line of another form as it is stored.

    Wordings are those of ``messages.render_text``. A severity digit of unknown meaning is shown as such, not as a word.
    """
    if line.form != "coded":
        return line.raw
    stamp = _WRITTEN_STAMP.match(line.raw)
    text = line.text
    if line.code is not None and not line.unnumbered:
        text = messages.render_text(line.code, line.argument)
    code = None if line.unnumbered else line.code
    return text_line(stamp[1] if stamp else "", line.severity, code, text)


def to_coded(line: LogLine) -> str | None:
    """Return a text line as DSSERVER.LOG shows it; a coded line as it is stored.

    Returns:
        None where that is not known: the digits of Warning and Error are documented nowhere, the argument of an unknown
        wording cannot be told from it, and other forms have no coded twin.
    """
    if line.form == "coded":
        return line.raw
    digit = next((digit for digit, word in SEVERITIES.items() if word == line.severity), None)
    if line.form != "text" or digit is None:
        return None
    stamp = _WRITTEN_STAMP.match(line.raw)
    written = stamp[1] if stamp else ""
    if line.code is None:
        return coded_line(written, digit, messages.UNNUMBERED, line.text)
    if line.text and messages.read_text(line.code, line.text.strip(_BLANKS)) is None:
        return None
    return coded_line(written, digit, line.code, line.argument)


def as_text(log: Log) -> list[str]:
    """Return all lines as DIRSYNC.LOG shows them; what has no text form stays as it is stored."""
    return [to_text(line) for line in log.joined]


def as_coded(log: Log) -> list[str]:
    """Return all lines as DSSERVER.LOG shows them; what has no known coded form stays as it is stored."""
    return [line.raw if (coded := to_coded(line)) is None else coded for line in log.joined]


def text_line(stamp: str | datetime, severity: str, code: int | None, text: str) -> str:
    """Return a line of DIRSYNC.LOG; ``stamp`` may be empty, ``code`` None prints no number.

    The columns are those of Q118447 and Q149271: ``%s | %-7s%5s %s``.
    """
    bracket = "" if severity == "Status" else f"[{'' if code is None else code:>3}]"
    return f"{prefix(stamp)}{severity:<7}{bracket:>5} {text}".rstrip(" ")


def coded_line(stamp: str | datetime, digit: int, code: int, argument: str | None = None) -> str:
    """Return a line of DSSERVER.LOG; the literal text of a line without a number (code -1) is its ``argument``."""
    return f"{prefix(stamp)}{digit} {code:>3} {argument or ''}".rstrip(" ")


def report_line(stamp: str | datetime, postoffice: str) -> str:
    """Return the line that begins the report of ``postoffice`` (NET/PO) in CENTRAL.LOG (Q192158)."""
    return f"{prefix(stamp)}Status  Report from {postoffice}/$SYSTEM"


def prefix(stamp: str | datetime) -> str:
    """Return what stands before the words of a line; nothing where there is no stamp."""
    if isinstance(stamp, datetime):
        stamp = _shown(stamp)
    return f"{stamp} | " if stamp else ""


def dispatch_line(instance: str, moment: datetime, text: str) -> str:
    """Return a line of DISPATCH.LOG, with two blanks in both gaps as the copy of Q148705 in MSDN 1998 has them."""
    return f"{instance}  {_minute(moment)} {text}".lstrip(" ")


OWN_FORMS = frozenset({"coded", "text", "dispatch", "report"})
"""Shapes of lines that begin a message."""


_Place = tuple[int, int, int, str, str]
"""The first five attributes of a line: number, start, stop, raw, end."""

_When = tuple[datetime | None, str]
"""Moment and note on it."""


def _words(form: LineForm, **said: Any) -> LogLine:
    """Return what words say, whenever and wherever they were written: a line without number, place and time.

    Its ``postoffice`` is the one that the header of a report, or Dispatch that looks at its process table, names.
    """
    return LogLine(0, 0, 0, "", "", form=form, **said)


def _message(words: str, piped: bool, by_instance: bool, dated: bool) -> LogLine:
    """Read what stands behind a time stamp.

    Args:
        words: it.
        piped: a bar stands between stamp and words.
        by_instance: a Dispatch instance stands before the stamp.
        dated: the stamp is a date and time.
    """
    if not piped and words and not _TRANSFER.match(words):
        return _dispatched(words)
    if piped and not by_instance:
        if coded := _CODED.fullmatch(words):
            return _coded(coded)
        if text := _SEVERITY.match(words):
            return _worded(text, dated=dated)
    return _words("unparsed", text=words)


_known_message = lru_cache(maxsize=messages.KEPT)(_message)


def _on(written: str, year: int) -> date | None:
    """Return the day that a date means whose year is known; None where there is no such day."""
    month, day, _ = written.split("/")
    try:
        return date(year, int(month), int(day))
    except ValueError:
        return None


@lru_cache(maxsize=messages.KEPT)
def _undoubted(written: str) -> tuple[date | None, str] | None:
    """Return the day that a date means, and no note; None where the lines before have a say in its year."""
    year = written.rpartition("/")[2]
    if len(year) == 3 or (len(year) == 2 and year < "80"):
        return None
    return _on(written, int(year) if len(year) == 4 else 1900 + int(year)), ""


@lru_cache(maxsize=4 * messages.KEPT)
def _clock(written: str) -> time | None:
    """Return a time of day; None where there is no such time."""
    hour, minute, second, *_ = *map(int, written.split(":")), 0
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def _coded(match: re.Match[str]) -> LogLine:
    digit, code, literal = int(match[1]), int(match[2]), match[3] or ""
    severity = SEVERITIES.get(digit) or f"severity {digit} (not documented)"
    if code != messages.UNNUMBERED:
        argument = literal.strip(_BLANKS) or None
        return _understood("coded", severity=severity, severity_digit=digit, code=code, argument=argument)
    known, argument = messages.recognise(literal) or (None, None)
    said = {"severity": severity, "severity_digit": digit, "text": literal, "argument": argument}
    return _understood("coded", code=known, unnumbered=True, **said)


def _worded(match: re.Match[str], *, dated: bool) -> LogLine:
    word, bracketed, plain, tail = match.groups()
    severity = word.capitalize()
    if severity == "Status" and plain is not None:
        tail, plain = match.string[match.end(1) : match.end()], None
    digits = bracketed or plain
    code = int(digits) if digits else None
    if bracketed is not None or severity != "Status":
        text = tail[1:] if tail[:1] in {" ", "\t"} else tail
    else:
        indented = tail.startswith(" " * _STATUS_INDENT)
        text = tail[_STATUS_INDENT:] if indented else tail.lstrip(_BLANKS)
    if severity == "Status" and (report := _REPORT.match(text.lstrip(_BLANKS))) and (dated or report[3]):
        return _understood("report", severity=severity, text=text, postoffice=f"{report[1]}/{report[2]}")
    argument = None
    if code is not None:
        reading = messages.read_text(code, text.strip(_BLANKS))
        argument = reading.argument if reading else None
    elif severity == "Status":
        code, argument = messages.recognise(text.strip(_BLANKS)) or (None, None)
    said = {"severity": severity, "unnumbered": bracketed == "", "text": text, "argument": argument}
    return _understood("text", code=code, **said)


def _dispatched(text: str) -> LogLine:
    polled = _POLLED.match(text)
    return _understood("dispatch", text=text, postoffice=f"{polled[1]}/{polled[2]}" if polled else "")


def _understood(form: LineForm, **said: Any) -> LogLine:
    """Return a message with what follows from its words: the step, the program, the postoffice that it names."""
    message = _words(form, **said)
    step = _step(message.form, message.code, message.text)
    message = message._replace(said=_says(message).strip(), banner=_banner(message.text), **step)
    if message.form == "dispatch":
        return message
    program = "SRVMAIN" if _by_server(message) else ""
    return message._replace(address=_address(message) or message.address, program=program)


def _banner(text: str) -> str:
    """Return the program whose first line a text is; empty for any other."""
    if ") " not in text or not _BANNER.match(text.lstrip()):
        return ""
    return next((program for program, words in BANNERS if words in text.lower()), "")


class _Reader:
    """Reads line after line; keeps what one line settles for the next.

    Attributes:
        lines: what was read.
        faults: the lines among it that mean nothing.
        stop: where in the file it ends.
        dated: the last valid time stamp.
        full_years: the writer is known to print both digits of years after 1999.
        reporter: postoffice of the last report header.
        polled: for each Dispatch instance the postoffice it looked at last.
        continues: how many more lines may belong to the last message.
        gap: the line before was blank.
    """

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self.faults: list[Fault] = []
        self.stop = 0
        self.dated: datetime | None = None
        self.full_years = False
        self.reporter = ""
        self.polled: dict[str, str] = {}
        self.continues = 0
        self.gap = False

    def copy(self) -> _Reader:
        """Return one that goes on from here, too."""
        other = copy(self)
        other.lines, other.faults, other.polled = [*self.lines], [*self.faults], {**self.polled}
        return other

    def go_on(self, data: bytes) -> None:
        """Read what follows in the file."""
        for number, (raw, end) in enumerate(_lines(data.decode(ENCODING)), len(self.lines) + 1):
            start, self.stop = self.stop, self.stop + len(raw) + len(end)
            line = self.read((number, start, self.stop, raw, end))
            self.lines.append(line)
            if line.form == "unparsed":
                self.faults.append(_unparsed(line))

    def read(self, place: _Place) -> LogLine:
        raw = place[3]
        content = raw.rstrip(_PADDING)
        if stamped := _STAMPED.match(content):
            line = self.placed(place, *self.stamped(raw, stamped))
        elif content.lstrip(_PADDING):
            line = self.placed(place, *self.bare(content))
        else:
            self.gap = True
            return LogLine(*place, "blank", said=raw.strip())
        if line.form in OWN_FORMS:
            self.continues = MAX_CONTINUATION
        elif line.form == "continuation":
            self.continues -= 1
        else:
            self.continues = 0
        self.gap = False
        return line

    def placed(self, place: _Place, when: _When, instance: str, message: LogLine) -> LogLine:
        """Return a message as a line, with the postoffice that it or a line before it names."""
        if message.form == "report":
            self.reporter = message.postoffice
            # Another machine, with a build of its own, wrote what follows.
            self.full_years = False
        elif message.form == "dispatch" and message.postoffice:
            self.polled[instance] = message.postoffice
        if message.form in OWN_FORMS:
            postoffice = self.polled.get(instance, "") if message.form == "dispatch" else self.reporter
        else:
            instance, postoffice, message = "", "", message._replace(said=place[3].strip())
        return LogLine._make((*place, message.form, *when, instance, postoffice, *message[_WORDS:]))

    def stamped(self, raw: str, match: re.Match[str]) -> tuple[_When, str, LogLine]:
        """Read a line with a time stamp."""
        instance, day, clock, pipe, rest = match.groups()
        when = self.moment(day, clock, pipe is not None)
        if raw[0] == '"' and rest[-1:] == '"':
            rest = rest[:-1].rstrip(_PADDING)
        read = _known_message if len(rest) <= messages.SHORT else _message
        return when, instance or "", read(rest, pipe is not None, instance is not None, when[0] is not None)

    def bare(self, content: str) -> tuple[_When, str, LogLine]:
        """Read a line without a time stamp: one that lost it, one that goes on with a message, or neither."""
        if match := _WINDOW.match(content):
            note = f"{content[: match.start(1)].rstrip()} is a time without a date"
            return (None, note), "", _dispatched(match[1])
        if (match := _SEVERITY.match(content.lstrip(' \t"#'))) and _is_bare_message(match):
            return (None, ""), "", _worded(match, dated=False)
        if (match := _BARE_BRACKET.match(content)) and (
            reading := messages.read_text(int(match[1]), match[2].strip(_BLANKS))
        ):
            text = match[2].strip(_BLANKS)
            message = _understood("text", code=reading.message.code, text=text, argument=reading.argument)
            return (None, ""), "", message
        goes_on = self.continues and (not self.gap or _ADDRESS.fullmatch(content)) and not _CONTROL.search(content)
        return (None, ""), "", _words("continuation" if goes_on else "unparsed", text=content.strip(_PADDING))

    def moment(self, written: str, clock: str, piped: bool) -> _When:
        """Return the moment that a date and a time mean, and a note where they leave something open."""
        day, note = _undoubted(written) or self.doubted(written)
        at = _clock(clock)
        if day is None or at is None:
            return None, f"{written} {clock} is no date and time"
        self.dated = datetime.combine(day, at)
        return self.dated, "seconds not written" if piped and not note and clock.count(":") == 1 else note

    def doubted(self, written: str) -> tuple[date | None, str]:
        """Return the day that a date means where the lines before have a say in its year, and a note on that."""
        month, _, year = written.split("/")
        full, note = self.year(year, int(month))
        return _on(written, full), note

    def year(self, written: str, month: int) -> tuple[int, str]:
        """Return the year that three digits mean, or two below 80, and a note unless there is no doubt."""
        number = int(written)
        if len(written) == 3:
            # Programs that print tm_year show 2000 as 100 (Q191905, Q192158).
            self.full_years = False
            return 1900 + number, f"year written as {written} means {1900 + number}"
        literal = 2000 + number
        if not 10 <= number <= 12:
            self.full_years = True
            return literal, "" if number < 10 else f"two-digit year {written} read as {literal}"
        # Unfixed builds print the decade: 10 for 2000 to 2009, 11 and 12 likewise (Q191886, Q191887, Q191889, Q192156);
        # fixed ones, which print 00 to 09, mean 2010. Only the lines before can tell which it is.
        first = 2000 + 10 * (number - 10)
        doubt = f"two-digit year {written} may be {first}-{first + 9} with the unit lost"
        before = self.dated
        if self.full_years or before is None or not first - 1 <= before.year <= first + 9:
            self.full_years = True
            return literal, f"{doubt}; read as {literal}, for no line before it speaks for another year"
        self.full_years = False
        year = max(first, before.year + (before.month - month > 6))
        return min(year, first + 9), f"{doubt}; read as {min(year, first + 9)}, for the line before is of {before.year}"


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield every line and its end; a lone carriage return ends no line."""
    *ended, last = text.split("\n")
    for raw in ended:
        if raw.endswith("\r"):
            yield raw[:-1], "\r\n"
        else:
            yield raw, "\n"
    if last:
        yield last, ""


def _is_bare_message(match: re.Match[str]) -> bool:
    """Tell whether a line without a time stamp is a message, not prose nor PODIAG.LOG (``Error 161 Detected ...``)."""
    word, bracketed, plain, tail = match.groups()
    if bracketed is not None:
        return True
    if word.lower() == "status":
        return bool(word == "Status")
    return plain is not None and (word == "Fatal" or messages.read_text(int(plain), tail.strip(_BLANKS)) is not None)


def _is_sure(line: LogLine) -> bool:
    text = line.text.strip(_BLANKS)
    if line.form == "dispatch":
        return line.moment is not None and _DISPATCH_WORDS.search(text) is not None
    if line.form == "report" or line.moment is not None:
        return True
    if line.code is not None:
        return messages.read_text(line.code, text) is not None
    return line.severity == "Status" and _BANNER.match(text) is not None


def _unparsed(line: LogLine) -> Fault:
    dated = line.moment or line.moment_note
    what = "nothing known behind the time stamp" if dated else "no line of a Dir-Sync log"
    return Fault("line-unparsed", what, line.span, damage=False, line=line.number)


def _majority(lines: list[LogLine]) -> LogForm:
    count = Counter(line.form for line in lines if line.form in OWN_FORMS)
    # The header of a report has the text form, whatever follows it.
    reports = count.pop("report", 0)
    total = sum(count.values())
    if not total:
        return "text" if reports else "empty"
    if 2 * count["coded"] > total:
        return "coded"
    if 2 * count["text"] > total:
        return "text"
    return "dispatch" if 2 * count["dispatch"] > total else "mixed"


def _join(line: LogLine, parts: list[LogLine]) -> LogLine:
    raw = " ".join([line.raw.rstrip(_PADDING), *(part.raw.strip(_PADDING) for part in parts)])
    last = parts[-1]
    again = _Reader().read((line.number, line.start, last.stop, raw, last.end))
    postoffice = again.postoffice or line.postoffice
    return again._replace(moment=line.moment, moment_note=line.moment_note, postoffice=postoffice)


def _step(form: LineForm, code: int | None, text: str) -> Mapping[str, Any]:
    """Return which step a message tells of, and what of it."""
    if form == "report":  # written by SRVMAIN -R, at the server
        return {"step": "T2", "event": "reported"}
    if code is not None:
        return _REPORTED.get(code, _NOTHING) if form in ("coded", "text") else _NOTHING
    text = text.strip()
    if found := _NO_TASKS.match(text):
        return {"step": "T1", "event": "late", "address": f"{found[1]}/{found[2]}".upper()}
    if form not in ("dispatch", "text"):
        return _NOTHING
    if found := _NSDA.match(text):
        run, switch, exit_code, missed = found.groups()
        step = STEPS[switch.upper()]
        if run:
            return {"step": step, "event": "run"}
        if exit_code:
            return {"step": step, "event": "end", "exit_code": int(exit_code)}
        return {"step": step, "event": "missed"} if missed else _NOTHING
    return {"event": "table"} if _TABLE.match(text) else _NOTHING


_NOTHING: Mapping[str, Any] = {}
_REPORTED = {code: {"step": step, "event": "reported"} for code, step in REPORTING.items()}


# --- what the neighbours of a line tell --------------------------------------------------------------------------


def _in_context(lines: Iterable[LogLine], path: str, owner: str) -> list[LogLine]:
    """Return lines with the program that wrote each, and with the postoffice that each is about."""
    program, before, sitting = "", None, 0
    placed: list[LogLine] = []
    for line in lines:
        about = line.postoffice.upper()
        about = "" if about == owner else about
        if line.form in ("coded", "text", "report"):
            if line.form == "report" or (before and line.moment and abs(line.moment - before) > SITTING):
                program, sitting = "", sitting + 1
            program = line.banner or program
            writer = line.program or program
            placed.append(line.beside(writer, about, sitting, path))
            if _ends(line):
                program = ""
            before = None if line.form == "report" else line.moment or before
        else:
            placed.append(line.beside(line.program, about, line.sitting, path))
    if not _ABOUT_GAPS.isdisjoint(map(_CODE, placed)):
        _address_gaps(placed, owner)
    return placed


_GAPS = (138, 139)
_ABOUT_GAPS = frozenset({129, *_GAPS})
"""Messages about gaps; around no others a line names the postoffice that another is about."""


def _address_gaps(lines: list[LogLine], owner: str) -> None:
    """Give lines about gaps the postoffice that the line before or behind them names (Q108067)."""
    own = [at for at, line in enumerate(lines) if line.form in OWN_FORMS]
    last = ""
    for at, behind in zip(own, (*own[1:], None), strict=False):
        line, following = lines[at], lines[behind] if behind is not None else None
        about, program = line.about, line.program
        if line.unnumbered and line.code is None and _NAMED.fullmatch(line.text.strip()):
            last = line.address
            if following is not None and following.code in _GAPS:
                about, program = last, "SRVMAIN"
        elif line.code in _GAPS:
            about = last or about
            lines[at] = line._replace(address=last)
        else:
            last = ""
            if line.code == 129:
                about = line.address or about
            elif line.code == 4 and following is not None and following.code == 129:
                about = following.address or about
        if (about, program) != (line.about, line.program):
            lines[at] = lines[at]._replace(about="" if about == owner else about, program=program)


def _by_server(message: LogLine) -> bool:
    named = (message.argument or message.text).upper()
    return (
        message.code in SERVER_CODES
        or (message.code in (2, 4) and "MSTTRANS" in named)
        or (message.code == 9 and "SRVUPDS" in named)
    )


def _address(message: LogLine) -> str:
    """Return the postoffice that a message of the server names, as NET/PO."""
    if message.code in (120, 129, 133, 156, 158, 159, 166) or (message.unnumbered and message.code is None):
        found = _NAMED.search((message.argument or message.text).strip())
        return f"{found[1]}/{found[2]}".upper() if found else ""
    return ""


def _ends(line: LogLine) -> bool:
    """Whether a program has nothing more to say after this line."""
    return line.code in (104, 106, 171) or line.text.startswith("Import is finished") or line.ends_rebuild


@lru_cache(maxsize=messages.KEPT)
def _shown(moment: datetime) -> str:
    return f"{moment:%m/%d/%y %H:%M:%S}"


@lru_cache(maxsize=messages.KEPT)
def _minute(moment: datetime) -> str:
    return f"{moment:%m/%d/%y}  {moment:%H:%M}"


def _says(line: LogLine) -> str:
    """Return what a line says in words; the wording of a coded one comes from the catalogue."""
    if line.form == "coded" and line.code is not None and not line.unnumbered:
        return messages.render_text(line.code, line.argument)
    return line.text if line.form in OWN_FORMS else line.raw.strip()


def _line_row(line: LogLine, said: LogLine) -> Row:
    """Return a line as JSON has it; ``said`` is its message with the lines that continue it."""
    return {
        "line": line.number,
        "span": span_row(line.span),
        "form": line.form,
        "stamp": moment_row(line.moment),
        "stamp_note": line.moment_note,
        "severity": line.severity or None,
        "severity_digit": line.severity_digit,
        "code": said.code,
        "argument": said.argument,
        "text": _says(said),
        "instance": line.instance or None,
        "postoffice": line.postoffice or None,
        "raw": line.raw,
        "end": line.end,
    }
