r"""The text of one transaction: what stands in a queue record, an Import file or a foreign requestor's message.

Grammar (EOL is CRLF or LF, and may be missing at the end):

    A|D sep entry EOL { data }                    add, delete
    M sep entry EOL [ "  " entry EOL ] { data }   modify: old entry, new entry
    R sep type ":" [ net "/" po ] EOL             replace
    T sep type ":" net "/" po EOL field { field } template
    # text                                        comment
    sep   = one blank or TAB
    entry = alias TAB address, or alias in columns 3 to 32, blank in 33, address from 34
    data  = "-" [ " " ] prompt "/" value EOL      a slash in the prompt is written double
    field = " " prompt "~" start "~" width "~" edit "~" data "~" internal EOL

Sources: Q96001, Q96003 (rules, by message number), Q96060 (queue form), Q104281, Q117259, Q118447, Q132681, Q152424.

The law: ``build(parse(text).transaction) == text`` whenever there is a transaction, however faulty the text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from glbtools.model.transaction import (
    ALIAS_LIMIT,
    ELEMENT_LIMIT,
    ENTRY_CODES,
    FAX_LIMITS,
    FLAT_TYPES,
    HIERARCHICAL_TYPES,
    NODE_CODES,
    TAB,
    TEMPLATE_EDITS,
    VERBS,
    Address,
    CommentLine,
    Entry,
    EntryLine,
    Line,
    LocalUserLine,
    OtherLine,
    TemplateField,
    TemplateLine,
    Transaction,
)

MESSAGES = {
    12: "Invalid character in column 1",
    13: "Invalid transaction command",
    15: "Invalid character in phone number",
    16: "Unknown address type",
    17: "Unexpected end of line in node address",
    18: "Unexpected end of line in fullname",
    19: "Unexpected end of line in physical address",
    20: "Address element is too long",
    21: "Input file is corrupt or has incorrect format",
    22: "Expecting '/' in template information line",
    23: "Expecting tab or space",
    24: "Template info not allowed for this address type",
    26: "Error in physical address",
    46: "No Fullname",
    48: "Expecting physical address",
    69: "Alphanumeric characters only allowed in network name",
    70: "Alphanumeric characters only allowed in postoffice name",
    71: "Alphanumeric characters only allowed in mailbox name",
    72: "Fullname is too long",
    74: "FAX recipient address field too long",
    75: "FAX location address field too long",
    76: "FAX company address field too long",
    77: "FAX phone number address field too long",
    81: "No mailbox name",
    82: "Local user information not allowed for this address type",
    84: "Invalid local user token",
    88: "Invalid token assignment",
}
"""Vendor message number -> its wording (Q96001 to Q96003), of those that a text alone decides.

Not among them: 25, whose size limit no source gives; 83, since valid token values are in no source; 27 to 29, 31 and
32, which depend on the address lists.
"""

_ALIAS_COLUMN = 2
_GAP_COLUMN = 32
_ADDRESS_COLUMN = 33
"""Columns 3, 33 and 34, counted from 0."""

_TYPES = "|".join(sorted(HIERARCHICAL_TYPES | FLAT_TYPES, key=len, reverse=True))
_KNOWN = re.compile(rf"(?:{_TYPES}):", re.IGNORECASE)
_KNOWN_AFTER_BLANK = re.compile(rf" (?=(?:{_TYPES}):)", re.IGNORECASE)
_KNOWN_GLUED = re.compile(rf"(?:{_TYPES}):")
_ANY_AFTER_BLANK = re.compile(r" (?=[A-Za-z][A-Za-z0-9]*:\S)")
_LINE_ENDS = frozenset({"", "\n", "\r\n", "\0"})
_BREAK = re.compile(r"\n|\0(?=[-& \t])")
"""What ends a line: LF, and in a queue whose layout says so the NUL before a line that goes on."""


_TOLD = 1000
"""Faulty lines with one number that are told one by one; the others are counted."""

_BLANKS = re.compile(r"[ \t]*")
_PROMPT = re.compile(r"(?:[^/]|//)*")
_PHONE = re.compile(r"[0-9 ,-]*")
_ELEMENTS = (("network", 69), ("postoffice", 70), ("mailbox", 71))
_FAX_FIELDS = (("recipient", 74), ("location", 75), ("company", 76), ("phone number", 77))


class TextFault(NamedTuple):
    """One thing that is wrong in the text of a transaction.

    Attributes:
        number: the vendor's message number; None where no message is documented for it.
        message: the vendor's wording and what was found, one sentence without a final stop.
        start: the first character concerned, counted from the start of the text.
        stop: the first character not concerned any more.
    """

    number: int | None
    message: str
    start: int
    stop: int


class TransactionText(NamedTuple):
    """A text, what it says, and what is wrong with it; ``faults`` in the order of their places.

    ``transaction`` is None when the text has no code that could be understood; then ``faults`` is not empty.
    """

    text: str
    transaction: Transaction | None
    faults: tuple[TextFault, ...]

    @property
    def valid(self) -> bool:
        """Whether the text is a transaction without fault."""
        return self.transaction is not None and not self.faults


# The form of nearly every record of a queue. A test shows that what matches has no fault and says what its groups hold;
# most of a large file need not be read any closer.
_PLAIN = re.compile(
    r"([AD]) ([0-9A-Za-zÀ-ÖØ-öø-ÿ](?:[0-9A-Za-zÀ-ÖØ-öø-ÿ.,'()-]| (?![ \t])){0,29})"
    r"\tPCM:([0-9A-Za-z]{1,10})/([0-9A-Za-z]{1,10})/([0-9A-Za-z]{1,10})"
)


def is_plain(text: str) -> bool:
    """Whether a text is an ordinary addition or deletion, and so without fault; False says nothing."""
    return _PLAIN.fullmatch(text) is not None


def parse(text: str) -> TransactionText:
    """Read the text of one transaction; never raises."""
    plain = _PLAIN.fullmatch(text)
    if plain:
        code, alias, *parts = plain.groups()
        return TransactionText(text, Transaction(code, " ", Entry(alias, TAB, Address("PCM", *parts))), ())
    return _Parser(text).parse()


def parse_codeless(text: str) -> TransactionText:
    """Read an entry that came without its code, as in the reply printed in Q118298; fault 12, code empty.

    There is a transaction only when the first line holds an address of a known type.
    """
    return _Parser(text).parse_codeless()


def is_valid(text: str) -> bool:
    """Whether ``text`` is a transaction without fault."""
    return parse(text).valid


def build(transaction: Transaction) -> str:
    """Write a transaction as its values say; nothing is corrected or checked."""
    head = transaction.code + transaction.separator
    if transaction.entry is not None:
        head += _entry_text(transaction.entry)
    if transaction.node is not None:
        head += str(transaction.node)
    if transaction.comment is not None:
        head += transaction.comment
    return "".join([head, transaction.end, *map(_line_text, transaction.lines)])


def continues(line: str, *, template: bool = False) -> bool:
    """Whether a line of a text of several transactions belongs to the transaction above it, by its column 1.

    Args:
        line: without its line end.
        template: the transaction above is a ``T``; its fields count without their blank too (as printed in Q104281).
    """
    return line[:1] in {"-", " ", TAB, "&"} or (template and _is_bare_field(line))


def split_lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of a text as (content, line end); LF ends a line, carriage returns before it belong to the end.

    So does a NUL with a line behind it that goes on. No other character ends a line: code page 850 has others that
    Python would take for one.
    """
    start = 0
    for match in _BREAK.finditer(text):
        piece = text[start : match.start()]
        content = piece.rstrip("\r")
        yield content, piece[len(content) :] + match[0]
        start = match.end()
    if last := text[start:]:
        content = last.rstrip("\r")
        yield content, last[len(content) :]


class _Place(NamedTuple):
    """A line in a text: what it says, how it ends (empty lines after it included), and where it starts."""

    content: str
    end: str
    start: int

    @property
    def stop(self) -> int:
        return self.start + len(self.content)


@dataclass(slots=True)
class _Tally:
    """How many lines have one fault, and where those are that were only counted."""

    count: int = 0
    start: int = 0
    stop: int = 0


class _Parser:
    """Reads one text and collects what is wrong in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[TextFault] = []
        self.tallies: dict[int | None, _Tally] = {}
        self.second = False
        """Whether the new entry of a modification may still come."""

    def parse(self) -> TransactionText:
        places = _places(self.text)
        head = places[0]
        code, column_2 = head.content[:1], head.content[1:2]
        if code == "#":
            return self.finish(Transaction(code, "", comment=head.content[1:], end=head.end), places)
        if code in VERBS and column_2 in {"", " ", TAB}:
            read = self.read_entry_head if code in ENTRY_CODES else self.read_node_head
            return self.finish(read(code, head), places)
        self.refuse(code, column_2, head)
        return TransactionText(self.text, None, tuple(self.faults))

    def parse_codeless(self) -> TransactionText:
        places = _places(self.text)
        head = places[0]
        self.fault(12, "an entry without a code", head.start, head.start + len(head.content[:1]))
        # Without its code an entry stands in no known columns, so its spacing is not judged.
        entry = self.read_entry(head, 0, spacing=False)
        if entry.address is None or entry.address.type not in HIERARCHICAL_TYPES | FLAT_TYPES:
            return TransactionText(self.text, None, (self.faults[0],))
        return self.finish(Transaction("", "", entry, end=head.end), places)

    def refuse(self, code: str, column_2: str, head: _Place) -> None:
        # Q96001 gives 12 and 13 the same advice for column 1. 13 speaks of a command: it is given to what has the shape
        # of one (a letter, then a blank or TAB). 12 speaks of a character, and is what IMPORT 2.1 to 3.2 was seen to
        # print (Q104687): it is given to everything else, lines that belong to no transaction included.
        if not code:
            self.fault(None, "no transaction: the first line is empty", head.start, head.start)
        elif code in VERBS:
            self.fault(23, f"{_quote(column_2)} in column 2, behind the code {code}", head.start + 1, head.start + 2)
        elif code.isalpha() and column_2 in {" ", TAB}:
            self.fault(13, f"found {_quote(code)}", head.start, head.start + 1)
        else:
            self.fault(12, f"found {_quote(code)}", head.start, head.start + 1)

    def finish(self, head: Transaction, places: list[_Place]) -> TransactionText:
        """Read the lines below the first one and judge the whole."""
        if places[0].end not in _LINE_ENDS:
            self.check_end(places[0])
        transaction = head
        if len(places) > 1:
            transaction = replace(head, lines=self.read_lines(head, places))
        self.check_lines(transaction, places)
        self.tell_tallies()
        self.faults.sort(key=lambda each: each.start)
        return TransactionText(self.text, transaction, tuple(self.faults))

    # The first line

    def read_entry_head(self, code: str, head: _Place) -> Transaction:
        blanks = _BLANKS.match(head.content, 1)
        stop = blanks.end() if blanks else 1
        # No alias at all: all blanks but the first are the gap.
        if _KNOWN.match(head.content, stop) or (TAB in head.content[2:stop] and TAB not in head.content[stop:]):
            stop = 2
        return Transaction(code, head.content[1:stop], self.read_entry(head, stop, code=code), end=head.end)

    def read_node_head(self, code: str, head: _Place) -> Transaction:
        separator, rest = head.content[1:2], head.content[2:]
        if not rest:
            self.fault(17, f"nothing behind {code}", head.start, head.stop)
            return Transaction(code, separator, end=head.end)
        return Transaction(code, separator, node=self.read_address(rest, head.start + 2, node=True), end=head.end)

    def read_entry(self, place: _Place, start: int, *, code: str = "", spacing: bool = True) -> Entry:
        """Read alias, gap and address; ``start`` is where the alias starts in the line."""
        line = place.content
        found = _find_address(line, start)
        alias_stop = start + len(line[start:found].rstrip(" \t"))
        alias, gap = line[start:alias_stop], line[alias_stop:found]
        at = place.start + start
        if len(alias) > ALIAS_LIMIT:
            self.fault(72, f"{_quote(alias)} has {_excess(alias, ALIAS_LIMIT)}", at, at + len(alias))
        if found is None or found == len(line):
            self.check_end_of_entry(place, alias, gap, code)
            return Entry(alias, gap, None)
        if not alias:
            self.fault(46, "no alias in front of the address", at, place.start + found)
        if spacing:
            self.check_spacing(place, start, alias_stop, found)
        return Entry(alias, gap, self.read_address(line[found:], place.start + found))

    def check_end_of_entry(self, place: _Place, alias: str, gap: str, code: str) -> None:
        """Decide which message an entry without an address gets."""
        # 18 while the line is still in the alias, 48 once the alias is closed by a TAB or by column 33: Q96001 [18]
        # speaks of the line's end inside the fullname, Q96002 [48] of a line that has everything but the address.
        if TAB in gap or len(place.content) > _GAP_COLUMN:
            if not alias:
                self.fault(46, "no alias", place.start, place.stop)
            if len(alias) <= ALIAS_LIMIT:
                self.fault(48, f"the line ends behind {_quote(alias)}", place.start, place.stop)
        elif code == "M":
            # The short form of the Administrator's Guide, p. 328, was never implemented; IMPORT 3.2 answers 72
            # (Q127918).
            self.fault(72, f"no address behind {_quote(alias)} of a modification", place.start, place.stop)
        else:
            self.fault(18, f"the line ends behind {_quote(alias)}", place.start, place.stop)

    def check_spacing(self, place: _Place, start: int, alias_stop: int, found: int) -> None:
        """See whether code, alias and address stand in columns or are separated by TABs."""
        line = place.content
        gap = line[alias_stop:found]
        # Columns first: Q96001 [23] asks for blanks in columns 2 and 33 only, so a second blank in front of the alias
        # is no fault when the address starts in column 34. In the sample of Q131151, as printed, it starts in 33: 23.
        if start == alias_stop or (found == _ADDRESS_COLUMN and _in_columns(line, start)):
            return
        if gap == TAB:
            if start > _ALIAS_COLUMN:
                self.fault(23, f"{_quote(line[1:start])} in front of the alias", place.start + 1, place.start + start)
            return
        if gap == " " and alias_stop - start > ALIAS_LIMIT:
            return  # the alias pushed the address out of its column; 72 says so
        what = f"{_quote(gap)} in front of the address, which starts in column {found + 1}"
        self.fault(23, what, place.start + alias_stop, place.start + found)

    # Addresses

    def read_address(self, text: str, start: int, *, node: bool = False) -> Address:
        kind, colon, rest = text.partition(":")
        if not colon:
            self.fault(16, f"no type in {_quote(text)}", start, start + len(text))
            return Address("", value=text, colon="")
        if kind.upper() in HIERARCHICAL_TYPES:
            parts: list[str | None] = [*rest.split("/", 2)]
            parts += [None] * (3 - len(parts))
            address = Address(kind, parts[0] or "", parts[1], parts[2])
            self.check_elements(address, start, start + len(text), node=node)
        else:
            address = Address(kind, value=rest)
            self.check_flat(address, start, start + len(text), node=node)
        return address

    def check_elements(self, address: Address, start: int, stop: int, *, node: bool) -> None:
        parts = (address.network, address.postoffice, address.mailbox)[: 2 if node else 3]
        position = start + len(address.kind) + len(address.colon)
        missing = ""
        for part, (name, number) in zip(parts, _ELEMENTS, strict=False):
            if not part:
                missing = missing or name
            else:
                if len(part) > ELEMENT_LIMIT:
                    what = f"{name} {_quote(part)} has {_excess(part, ELEMENT_LIMIT)}"
                    self.fault(20, what, position, position + len(part))
                if not part.isalnum():
                    self.fault(number, f"found {_quote(part)}", position, position + len(part))
            position += len(part or "") + 1
        if node:
            if missing:
                self.fault(17, f"no {missing} in {_quote(str(address))}", start, stop)
            if address.mailbox is not None:
                self.fault(21, f"a mailbox in the address of a node, {_quote(str(address))}", start, stop)
        elif missing == "mailbox" and address.mailbox is not None:
            # NET/PO/ with nothing behind the last slash is what a postoffice with a damaged GROUP.GLB sends, and 81 is
            # what it gets (Q128872). 19 is for a line that ends before the part was reached (Q96001 [19]; 17 is the
            # same for the nodes of R and T).
            self.fault(81, f"nothing behind {_quote(str(address))}", start, stop)
        elif missing:
            self.fault(19, f"no {missing} in {_quote(str(address))}", start, stop)

    def check_flat(self, address: Address, start: int, stop: int, *, node: bool) -> None:
        value = address.value or ""
        if address.type not in FLAT_TYPES:
            self.fault(16, f"found {_quote(address.kind)}", start, start + len(address.kind))
        elif node:
            if value:
                self.fault(21, f"more than the type of a gateway, {_quote(str(address))}", start, stop)
        elif not value:
            self.fault(48, f"nothing behind {_quote(str(address))}", start, stop)
        elif "\r" in value:
            # The address of a MCI or FAX user has several lines; in a transaction it must be one (Q96001 [26]).
            self.fault(26, "a carriage return in the address", start, stop)
        elif address.type == "FAX":
            self.check_fax(value, stop - len(value))
        elif address.type == "X400" and (wrong := [each for each in address.attributes if "=" not in each]):
            self.fault(26, f"{_quote(wrong[0])} is no attribute of an X.400 address", start, stop)

    def check_fax(self, value: str, start: int) -> None:
        fields = value.split("~")
        if len(fields) != len(FAX_LIMITS):
            what = f"{len(fields)} {'field' if len(fields) == 1 else 'fields'} instead of {len(FAX_LIMITS)}"
            self.fault(26, what, start, start + len(value))
            return
        for field, (name, number), limit in zip(fields, _FAX_FIELDS, FAX_LIMITS, strict=True):
            if len(field) > limit:
                what = f"{name} {_quote(field)} has {_excess(field, limit)}"
                self.fault(number, what, start, start + len(field))
            if number == 77 and not _PHONE.fullmatch(field):
                self.fault(15, f"found {_quote(field)}", start, start + len(field))
            start += len(field) + 1

    # The lines below

    def read_lines(self, head: Transaction, places: list[_Place]) -> tuple[Line, ...]:
        self.second = head.code == "M"
        lines: list[Line] = []
        for place in places[1:]:
            if place.end not in _LINE_ENDS:
                self.check_end(place)
            line = self.read_line(head, place)
            if not isinstance(line, CommentLine):
                self.second = False
            lines.append(line)
        return tuple(lines)

    def read_line(self, head: Transaction, place: _Place) -> Line:
        content, end = place.content, place.end
        column_1 = content[0]
        if column_1 == "#":
            return CommentLine(content[1:], end)
        if column_1 == "&":
            return self.read_local_user(place)
        if column_1 == "-":
            if head.code in NODE_CODES or head.code == "#":
                self.line_fault(12, f"a hyphen below {head.code}", place)
            return self.read_template_line(place, "")
        if head.code == "T" and (column_1 == " " or _is_bare_field(content)):
            return self.read_field(place)
        if column_1 in {" ", TAB}:
            stripped = content.lstrip(" \t")
            indent = content[: len(content) - len(stripped)]
            if self.second and not (stripped.startswith("-") and _find_address(content, len(indent)) is None):
                # Column 1 is blank in place of the code, column 2 as ever (Q118947, Q117260).
                aligned = indent in {"  ", " \t"}
                if not aligned:
                    self.line_fault(23, "columns 1 and 2 are not two blanks", place)
                return EntryLine(self.read_entry(place, len(indent), spacing=aligned), indent, end)
            if stripped.startswith("-"):
                # Q152424 prints one blank in front of the hyphens in the form it calls correct; Q127918 prints the same
                # lines without, and Q96001 [12] lets template lines begin with hyphen or space.
                if indent != " ":
                    self.line_fault(12, "more than a blank in front of the hyphen", place)
                return self.read_template_line(place, indent)
        # What follows the first line of a MCI or FAX address is the rest of it (Q96001 [26]); else column 1 is wrong.
        address = head.entry.address if head.entry else None
        if address and address.type in {"MCI", "FAX"}:
            self.line_fault(26, "the address goes on in another line", place)
        else:
            self.line_fault(12, "neither data nor a new transaction", place)
        return OtherLine(content, end)

    def read_template_line(self, place: _Place, indent: str) -> TemplateLine:
        start = len(indent) + 1
        spacing = " " if place.content.startswith(" ", start) else ""
        match = _PROMPT.match(place.content, start + len(spacing))
        stop = match.end() if match else start
        prompt = place.content[start + len(spacing) : stop].replace("//", "/")
        value: str | None = place.content[stop + 1 :]
        if stop == len(place.content):
            self.line_fault(22, "no single slash", place)
            value = None
        return TemplateLine(prompt, value, spacing, indent, place.end)

    def read_field(self, place: _Place) -> Line:
        content = place.content
        if content[0] != " ":
            self.line_fault(12, "no blank in front of a template field", place)
        indent = " " if content[0] == " " else ""
        parts: list[str | None] = [*content[len(indent) :].split("~")]
        if len(parts) == 5:
            parts.append(None)
        if len(parts) != 6:
            self.line_fault(21, f"a template field of {len(parts)} parts", place)
            return OtherLine(content, place.end)
        prompt, start, width, edit, data = (part or "" for part in parts[:5])
        field = TemplateField(prompt, start, width, edit, data, internal=parts[5], indent=indent, end=place.end)
        if not (start.isdecimal() and width.isdecimal() and edit and TEMPLATE_EDITS.issuperset(edit.upper())):
            self.line_fault(21, "start, width or edit rule of a template field", place)
        elif parts[5] is None:
            self.line_fault(21, "a template field of 5 parts", place)
        return field

    def read_local_user(self, place: _Place) -> LocalUserLine:
        token, equals, value = place.content[1:].partition("=")
        if not equals:
            self.line_fault(88, "no equals sign", place)
        elif not token.strip():
            # The list of valid tokens is in no source; that a token has a name is.
            self.line_fault(84, "no name", place)
        return LocalUserLine(token, value if equals else None, place.end)

    # The whole

    def check_end(self, place: _Place) -> None:
        # Exchange 4.0 puts an extra carriage return at the end of a transaction (Q159294); no message is documented.
        empty = place.end.count("\n") > 1
        what = "an empty line below a line" if empty else "an extra carriage return at the end of a line"
        self.line_fault(None, what, place)

    def check_lines(self, transaction: Transaction, places: list[_Place]) -> None:
        """Judge what only shows in all lines together; each such fault is given once."""
        first = places[0]
        if transaction.code == "T" and all(isinstance(line, CommentLine) for line in transaction.lines):
            self.fault(None, "a template without fields", first.start, first.stop)
        kind = transaction.address.type if transaction.address else ""
        rows = list(zip(transaction.lines, places[1:], strict=True))
        data = [place for line, place in rows if isinstance(line, TemplateLine | TemplateField)]
        if data and kind in FLAT_TYPES:
            self.fault(24, f"template information for {kind}", data[0].start, data[-1].stop)
        local = [place for line, place in rows if isinstance(line, LocalUserLine)]
        if local:
            # Such lines are for the import of local users; no Dir-Sync transaction has them (Q96003 [82]).
            self.fault(82, f"{_quote(local[0].content)} in a transaction", local[0].start, local[-1].stop)

    def fault(self, number: int | None, found: str, start: int, stop: int) -> None:
        message = found if number is None else f"{MESSAGES[number]}: {found}"
        self.faults.append(TextFault(number, message, start, stop))

    def line_fault(self, number: int | None, what: str, place: _Place) -> None:
        """Note a fault of a line below the first; of those with one number the first are told, the others counted."""
        tally = self.tallies.setdefault(number, _Tally())
        tally.count += 1
        tally.stop = place.stop
        if tally.count <= _TOLD:
            self.fault(number, f"{what}: {_quote(place.content)}", place.start, place.stop)
        elif tally.count == _TOLD + 1:
            tally.start = place.start

    def tell_tallies(self) -> None:
        for number, tally in self.tallies.items():
            if tally.count > _TOLD:
                self.fault(number, f"{tally.count - _TOLD} more of this kind", tally.start, tally.stop)


def _places(text: str) -> list[_Place]:
    """Split a text into its lines; empty lines become part of the line end above them."""
    places: list[_Place] = []
    content, ends, start, position = "", [""], 0, 0
    for index, (line, end) in enumerate(split_lines(text)):
        if line and index:
            places.append(_Place(content, "".join(ends), start))
        if line or not index:
            content, ends, start = line, [end], position
        else:
            ends.append(end)
        position += len(line) + len(end)
    places.append(_Place(content, "".join(ends), start))
    return places


def _find_address(line: str, start: int) -> int | None:
    """Return where the address starts, None when there is none; the line's length when only a TAB was found.

    The two forms of the grammar come first, then what can be made of lines whose TAB was lost, as in many articles.
    """
    in_columns = _in_columns(line, start)
    if in_columns and _KNOWN.match(line, _ADDRESS_COLUMN):
        return _ADDRESS_COLUMN
    tab = line.find(TAB, start)
    if tab >= 0:
        blanks = _BLANKS.match(line, tab)
        return blanks.end() if blanks else tab
    if _KNOWN.match(line, start):
        return start
    if match := _KNOWN_AFTER_BLANK.search(line, start):
        return match.end()
    if match := _KNOWN_GLUED.search(line, start):
        return match.start()
    if in_columns and line[_ADDRESS_COLUMN : _ADDRESS_COLUMN + 1].strip():
        return _ADDRESS_COLUMN  # an address of no known type, or without one (Q140944)
    match = _ANY_AFTER_BLANK.search(line, start)
    return match.end() if match else None


def _in_columns(line: str, start: int) -> bool:
    """Whether the alias from ``start`` may end in column 32, with a blank in column 33."""
    return start <= _GAP_COLUMN < len(line) and line[_GAP_COLUMN] == " " and TAB not in line[start:_ADDRESS_COLUMN]


def _is_bare_field(line: str) -> bool:
    return line.count("~") >= 4


def _entry_text(entry: Entry) -> str:
    return f"{entry.alias}{entry.gap}{entry.address or ''}"


def _line_text(line: Line) -> str:
    match line:
        case TemplateLine():
            value = "" if line.value is None else f"/{line.value}"
            return f"{line.indent}-{line.spacing}{line.prompt.replace('/', '//')}{value}{line.end}"
        case EntryLine():
            return f"{line.indent}{_entry_text(line.entry)}{line.end}"
        case TemplateField():
            parts = (line.prompt, line.start, line.width, line.edit, line.data, line.internal)
            return line.indent + "~".join(part for part in parts if part is not None) + line.end
        case LocalUserLine():
            return f"&{line.token}{'' if line.value is None else f'={line.value}'}{line.end}"
        case CommentLine():
            return f"#{line.text}{line.end}"
        case OtherLine():
            return line.text + line.end


def _excess(text: str, limit: int) -> str:
    return f"{len(text)} characters, {limit} are allowed"


def _quote(text: str) -> str:
    """Return a text as evidence in a message: control characters escaped, the middle of a long one left out."""
    return repr(text if len(text) <= 60 else f"{text[:40]}...{text[-12:]}")
