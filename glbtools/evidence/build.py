"""Postoffices and networks from a description: what ``glbtools build`` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from glbtools import files
from glbtools.binary.layout import Layout
from glbtools.errors import OutputExistsError, UsageError
from glbtools.evidence import description
from glbtools.evidence.description import DEFAULT_STAMP, Postoffice
from glbtools.evidence.postoffice import AREAS
from glbtools.formats import config, queue
from glbtools.formats.queue import CONFIRMED_TEXT
from glbtools.layouts import Layouts
from glbtools.model.change import Change
from glbtools.model.configuration import POINTERS
from glbtools.progress import Progress
from glbtools.tables import Setting

IDLE_QUEUES = ("REQTRANS", "SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS")
"""Queues that every postoffice has, 0 bytes in a fresh one (Q135868)."""

PLACEHOLDER = "# Content not described"
MOST_PLACEHOLDERS = 100_000


def build(
    spec: str | Path,
    out: str | Path,
    layouts: Layouts | None = None,
    *,
    force: bool = False,
    max_size: int = files.DEFAULT_MAX_SIZE,
    progress: Progress | None = None,
) -> list[Path]:
    """Write what a description file describes to a directory; return the files written.

    Args:
        spec: the description, as TOML or JSON.
        out: the directory.
        layouts: how binary files are written.
        force: write into a directory that holds something.
        max_size: largest description read, in bytes.
        progress: called with each file before it is written, how many are done, and of how many.

    Raises:
        DescriptionError: the description is wrong; names line and key.
        OutputExistsError: the directory holds something and ``force`` is not given, or a file would replace the
            description.
        FileAccessError: a file cannot be read or written.
    """
    postoffices = description.parse(files.read(spec, max_size), str(spec))
    made = contents(postoffices, layouts or Layouts())
    for path in made:
        if str(spec) != files.STDIN and files.is_same(Path(out, path), Path(spec)):
            raise OutputExistsError(f"{Path(out, path)}: is the description itself; name another --out")
    return files.write_tree(made, Path(out), force=force, progress=progress)


def contents(postoffices: list[Postoffice], layouts: Mapping[str, Layout]) -> dict[str, bytes]:
    """Return the files of described postoffices: relative path -> content.

    Raises:
        DescriptionError: a value does not fit the layout.
    """
    written: dict[str, bytes] = {}
    owners: dict[str, Setting] = {}  # names on disk know no case
    for each in postoffices:
        prefix = "" if each.path == "." else f"{each.path}/"
        for name, content in _postoffice(each, postoffices, layouts).items():
            path = f"{prefix}{name}"
            if path.upper() in owners:
                each.described.fail(f"{path} is already a file of {owners[path.upper()].key}")
            owners[path.upper()] = each.described
            written[path] = content
    for path in written:
        for directory in PurePosixPath(path).parents:
            if str(directory).upper() in owners:
                owners[path.upper()].fail(f"{directory} is a file, {path} needs a directory")
    return written


def _postoffice(own: Postoffice, network: list[Postoffice], layouts: Mapping[str, Layout]) -> dict[str, bytes]:
    server = next((each for each in network if each.role == "server"), None)
    made: dict[str, bytes] = {}
    reqconf = idle_reqconf(own, server)
    layout = layouts["reqconf"]
    try:
        file = config.new_reqconf(layout, **_storable(layout, reqconf, own.reqconf))
        made["GLB/REQCONF.GLB"] = file.build()
    except UsageError as error:
        description.refused(own.described["reqconf"], error)
    queues = {name: own.queues.get(name, []) for name in IDLE_QUEUES} | own.queues
    if "REQTRANS" not in own.queues and reqconf["reqsync"]:
        # An idle requestor keeps the last confirmed number and nothing else (Q133428).
        queues["REQTRANS"] = [Change(reqconf["reqsync"], CONFIRMED_TEXT, DEFAULT_STAMP)]
    if own.role == "server":
        srvconf = idle_srvconf(own, network)
        try:
            made["GLB/SRVCONF.GLB"] = _srvconf(srvconf, own.srvconf or {}, layouts["srvconf"])
        except UsageError as error:
            description.refused(own.described["srvconf"], error)
        if "MSTTRANS" not in queues:
            queues["MSTTRANS"] = idle_msttrans(srvconf)
            if len(queues["MSTTRANS"]) > MOST_PLACEHOLDERS:
                own.described["srvconf"]["sync"].fail(
                    f"leaves more than {MOST_PLACEHOLDERS} records of MSTTRANS undescribed; describe the queue"
                )
    for name, entries in queues.items():
        made[f"GLB/{name}.GLB"] = _queue(entries, layouts["queue"], _place(own.described["queue"], name))
    made |= own.logs
    return _overridden(made, own.files, own.missing)


def idle_reqconf(own: Postoffice, server: Postoffice | None) -> dict[str, Any]:
    """Return REQCONF's values: those described, and for the rest those of a healthy idle requestor."""
    values: dict[str, Any] = {
        "server": server.name if server else "",
        "reqsync": 0,
        "srvsync": issued(server),
        "pointers": (-1,) * len(POINTERS),
        "types": "PCM",
    }
    # When idle, both sides hold the same numbers.
    registered = server.srvconf.get("requestor", ()) if server and server.srvconf else ()
    for each in registered:
        if each["name"].upper() == f"PCM:{own.name}".upper():
            values |= {name: each[name] for name in ("reqsync", "srvsync", "importsync") if name in each}
    values |= own.reqconf
    # The first cycle asks for an import, which makes the import number 1 (Q99961).
    values.setdefault("importsync", 1 if values["reqsync"] or values["srvsync"] else 0)
    return values


def issued(server: Postoffice | None) -> int:
    """Return the highest number a described server has issued: what an idle requestor has received."""
    if server is None:
        return 0
    queued = max((each.sync for each in server.queues.get("MSTTRANS", ())), default=0)
    found: int = (server.srvconf or {}).get("sync", queued)
    return found


def idle_srvconf(own: Postoffice, network: list[Postoffice]) -> dict[str, Any]:
    """Return SRVCONF's values: those described, and for the rest a server that has served everyone."""
    values: dict[str, Any] = dict(own.srvconf or {})
    requestors = values.get("requestor")
    if requestors is None:
        # The server is its own requestor (Q96060), registered first.
        everyone = [own, *(each for each in network if each is not own)]
        requestors = [_registered(each, idle_reqconf(each, own)) for each in everyone]
    values.setdefault("sync", max([issued(own), *(each.get("srvsync", 0) for each in requestors)]))
    values.setdefault("cycle", 1 if values["sync"] else 0)
    values.setdefault("administrator", "ADMIN")
    idle = {"last_cycle": values["cycle"], "last_update": DEFAULT_STAMP}
    values["requestor"] = [idle | {"importsync": 1 if _started(each) else 0} | each for each in requestors]
    return values


def idle_msttrans(srvconf: Mapping[str, Any]) -> list[Change]:
    """Return a master queue that ends at the server's number and holds what each requestor is still due.

    The transactions themselves are not described; comments stand for them.
    """
    last = srvconf["sync"]
    lowest = min((each.get("srvsync", last) for each in srvconf["requestor"]), default=last)
    first = max(1, min(lowest + 1, last))
    last_made = min(last, first + MOST_PLACEHOLDERS)
    return [Change(number, PLACEHOLDER, DEFAULT_STAMP) for number in range(first, last_made + 1)]


def _registered(each: Postoffice, reqconf: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": f"PCM:{each.name}"} | {name: reqconf[name] for name in ("reqsync", "srvsync", "importsync")}


def _started(requestor: Mapping[str, Any]) -> bool:
    return bool(requestor.get("reqsync") or requestor.get("srvsync"))


def _srvconf(values: Mapping[str, Any], described: Mapping[str, Any], layout: Layout) -> bytes:
    header = {name: value for name, value in values.items() if name != "requestor"}
    given = described.get("requestor", ())
    requestors = [
        _storable(layout, each, given[number] if given else {}) for number, each in enumerate(values["requestor"])
    ]
    return config.new_srvconf(layout, requestors, **_storable(layout, header, described)).build()


def _storable(layout: Layout, values: Mapping[str, Any], described: Mapping[str, Any]) -> dict[str, Any]:
    """Return values without those that nobody described and for which a layout of the user's own has no field."""
    fields = {*layout.by_name}
    if fields.issuperset(f"ptr_{queue.lower()}" for queue in POINTERS):
        fields.add("pointers")
    return {name: value for name, value in values.items() if name in described or name in fields}


def _place(queues: Setting, name: str) -> Setting:
    """Return where a queue is described, however its name is spelled there."""
    return next((each for each in queues.entries() if each.name.upper() == name), queues[name])


def _queue(entries: list[Change], layout: Layout, described: Setting) -> bytes:
    try:
        return queue.new_queue(entries, layout).build()
    except UsageError as error:
        description.refused(described, error)


def _overridden(made: dict[str, bytes], given: Mapping[str, bytes], missing: Iterable[str]) -> dict[str, bytes]:
    """Put described files in place of generated ones of the same name, whatever its case, and leave out the missing."""
    absent = {each.upper() for each in missing}
    spelled = {each.upper(): each for each in made}
    files = dict(made)
    for name, content in given.items():
        area, slash, rest = name.partition("/")
        # Names know no case, so that there is one GLB directory however it is spelled.
        own = f"{area.upper()}/{rest}" if slash and area.upper() in AREAS else name
        files[spelled.get(name.upper(), own)] = content
    return {name: content for name, content in files.items() if name.upper() not in absent}
