"""What ldapsearch and ldbsearch print around the objects of an LDIF dump: lines of the search, not of the directory.

Each kind of line is what OpenLDAP's ldapsearch(1) 2.0 to 2.6 or ldbsearch writes with one option or another: ``-L`` to
``-LLL`` leave some out and make comments of others, pages end one by one, texts of a server run over lines, and what is
written to standard error may stand in the same file. Nothing here is damage; two things matter: an ending other than
success, and a last page that says that more follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

ENDING, PAGES, ENTRIES = "ending", "pages", "entries"


class Statement(NamedTuple):
    """One thing that a search says of itself.

    Attributes:
        name: ``ending``, other than success; ``pages``, said at the end of each page; ``entries``, a count.
        value: number and text of the ending; the cookie that asks for the next page, empty when there is none; a
            number.
    """

    name: str
    value: str


class Preamble(NamedTuple):
    """What the lines before an object, or between two, are.

    Attributes:
        told: what they say of the search.
        strange: one of them is none of a search, and behind no comment.
        is_behind: there is text behind a comment: before an object the rest of that comment, broken over lines.
        is_odd: such text is not what is left of a name with a line break in it.
        is_heading: they are what LDIF or a search begins or ends with, not comments alone.
    """

    told: tuple[Statement, ...] = ()
    strange: bool = False
    is_behind: bool = False
    is_odd: bool = False
    is_heading: bool = False


_OF_SEARCH = frozenset(
    (b"search", b"result", b"matched", b"matcheddn", b"text", b"ref", b"control", b"pagedresults", b"sortresult",
     b"vlvresult", b"extended", b"partial", b"data", b"authzid", b"ppolicy")
)  # fmt: skip
"""Names of lines that ldapsearch prints where LDIF has a record."""

_FREE_TEXT = b"text"
"""What a server says: it may run over lines without being folded."""

_VERSION = re.compile(rb"version:[ \t]*[0-9]{1,3}[ \t]*", re.IGNORECASE)
_RESULT = re.compile(rb"(-?[0-9]{1,9})[ \t]*(.*)")
_PAGES = re.compile(rb"(?:#[ \t]*)?pagedresults::?[ \t:]*(?:estimate=[0-9]+[ \t]*)?cookie=[ \t]*(.*)", re.IGNORECASE)
_ENTRIES = re.compile(rb"#[ \t]*(?:numEntries:[ \t]*([0-9]{1,18})|([0-9]{1,18}) entries)[ \t]*")
_HEADING = re.compile(
    rb"#[ \t]*(?:extended LDIF|LDAPv[23]|search re(?:sult|ference)|numResponses:|returned [0-9]+ records)"
)
_LONGEST, _MOST = 200, 20

_FAILED = re.compile(rb"(?:ldap_[a-z_]+(?:\([A-Z]+\))?: )?([A-Za-z][\w ,.'/()-]*?) \((-?[0-9]{1,9})\)[ \t]*")
"""How OpenLDAP's tools write a result on standard error: ``Size limit exceeded (4)``."""

_STOPPED = re.compile(rb"(?:search (?:error|failed) - |got interrupt, )(.*)")
"""How ldbsearch does, and how an interrupted ldapsearch ends."""

_SAID = re.compile(
    rb"(?:Matched DN|Additional information|Referral): .*|[ \t]+(?:matched DN|additional info|referrals?|ref [0-9]+):.*"
    rb"|\t'.*'|Press \[.*\] Enter for the next .*|Estimate entries: [0-9]+"
)
"""What goes with it, and what a tool asks between two pages."""

_BEFORE = re.compile(
    rb"SASL[ /].*|Enter LDAP Password:.*|ldap_initialize\( .*|filter(?: pattern)?: .*|requesting: .*|SyncInfo Received"
    rb"|Cancelled ?|cancel_msgid = [0-9-]+"
)
"""What is said before the first object; some of it looks like an attribute."""

_BROKEN_NAME = re.compile(rb"(?:DEL|CNF):[0-9A-Fa-f-]{36}(?:,.*)?")
"""The rest of a readable name behind its line break: of a tombstone, or of an object renamed in a conflict."""


def read(text: bytes, *, whole: bool = True) -> Preamble:
    """Return what unfolded lines are that come before an object, or stand where there is none.

    ``whole``: read on behind the first line that is strange, which tells by itself that this is no such text.
    """
    told: list[Statement] = []
    commented = free = False
    found = Preamble()
    for line in text.split(b"\n"):
        if found.strange and not whole:
            break
        line = line.rstrip(b"\r")  # noqa: PLW2901
        name = line.partition(b":")[0].lower()
        if not line.strip():
            commented = free = False
        elif line.startswith(b"#"):
            commented, free = True, False
            told += _of_comment(line)
            found = found._replace(is_heading=found.is_heading or _HEADING.match(line) is not None)
        elif name in _OF_SEARCH and b":" in line:
            free = name == _FREE_TEXT
            told += _of_line(name, line)
            found = found._replace(is_heading=True)
        elif (said := message(line)) is not None:
            told += said
            found = found._replace(is_heading=True)
        elif _VERSION.fullmatch(line):
            found = found._replace(is_heading=True)
        elif free or _BEFORE.fullmatch(line):
            pass
        elif commented:
            odd = not _BROKEN_NAME.fullmatch(line)
            found = found._replace(is_behind=True, is_odd=found.is_odd or odd)
        else:
            found = found._replace(strange=True)
    return found._replace(told=bounded(told))


def bounded(told: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return what a record tells, each thing once and no more than anybody reads; the last counts."""
    return tuple(reversed(dict.fromkeys(reversed(list(told)))))[-_MOST:]


def message(line: bytes) -> tuple[Statement, ...] | None:
    """Return what a line of a tool's own words tells; None for any other line."""
    if failed := _FAILED.fullmatch(line):
        return (_ending(failed[2], failed[1]),) if int(failed[2]) else ()
    if stopped := _STOPPED.fullmatch(line):
        return (Statement(ENDING, _text(stopped[1])),)
    return () if _SAID.fullmatch(line) else None


def _of_comment(line: bytes) -> list[Statement]:
    if counted := _ENTRIES.fullmatch(line):
        return [Statement(ENTRIES, _text(counted[1] or counted[2]))]
    return _pages(line)


def _of_line(name: bytes, line: bytes) -> list[Statement]:
    if name == b"result" and (result := _RESULT.fullmatch(line.partition(b":")[2].strip())):
        return [_ending(result[1], result[2])] if int(result[1]) else []
    return _pages(line) if name == b"pagedresults" else []


def _pages(line: bytes) -> list[Statement]:
    found = _PAGES.fullmatch(line)
    return [Statement(PAGES, _text(found[1].strip()))] if found else []


def _ending(code: bytes, text: bytes) -> Statement:
    return Statement(ENDING, f"{int(code)} {_text(text)}".strip())


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")[:_LONGEST]
