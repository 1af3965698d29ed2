"""Texts about directories and mail that are known and not read: what each is, and which form to give instead.

A file that nobody understands must not pass for one in which nothing is wrong. Each row tells one kind by lines that no
other text has; ``named`` is asked by ``inspect`` and ``diagnose`` alike before they give a file up, and before its name
alone makes it something.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from glbtools.formats.signatures import HEAD, foreign, packed


class TextKind(NamedTuple):
    """A kind of text.

    Attributes:
        what: it is, as the end of a sentence.
        instead: which form to give, and how to get it; empty where there is none.
    """

    what: str
    instead: str

    def __str__(self) -> str:
        return f"{self.what}, which is not read" + (f"; {self.instead}" if self.instead else "")


class _Kind(NamedTuple):
    """How a kind of text is told: all of its patterns are found in it, and none of what it lacks."""

    unread: TextKind
    patterns: tuple[re.Pattern[str], ...]
    words: tuple[str, ...]
    lacks: re.Pattern[str] | None = None

    def fits(self, text: str, lowered: str) -> bool:
        """Whether a text is of this kind; one without any of the words, in lower case, is not, as is seen at once."""
        if self.words and not any(each in lowered for each in self.words):
            return False
        found = all(each.match(text) if each.pattern.startswith(r"\A") else each.search(text) for each in self.patterns)
        return found and not (self.lacks is not None and self.lacks.search(text))


_HEAD = 1 << 16
_LEAST_PACKED = 32
_LINKS = "give the links as CSV: repadmin /showrepl * /csv > links.csv"
_OF_SAMBA = "repadmin on a Windows machine gives the links in the form that is read: repadmin /showrepl * /csv"
_LDIF = "give LDIF: ldapsearch or ldbsearch with '*' uSNChanged uSNCreated, or ldifde -f dump.ldf"


def _kind(what: str, instead: str, *patterns: str, words: tuple[str, ...] = (), lacks: str = "") -> _Kind:
    compiled = tuple(
        re.compile(each, re.MULTILINE | re.IGNORECASE) for each in (*patterns, *([lacks] if lacks else []))
    )
    return _Kind(TextKind(what, instead), compiled[: len(patterns)], words, lacks=compiled[-1] if lacks else None)


_ATTRIBUTE = r"^[ \t]*(?:objectClass|objectGUID|uSNChanged|whenChanged)[ \t]*:"


_POWERSHELL = "what PowerShell's {} prints"
_VECTORS = "give the vector as repadmin prints it: repadmin /showutdvec SERVER DC=example,DC=com /nocache"
_KINDS = (
    _kind(
        "a text quoted in mail, with '>' before each line",
        "give the file itself, or take the '>' away: sed 's/^>* \\?//'",
        r"^>(?:[> ]*+(?:\"?showrepl_COLUMNS|=+ (?:IN|OUT)BOUND|dn::? |\"?DN\"?,|Obj-Class,)|.* @ USN +[0-9]+ @ )",
        words=("\n>",),
    ),
    _kind(
        "a list of replication links that was saved again, without its first column or with another separator",
        "give it as repadmin has written it: repadmin /showrepl * /csv > links.csv",
        r"\A(?:\ufeff)?(?:#TYPE [^\r\n]*\r?\n)?\"?(?:showrepl_COLUMNS\"?[;\t]|Destination DSA(?: Site)?\"?[,;\t])",
    ),
    _kind(
        "a table of objects that PowerShell's Export-Csv writes", _LDIF,
        r"\A(?:\ufeff)?(?:#TYPE [^\r\n]*\r?\n)?[^\r\n]*\bDistinguishedName\b",
        r"\A(?:\ufeff)?(?:#TYPE [^\r\n]*\r?\n)?[^\r\n]*[,;\t\"]Object(?:GUID|Class)\b[^:\r\n]*\r?$",
    ),
    _kind(
        "LDIF whose lines begin with blanks, as mail and web pages show it",
        "give the file itself, or take the blanks away",
        r"^[ \t]+dn::?[^\r\n]*=", r"^[ \t]+uSNChanged:", lacks=r"^dn:",
        words=("usnchanged:",),
    ),
    # repadmin speaks the language of the machine; what is read of it is English.
    _kind(
        "what repadmin /showrepl prints in another language than English", _LINKS,
        r"^[ \t]*=+ (?!(?:IN|OUT)BOUND|KCC)[^\r\n=]+ =+[ \t]*\r?$", r" \S+ RPC[ \t]*\r?$",
        words=(" rpc",),
    ),
    _kind(
        "what repadmin /showutdvec prints in another language than English",
        "run it on a machine whose language is English, or give a list of cursors (JSON)",
        r" @ USN +[0-9]+ @ (?!Time )\w+ [0-9]",
        words=("@ usn",),
    ),
    _kind(
        _POWERSHELL.format("Get-ADRootDSE or Get-ADDomainController"),
        "it is read beside a dump, as NAME.rootdse.txt: it says whose dump NAME is",
        r"^(?:highestCommittedUSN|InvocationId)[ \t]+:", r"^(?:dnsHostName|HostName)[ \t]+:", lacks=r"^dn:",
        words=("highestcommittedusn", "invocationid"),
    ),
    _kind(
        _POWERSHELL.format("Get-ADReplicationUpToDatenessVectorTable"), _VECTORS,
        r"^(?:UsnFilter[ \t]*:|.*\bPartnerInvocationId\b.*\bUsnFilter\b|.*\bUsnFilter[ \t]*\r?$)",
        words=("usnfilter",),
    ),
    _kind(
        _POWERSHELL.format("Get-ADReplicationPartnerMetadata or Get-ADReplicationFailure"), _LINKS,
        r"^(?:ConsecutiveReplicationFailures|LastReplicationAttempt|FirstFailureTime|FailureCount)[ \t]*:",
        r"^(?:Partner|Server|Partition)[ \t]*:",
        words=("consecutivereplicationfailures", "lastreplicationattempt", "firstfailuretime", "failurecount"),
    ),
    _kind(
        "what samba-tool drs showrepl --summary prints, which names only some links",
        "give all of them: samba-tool drs showrepl > links.txt",
        r"^(?:\x1b\[[0-9;]*m)?(?:There are failing connections|\[ALL GOOD\])",
        words=("failing connections", "[all good]"),
    ),
    # Links of replication. repadmin underlines a heading to the end of the line, samba-tool does not.
    _kind(
        "what samba-tool drs showrepl prints",
        _OF_SAMBA,
        r"^[ \t]*={4} (?:IN|OUT)BOUND NEIGHBORS ={4}[ \t]*\r?$",
        words=("neighbors",),
    ),
    _kind("what repadmin /showrepl prints for people", _LINKS, r"^[ \t]*=+ (?:IN|OUT)BOUND NEIGHBORS =+",
          words=("neighbors",)),
    _kind(
        "what repadmin /showrepl prints for people", _LINKS,
        r"^[ \t]*DSA (?:Options|object ?GUID|invocationID):", r"^[ \t]*DSA object ?GUID:",
        words=("dsa",),
    ),
    _kind(
        "what repadmin /showrepl prints for people", _LINKS,
        r"^[ \t]*Last (?:attempt|success) @ ", r" via RPC[ \t]*\r?$",
        words=("via rpc",),
    ),
    _kind(
        "what repadmin /replsummary prints", _LINKS,
        r"^[ \t]*(?:Replication Summary Start Time:|(?:Source|Destination) DSA[ \t]+largest delta)",
        words=("replication summary", "dsa"),
    ),
    _kind(
        "a report of repadmin of another kind",
        "what is read of it: repadmin /showutdvec and repadmin /showrepl * /csv",
        r"^repadmin: running command ", lacks=r" @ USN +[0-9]+ @ Time |^\"?showrepl_COLUMNS",
        words=("repadmin: running",),
    ),
    _kind(
        "what dcdiag prints", _LINKS,
        r"^[ \t]*(?:Directory Server|Domain Controller) Diagnosis", r"^[ \t]*Testing server: ",
        words=("testing server:",),
    ),
    # Objects in forms of other tools.
    _kind("what AdFind prints", _LDIF, r"^[ \t]*AdFind V[0-9]", r"^[ \t]*(?:Using server|dn): ?",
          words=("adfind",)),
    _kind(
        "what ldp.exe prints", _LDIF,
        r"^[ \t>]*(?:Expanding base '|\*{3}Searching\.\.\.)", r"^[ \t]*Getting [0-9]+ entr",
        words=("expanding base", "***searching"),
    ),
    _kind("DSML (XML)", _LDIF, r"\A[ \t\r\n]*<", r"<(?:dsml|\w+:dsml|batchResponse)\b"),
    _kind(
        "a list of objects without lines that begin with dn:, as LDAP tools for people print them", _LDIF,
        r"^[ \t]*distinguishedName[ \t]*:", _ATTRIBUTE, lacks=r"^dn:",
        words=("distinguishedname",),
    ),
    _kind(
        "LDIF behind other text", "remove what stands before its first object", r"^dn::?[^\r\n]*=", _ATTRIBUTE,
        words=("dn:",),
    ),
    _kind(
        "an export of csvde that a spreadsheet has saved again", "give the file as csvde has written it",
        r'\A(?:\ufeff)?"?DN"?[;\t](?:[^\r\n]*[;\t])?"?(?:objectClass|distinguishedName|uSNChanged|objectGUID|sAMAccountName)"?[;\t\r\n]',
    ),
    # Of Exchange and the gateways of Microsoft Mail.
    _kind(
        "raw properties of one object, as Exchange Administrator saves them (Admindmp.txt)",
        "give a directory export (CSV) with USN-Changed, or a raw export of the whole container",
        r"^(?:Obj-Dist-Name|Directory Name|Object-Class|USN-Changed|When-Changed):[ \t]+(?:'|values:)",
        r"^(?:Instance-Type|USN-Created|Object-Version|DSA-Signature|Obj-Dist-Name):[ \t]+(?:'|values:)",
        words=("obj-dist-name", "directory name", "object-class", "usn-changed", "when-changed"),
    ),
    _kind(
        "a log of message tracking of Exchange", "", r"\A(?:# *)?(?:Message Tracking Log File|Date\tTime\tclient-ip\t)",
    ),
    _kind(
        "a log of a mail or web service of Windows (SMTP, IIS)",
        "Dir-Sync's own logs are DSSERVER.LOG, CENTRAL.LOG, DIRSYNC.LOG and DISPATCH.LOG",
        r"\A#Software: ", r"^#Fields: ",
    ),
    _kind(
        "a log of a mail server (SMTP)",
        "Dir-Sync's own logs are DSSERVER.LOG, CENTRAL.LOG, DIRSYNC.LOG and DISPATCH.LOG",
        r"\A[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} \S+ (?:postfix/\w+|sendmail|sm-mta|exim|smtpd)\[[0-9]{1,10}\]: ",
    ),
    _kind(
        "a log of a mail gateway", "Dir-Sync's own logs are DSSERVER.LOG, CENTRAL.LOG, DIRSYNC.LOG and DISPATCH.LOG",
        r"\A(?:[^\r\n]*\r?\n){0,3}[0-9]{2}:[0-9]{2}:[0-9]{2} - ",
        r"^[0-9]{2}:[0-9]{2}:[0-9]{2} - .*(?:Mail Gateway to|SMTP|Local Post-Office|Local Domain|remote address)",
    ),
)  # fmt: skip


def signed(data: bytes, sound: bool = False) -> TextKind | None:
    """Return which file of another program a content is by its signature; None for any other.

    Args:
        data: the content.
        sound: whether more than a short signature is asked for, as of a file with a name of ours.
    """
    found = foreign(data[:64], sound)
    return TextKind(found.what, found.instead) if found else None


def compressed(data: bytes) -> TextKind | None:
    """Return which packed file a content is; None for any other."""
    found = packed(data[:HEAD]) if len(data) > _LEAST_PACKED else None
    return TextKind(found.what, found.instead) if found else None


def named(data: bytes) -> TextKind | None:
    """Return what a content is that is known and not read, a text or by its signature; None for any other."""
    if not data:
        return None
    if known := signed(data):
        return known
    if container := compressed(data):
        return container
    if len(data) > _LEAST_WIDE and (ends := _line_ends(data[:_HEAD])):
        return ends
    if not data.startswith(_WIDE) and (order := _wide_order(data)):
        return TextKind(
            "text in UTF-16 without the mark (FF FE) that tells it", f"convert it: iconv -f utf-16{order} -t utf-8"
        )
    return _of_text(data[:_HEAD])


@lru_cache(maxsize=64)
def _of_text(head: bytes) -> TextKind | None:
    """Return what a text is by its beginning; a file is asked about more than once."""
    text = _text(head)
    if "\0" in text:
        return None
    lowered = f"\n{text.lower()}"
    return next((kind.unread for kind in _KINDS if kind.fits(text, lowered)), None)


_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def _line_ends(head: bytes) -> TextKind | None:
    """Return what a text is whose lines end as those of nothing that is read; None for any other content."""
    lines = head.count(b"\n")
    if head.count(b"\r") < _LEAST_LINES or (lines and head.count(b"\r\r\n") < lines) or _CONTROL.search(head):
        return None
    if lines:
        return TextKind(
            "a text whose lines end in CR CR LF, as a transfer that added a CR leaves them",
            "convert it: tr -d '\\r' < FILE > NEW",
        )
    return TextKind(
        "a text whose lines end in CR alone, as an old Macintosh writes them",
        "convert it: tr '\\r' '\\n' < FILE > NEW",
    )


_LEAST_LINES = 2


_WIDE = (b"\xff\xfe", b"\xfe\xff")
_LEAST_WIDE, _MOST_WIDE = 32, 512


def _wide_order(data: bytes) -> str:
    """Return the order of bytes of plain text in UTF-16; empty for anything else."""
    head = data[: min(len(data), _MOST_WIDE) // 2 * 2]
    if len(head) < _LEAST_WIDE:
        return ""
    for high, low, order in ((head[1::2], head[::2], "le"), (head[::2], head[1::2], "be")):
        if high.count(0) > len(high) * 9 // 10 and all(each >= 32 or each in b"\t\r\n" for each in low):
            return order
    return ""


def _text(head: bytes) -> str:
    if head.startswith(_WIDE):
        return head.decode("utf-16", "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
