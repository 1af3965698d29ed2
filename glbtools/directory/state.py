"""What an export remembers: whose numbers, of which scope, and up to which number everything was exported.

One file for each server and scope: a number means nothing on another server, and little in another container
(docs/facts/directories.md#edge-cases, 8 and 9).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from glbtools import files
from glbtools.brief import brief
from glbtools.model.directory import Entry
from glbtools.tables import Setting, open_json

SCHEMA = "glbtools.export-state/1"
HIGHEST = (1 << 64) - 1
_DIGEST_SIZE = 12
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Witness(NamedTuple):
    """An object whose number is remembered.

    Attributes:
        key: of the object.
        changed: its number.
        when: when it was written, as ISO 8601; None where that is not known.
    """

    key: str
    changed: int
    when: str | None = None


def shown_name(key: str, dn: str | None) -> str:
    """Return the name of an object with its key beside it, where that is another."""
    return key if dn is None or dn.lower() == key else f"{dn} ({key})"


class State(NamedTuple):
    """What was exported last.

    Attributes:
        server: whose numbers they are; None while nobody has said.
        epoch: which life of its numbering.
        scope: base point and container.
        exported: everything up to this number has been exported; 0 for nothing yet.
        exported_at: when, UTC.
        imported: numbers of changes that came in from elsewhere and are not sent back; emptied by each export.
        significant: names in lower case of the attributes whose changes matter, if not all do.
        digests: by key of an object the digest of these attributes as the receiver was sent them last: in the state
            itself, so that they are written with its number or not at all. It grows with the directory, by about a
            hundred bytes for each object.
        witnesses: the objects with the highest numbers up to ``exported``, and when they were written: what tells that
            a server was restored, also after it has passed its old number. None of them may have a lower number later.
        names: by key the names under which the receiver has what was exported: for deletions and renamings. It grows
            with the directory. Empty also where an older program has written the state.
        attributes: by key which of ``sets`` are the attributes that it has there: to say which were emptied since.
        sets: the different sets of names of attributes, in lower case.
        head: highest number that the server had issued then, by its own word: it never falls within one life, though
            what is exported may be far below it.
    """

    server: str | None = None
    epoch: str | None = None
    scope: str = ""
    exported: int = 0
    exported_at: datetime | None = None
    imported: tuple[int, ...] = ()
    significant: tuple[str, ...] = ()
    digests: Mapping[str, str] = _NOTHING
    witnesses: tuple[Witness, ...] = ()
    names: Mapping[str, str] = _NOTHING
    attributes: Mapping[str, int] = MappingProxyType({})
    sets: tuple[tuple[str, ...], ...] = ()
    head: int | None = None

    def __repr__(self) -> str:
        return brief("State", f"{self.server}, exported up to {self.exported}")


LOCK = f"{files.UNFINISHED}export.lock"
"""Lies beside the states while an export works with one of them; never taken for evidence."""


@contextmanager
def held(path: str | Path) -> Iterator[None]:
    """Let one export at a time work with the states of a directory, from reading one until it is written.

    Of two at once the later one waits: it would else write over the output of the first, or count as exported what is
    only in the other's. The system lets go of the lock when a process dies. Where none can be made nothing is held.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(files.alone(Path(path).parent / LOCK, wait=True))
        yield


def load(path: str | Path) -> State:
    """Return a state; that of a first export where there is no such file.

    Raises:
        DescriptionError: it is no such file; names line and key.
        FileAccessError: it cannot be read.
    """
    place = Path(path)
    if not place.exists():
        return State()
    return parse(files.read(place), str(path))


def parse(data: bytes, path: str) -> State:
    """Return a state; ``path`` names the content.

    Raises:
        DescriptionError: it is none; names line and key.
    """
    row = open_json(data, path)
    if not isinstance(row.value, dict) or row["schema"].value != SCHEMA:
        row["schema"].fail(f"must be {SCHEMA}")
    sets = tuple(each.texts() for each in row["sets"].items())
    return State(
        row["server"].optional(Setting.text),
        row["epoch"].optional(Setting.text),
        scope=row["scope"].text(""),
        exported=row["exported"].integer(0, HIGHEST),
        exported_at=_moment(row["exported_at"]),
        imported=tuple(each.integer(0, HIGHEST) for each in row["imported"].items()),
        significant=row["significant"].texts(),
        digests={each.name: each.text() for each in row["digests"].entries()},
        witnesses=tuple(map(_witness, row["witnesses"].items())),
        names={each.name: each.text() for each in row["names"].entries()},
        attributes={each.name: each.integer(0, len(sets) - 1) for each in row["attributes"].entries()},
        sets=sets,
        head=row["head"].optional(_number),
    )


def _number(given: Setting) -> int:
    return given.integer(0, HIGHEST)


def _moment(given: Setting) -> datetime | None:
    if given.value in (None, ""):
        return None
    moment = given.moment()
    try:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        given.fail(f"{moment} is not a date of these centuries")


def _witness(given: Setting) -> Witness:
    if len(given.items()) != 3:
        given.fail("must be key, number, and date or null")
    return Witness(given[0].text(), given[1].integer(0, HIGHEST), given[2].optional(Setting.text))


def save(path: str | Path, state: State) -> None:
    """Write a state whole or not at all; only after what it speaks of is complete.

    Raises:
        FileAccessError: it cannot be written.
    """
    row = state._asdict() | {
        "schema": SCHEMA,
        "exported_at": moment_text(state.exported_at),
        "imported": list(state.imported),
        "significant": list(state.significant),
        "digests": dict(sorted(state.digests.items())),
        "names": dict(sorted(state.names.items())),
        "attributes": dict(sorted(state.attributes.items())),
        "witnesses": [list(each) for each in state.witnesses],
    }
    if not state.significant:
        del row["significant"], row["digests"]
    # What tells the file stands at its beginning: behind the names of a large directory nobody would look for it.
    row = {"schema": row.pop("schema")} | dict(sorted(row.items()))
    text = json.dumps(row, indent=1, ensure_ascii=True) + "\n"
    files.write(Path(path), text.encode("ascii"), force=True)


def digest(entry: Entry, significant: Collection[str]) -> str:
    """Return a digest of the name of an object and of some attributes, given in lower case: equal if these are."""
    held = sorted((name.lower(), values) for name, values in entry.values if name.lower() in significant)
    return hashlib.blake2b(json.dumps([entry.dn, held]).encode("ascii"), digest_size=_DIGEST_SIZE).hexdigest()


def moment_text(moment: datetime | None) -> str | None:
    """Return a date and time as JSON has it."""
    return moment.isoformat() if moment else None
