"""A directory of postoffices in memory: files read and written as bytes, through ``formats``.

What changes files works here, and nothing on the real disk is touched before its result is whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Self

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.binary.records import Record
from glbtools.formats import config
from glbtools.formats import queue as queues
from glbtools.formats.queue import Queue
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.model.configuration import ReqConf


class Disk:
    """Files by path; names know no case, and keep the one they were given."""

    def __init__(self, contents: dict[str, bytes] | None = None) -> None:
        self._spelled: dict[str, str] = {}
        self._contents: dict[str, bytes] = {}
        for path, data in (contents or {}).items():
            self.write(path, data)

    @classmethod
    def load(cls, root: Path, max_size: int = files.DEFAULT_MAX_SIZE) -> Self:
        """Return the files below a directory, however deep; links are not followed, and nothing unfinished is taken.

        Raises:
            FileAccessError: a file cannot be read, or a directory not listed.
        """
        found: dict[str, bytes] = {}
        waiting = [root]
        while waiting:
            place = waiting.pop()
            try:
                with os.scandir(place) as listed:
                    entries = [each for each in listed if not (each.is_symlink() or files.is_leftover(each.name))]
            except OSError as error:
                raise files.access_error(place, error) from None
            waiting += [place / each.name for each in entries if each.is_dir()]
            for each in entries:
                if each.is_file():
                    path = place / each.name
                    found[path.relative_to(root).as_posix()] = files.read(path, max_size)
        return cls(dict(sorted(found.items())))

    def read(self, path: str) -> bytes | None:
        """Return the content of a file; None when there is none."""
        return self._contents.get(path.upper())

    def write(self, path: str, data: bytes) -> None:
        """Write a file."""
        key = path.upper()
        self._spelled.setdefault(key, path)
        self._contents[key] = data

    def append(self, path: str, data: bytes) -> None:
        """Write behind what a file holds."""
        key = path.upper()
        before = self._contents.get(key)
        if before is None:
            self.write(path, data)
        else:
            self._contents[key] = before + data

    def delete(self, path: str) -> None:
        """Remove a file, if it is there."""
        self._contents.pop(path.upper(), None)
        self._spelled.pop(path.upper(), None)

    def below(self, prefix: str) -> dict[str, bytes]:
        """Return the files whose path begins so, by path."""
        start = prefix.upper()
        return {self._spelled[key]: data for key, data in sorted(self._contents.items()) if key.startswith(start)}

    def everything(self) -> dict[str, bytes]:
        """Return all files by path."""
        return self.below("")


class Office:
    """One postoffice on a disk: its files, read and written as what they are."""

    def __init__(self, name: str, path: str, disk: Disk, layouts: Layouts) -> None:
        self.name, self.path, self.disk, self.layouts = name, path, disk, layouts
        self._dated = layouts["queue"].with_role("stamp")
        self._queues: dict[str, tuple[bytes, Queue]] = {}
        """Name -> the bytes of a queue when it was last asked for, and what they hold."""
        self._reqconf: tuple[bytes, config.ReqConfFile] | None = None
        self._srvconf: tuple[bytes, config.SrvConfFile] | None = None
        """The same of the configurations, which are asked far more often than they change."""

    def place(self, file: str) -> str:
        """Return the path of a file such as ``GLB/REQTRANS.GLB``."""
        return file if self.path == "." else f"{self.path}/{file}"

    def read(self, file: str) -> bytes | None:
        """Return a file of the postoffice; None when it is absent."""
        return self.disk.read(self.place(file))

    def write(self, file: str, data: bytes) -> None:
        """Write a file of the postoffice."""
        self.disk.write(self.place(file), data)

    def delete(self, file: str) -> None:
        """Remove a file of the postoffice."""
        self.disk.delete(self.place(file))

    # --- queues --------------------------------------------------------------------------------------------------

    def queue(self, name: str) -> Queue | None:
        """Return a queue; None when its file is absent."""
        data = self.disk.read(self.place(f"GLB/{name}.GLB"))
        if data is None:
            return None
        kept = self._queues.get(name)
        if kept is None or kept[0] is not data:
            kept = self._queues[name] = data, _parsed(data, self.layouts["queue"])
        return kept[1]

    def records(self, name: str) -> list[Record]:
        """Return the changes in a queue, none for an absent one."""
        queue = self.queue(name)
        return queue.changes if queue else []

    def last(self, name: str) -> int | None:
        """Return the last number in a queue, a dummy's included; None for an empty one."""
        queue = self.queue(name)
        return max((each.sync for each in queue.records), default=None) if queue else None

    def put(self, name: str, entries: Iterable[Change]) -> None:
        """Write a queue anew."""
        self.write(f"GLB/{name}.GLB", _built(tuple(entries), self.layouts["queue"]))

    def append(self, name: str, entries: Iterable[Change]) -> None:
        """Write behind what a queue holds."""
        held = self.queue(name)
        if held is None or not held.size:
            self.put(name, entries)
        else:
            self.disk.append(self.place(f"GLB/{name}.GLB"), queues.added(entries, held))

    def again(self, record: Record) -> Change:
        """Return what writes a record again as it was; its checksum too, if that was wrong."""
        return Change(record.sync, record.text, record=record)

    def moment(self, record: Record) -> datetime | None:
        """Return the date stamp of a record."""
        return None if record.stamp is None or self._dated is None else self._dated.moment(record.stamp)

    # --- configuration -------------------------------------------------------------------------------------------

    def reqconf(self, *, short: bool = False) -> ReqConf | None:
        """Return what REQCONF.GLB says; None when it is missing, or too short for the programs (Q123437).

        ``short``: say as much as is there, also of one that is too short.
        """
        file = self.reqconf_file()
        return None if file is None or (file.is_short and not short) else file.config

    def reqconf_file(self) -> config.ReqConfFile | None:
        """Return REQCONF.GLB as stored; None when it is missing or empty."""
        data = self.disk.read(self.place("GLB/REQCONF.GLB"))
        if not data:
            return None
        if self._reqconf is None or self._reqconf[0] is not data:
            self._reqconf = data, config.parse_reqconf(data, self.layouts["reqconf"])
        return self._reqconf[1]

    def set_reqconf(self, **values: object) -> None:
        """Change fields of REQCONF.GLB, or make one where there is none."""
        file = self.reqconf_file() or config.new_reqconf(self.layouts["reqconf"])
        changed = config.changed_reqconf(file, **values)
        data = changed.build()
        self.write("GLB/REQCONF.GLB", data)
        self._reqconf = data, changed

    def srvconf(self) -> config.SrvConfFile | None:
        """Return SRVCONF.GLB as stored, ``.config`` says what it means; None when it is missing."""
        data = self.read("GLB/SRVCONF.GLB")
        if data is None:
            return None
        if self._srvconf is None or self._srvconf[0] is not data:
            self._srvconf = data, config.parse_srvconf(data, self.layouts["srvconf"])
        return self._srvconf[1]

    def set_srvconf(self, file: config.SrvConfFile) -> None:
        """Write SRVCONF.GLB."""
        self.write("GLB/SRVCONF.GLB", file.build())


@lru_cache(maxsize=256)
def _parsed(data: bytes, layout: Layout) -> Queue:
    """Return a queue; many postoffices receive the same bytes."""
    return queues.parse_queue(data, layout)


@lru_cache(maxsize=256)
def _built(entries: tuple[Change, ...], layout: Layout) -> bytes:
    return queues.rewritten(entries, layout).build()
