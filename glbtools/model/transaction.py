"""What a Dir-Sync transaction says, as values; how it is written is the business of ``formats.transaction``.

Every value keeps what was written (type in its own case, blanks, line ends), so that the text can be had back exactly.
Numbers in brackets are the vendor's message numbers (Q96001, Q96002, Q96003).
"""

from __future__ import annotations

from dataclasses import dataclass

VERBS = {"A": "add", "D": "delete", "M": "modify", "R": "replace", "T": "template", "#": "comment"}
"""Code in column 1 -> what it does. A, D, M, R, T: Q96001 [12]; ``#``: Q99419, Q110496."""

ENTRY_CODES = frozenset("ADM")
NODE_CODES = frozenset("RT")
"""Codes that are followed by an entry, and by the address of a node."""

HIERARCHICAL_TYPES = frozenset({"PCM", "SNADS", "PROFS", "OV", "CSI", "MS"})
"""Types whose address is network/postoffice/mailbox. PCM, SNADS, PROFS, OV: Q96001 [19]; CSI: Q106623, Q156730;
MS: Q151782. FFAPI, the gateway interface that CSI belongs to, is attested as a type nowhere."""

FLAT_TYPES = frozenset({"MSMAIL", "SMTP", "X400", "FAX", "MCI", "MHS", "3COM"})
"""Types whose address is one text and that take no template data: Q96001 [24]; 3COM: Q118321."""

ALIAS_LIMIT = 30
"""Characters of an alias: Q96003 [72]."""

ELEMENT_LIMIT = 10
"""Characters of a network, a postoffice and a mailbox each: Q96001 [20]."""

FAX_LIMITS = (30, 30, 30, 22)
"""Characters of a FAX recipient, location, company and phone number: Q96003 [74] to [77]."""

TEMPLATE_EDITS = frozenset("ULNPA")
"""Letters of a template field's edit rule: Q87432, Q96500."""

TAB = "\t"


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is: a mailbox, a postoffice (node) or a flat address.

    A part that is not written is None, one that is written empty is ``""``. Either ``network`` or ``value`` is given;
    parts are missing from the right only.

    Attributes:
        kind: the address type as written, such as ``PCM`` or ``profs``; empty when there is none.
        network: network or gateway name of a hierarchical address.
        postoffice: postoffice, node or DGN of a hierarchical address.
        mailbox: mailbox, group, user ID or DEN; None in the address of a node.
        value: all that follows the colon in a flat address.
        colon: the colon as written; empty when there is none.
    """

    kind: str
    network: str | None = None
    postoffice: str | None = None
    mailbox: str | None = None
    value: str | None = None
    colon: str = ":"

    @property
    def type(self) -> str:
        """The address type in upper case: samples write it in either case (Q118298, Q117260)."""
        return self.kind.upper()

    @property
    def postoffice_name(self) -> str | None:
        """Return ``NET/PO``, or None when a part is missing or the address is flat."""
        return f"{self.network}/{self.postoffice}" if self.network and self.postoffice else None

    @property
    def node(self) -> Address:
        """The address of the node this address belongs to, as an ``R`` transaction would name it."""
        if self.network is None:
            return Address(self.kind, value="", colon=self.colon)
        return Address(self.kind, self.network, self.postoffice, colon=self.colon)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of an X400 address as written, such as ``c=US``; empty for another type.

        They are separated by slashes when the address begins with one, by semicolons otherwise (Q156729); a separator
        in double quotes belongs to the value.
        """
        value = self.value or ""
        if self.type != "X400" or not value:
            return ()
        separator = "/" if value.startswith("/") else ";"
        attributes = [""]
        for number, piece in enumerate(value.split('"')):
            if number % 2:
                attributes[-1] += f'"{piece}"'
                continue
            first, *others = piece.split(separator)
            attributes[-1] += first
            attributes += others
        return tuple(each.strip() for each in attributes if each.strip())

    def __str__(self) -> str:
        if self.network is None:
            return f"{self.kind}{self.colon}{self.value or ''}"
        written = (part for part in (self.network, self.postoffice, self.mailbox) if part is not None)
        return f"{self.kind}{self.colon}{'/'.join(written)}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an address list: an alias and an address.

    Attributes:
        alias: the full name shown in the list.
        gap: exactly what stands between alias and address: a TAB, the blanks up to column 33, or something else.
        address: None when the line ends before it.
    """

    alias: str
    gap: str
    address: Address | None


@dataclass(frozen=True, slots=True)
class EntryLine:
    """The second line of a modification: the entry as it shall be (Q117259, Q118947)."""

    entry: Entry
    indent: str = "  "
    end: str = ""


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """Template data of one user: ``- prompt/value``; a slash in the prompt is written double (Q104281, Q118447).

    Attributes:
        prompt: the prompt with its colon, slashes single.
        value: the information; None when the slash in front of it is missing.
        spacing: between hyphen and prompt.
        indent: blanks before the hyphen, which belongs in column 1.
        end: the line end.
    """

    prompt: str
    value: str | None
    spacing: str = " "
    indent: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class TemplateField:
    """One field of a template, in the body of a ``T`` transaction (Q87432, Q104281).

    Attributes:
        prompt: the prompt with its colon.
        start: column where the input begins, digits as written.
        width: width of the input, digits as written.
        edit: letters that say what may be typed.
        data: the default.
        internal: the last part; None when the tilde in front of it is missing.
        indent: what stands in column 1, by rule one blank.
        end: the line end.
    """

    prompt: str
    start: str
    width: str
    edit: str
    data: str = ""
    internal: str | None = ""
    indent: str = " "
    end: str = ""


@dataclass(frozen=True, slots=True)
class LocalUserLine:
    """``&token=value``: profile of a local user, known to local-user import only (Q96003 [82] to [89]).

    ``value`` is None when the equals sign is missing.
    """

    token: str
    value: str | None
    end: str = ""


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A comment between the lines of a transaction; ``text`` is what follows the ``#``."""

    text: str
    end: str = ""


@dataclass(frozen=True, slots=True)
class OtherLine:
    """A line that fits no rule, kept as it is."""

    text: str
    end: str = ""


Line = EntryLine | TemplateLine | TemplateField | LocalUserLine | CommentLine | OtherLine


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction: a line with a code, and the lines that belong to it.

    Attributes:
        code: ``A``, ``D``, ``M``, ``R``, ``T`` or ``#``; empty for an entry that came without a code (Q118298).
        separator: what stands between the code and the rest, by rule one blank or TAB.
        entry: of ``A``, ``D`` and ``M`` (there the old entry).
        node: of ``R`` and ``T``; None when the line ends before it.
        comment: of ``#``: the text behind it.
        end: how the first line ends: empty, LF or CRLF; extra carriage returns and empty lines are part of it.
        lines: the lines that follow.
    """

    code: str
    separator: str = " "
    entry: Entry | None = None
    node: Address | None = None
    comment: str | None = None
    end: str = ""
    lines: tuple[Line, ...] = ()

    @property
    def verb(self) -> str:
        """What the code means, in one word; empty when there is no code."""
        return VERBS.get(self.code, "")

    @property
    def old_entry(self) -> Entry | None:
        """The entry as it was; None unless something is modified."""
        return self.entry if self.code == "M" else None

    @property
    def new_entry(self) -> Entry | None:
        """The entry as it shall be: the second line of ``M``, or its first when there is no second (Q159308)."""
        if self.code != "M":
            return None
        return next((line.entry for line in self.lines if isinstance(line, EntryLine)), self.entry)

    @property
    def alias(self) -> str | None:
        """The alias once the transaction is done (of ``D``: the one that goes); None where there is no entry."""
        entry = self.new_entry or self.entry
        return entry.alias if entry else None

    @property
    def address(self) -> Address | None:
        """The address that goes with ``alias``, or the node of ``R`` and ``T``."""
        entry = self.new_entry or self.entry
        return entry.address if entry else self.node

    @property
    def postoffice_name(self) -> str | None:
        """Return ``NET/PO`` of the address, where it has one."""
        return self.address.postoffice_name if self.address else None

    @property
    def template_data(self) -> tuple[TemplateLine, ...]:
        """The ``-`` lines."""
        return tuple(line for line in self.lines if isinstance(line, TemplateLine))

    @property
    def template_fields(self) -> tuple[TemplateField, ...]:
        """The fields that a ``T`` transaction defines."""
        return tuple(line for line in self.lines if isinstance(line, TemplateField))


def in_tab_form(alias: str, address: Address) -> Entry:
    """Return an entry as queue records hold it: alias, TAB, address (Q96060)."""
    return Entry(alias, TAB, address)


def in_columns(alias: str, address: Address) -> Entry:
    """Return an entry as Import extracts it: alias in columns 3 to 32, address from column 34 (Q132681).

    An alias longer than 30 characters is kept; one blank follows it.
    """
    return Entry(alias, " " * (max(ALIAS_LIMIT - len(alias), 0) + 1), address)


def add(entry: Entry, *lines: Line, end: str = "") -> Transaction:
    """Return the transaction that adds an entry."""
    return Transaction("A", entry=entry, end=end, lines=lines)


def delete(entry: Entry, *lines: Line, end: str = "") -> Transaction:
    """Return the transaction that deletes an entry."""
    return Transaction("D", entry=entry, end=end, lines=lines)


def modify(old: Entry, new: Entry, *lines: Line, end: str = "\r\n") -> Transaction:
    """Return the two-line modification; the one-line form makes Exchange lose the entry (Q151782, Q152424)."""
    return Transaction("M", entry=old, end=end, lines=(EntryLine(new, end=end if lines else ""), *lines))


def replace(node: Address, end: str = "") -> Transaction:
    """Return the transaction that begins an export: what follows replaces all that is known of the node (Q96060)."""
    return Transaction("R", node=node, end=end)


def comment(text: str, end: str = "") -> Transaction:
    """Return the transaction that changes nothing; ``text`` is what follows ``#``."""
    return Transaction("#", separator="", comment=text, end=end)


def meaning(transaction: Transaction) -> str:
    """Say in one sentence, without a final stop, what a transaction does.

    Text of the transaction is quoted as it is; who prints it makes it safe.
    """
    if transaction.code == "#":
        return f"comment: {(transaction.comment or '').strip()}"
    if transaction.code == "R":
        return f"replace every address of {_place(transaction.node)} by what follows"
    if transaction.code == "T":
        count = len(transaction.template_fields)
        return f"template of {_place(transaction.node)} with {count} {'field' if count == 1 else 'fields'}"
    if transaction.entry is None:
        return transaction.verb or "nothing"
    what = _entry(transaction.entry)
    if transaction.code == "M":
        new = transaction.new_entry
        if new is None or new is transaction.entry:
            what = f"the template data of {what}"
        elif (new.alias, new.address) == (transaction.entry.alias, transaction.entry.address):
            what += ", name and address unchanged"
        else:
            what += f" to {_entry(new)}"
    sentence = f"{transaction.verb} {what}" if transaction.verb else f"{what}, without a code"
    count = len(transaction.template_data)
    if count:
        sentence += f", with {count} {'line' if count == 1 else 'lines'} of template data"
    return sentence


def _entry(entry: Entry) -> str:
    alias = entry.alias or "an entry without alias"
    return f"{alias} at {entry.address}" if entry.address else f"{alias} without an address"


def _place(address: Address | None) -> str:
    return str(address) if address else "nothing"
