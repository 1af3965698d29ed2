"""Random layouts of REQCONF and SRVCONF, each from one seed, and snapshots in each with what is known about them.

Sizes are those attested, 512 bytes and 1024 with 1024 more for each requestor (Q77926); where the fields stand, how
wide they are and in which order their bytes, is drawn. Between them stand bytes that mean nothing to anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from glbtools.binary import layout as layouts
from glbtools.binary import stamp
from glbtools.binary.layout import Layout
from glbtools.formats import config, listing
from glbtools.layouts import reference
from glbtools.layouts.written import checked
from glbtools.model.configuration import POINTERS, ReqConf, SrvConf
from glbtools.simulation.life import Dice

FAMILIES = ("reqconf", "srvconf")
LISTED = {
    "reqconf": ("reqsync", "srvsync", "server"),
    "srvconf": ("sync", "cycle", "name", "reqsync", "srvsync", "last_cycle", "last_update"),
}
"""Fields that LISTDS prints (Q96060)."""

KNOWN = {
    "reqconf": ("importsync", "last_export", "last_import", "limit", "types"),
    "srvconf": ("administrator", "keep_updates"),
}
"""Fields whose values somebody knows from elsewhere: logs, subjects of messages, the menus of ADMIN."""

VARIANTS = {
    "twice": ("reqconf", "srvconf"),
    "twice, once stale": ("reqconf", "srvconf"),
    "name in parts": ("srvconf",),
    "deleted record": ("srvconf",),
    "other order": ("srvconf",),
}
"""What may be otherwise in files of a family than in those of ``config_sample``.

ReqSync stands twice, or its second place keeps what was there a snapshot ago; requestors have a byte for their kind of
address, their network and their postoffice, as other files of the family have; a record is deleted, emptied in one way
or another, and the listing passes over it; the listing prints the requestors in another order.
"""

KINDS = ("PCM", "SMTP", "X400")
"""Kinds of address in names that are stored in parts."""

PART = 11
"""Bytes of a network's or a postoffice's name, its NUL included (Q148666)."""

MOST_SNAPSHOTS = 4

_POSTOFFICES = ("MONTGOMERY", "NOVEMBER", "OCTOBER", "EAST", "WEST", "PLANT2", "HQ", "SALES", "LAB")


class Snapshot(NamedTuple):
    """One file as it was at one time.

    Attributes:
        data: its bytes.
        listing: what LISTDS would have printed of it.
        known: NAME=VALUE for each field of ``KNOWN``.
    """

    data: bytes
    listing: bytes
    known: tuple[str, ...]


class ConfigSample(NamedTuple):
    """Snapshots of one file, the oldest first, and the layout that they were written with."""

    seed: int
    family: str
    layout: Layout
    snapshots: tuple[Snapshot, ...]


def config_sample(seed: int, family: str) -> ConfigSample:
    """Return the snapshots of a seed, for one of ``FAMILIES``."""
    layout = random_layout(seed, family)
    dice = Dice(seed * 8 + 5)
    made = _requestor_life if family == "reqconf" else _server_life
    return ConfigSample(seed, family, layout, tuple(made(dice, layout, 1 + dice.below(MOST_SNAPSHOTS))))


def varied_sample(seed: int, family: str, variant: str) -> ConfigSample:
    """Return the snapshots of a seed with one of ``VARIANTS``."""
    sample, dice = config_sample(seed, family), Dice(seed * 8 + 6)
    if variant == "name in parts":
        return _in_parts(dice, sample)
    if variant == "deleted record":
        return _with_deleted(dice, sample)
    if variant == "other order":
        return _reordered(dice, sample)
    return _doubled(dice, sample, stale=variant == "twice, once stale")


def read_sample(family: str, contents: Iterable[bytes]) -> ConfigSample:
    """Return files in the reference layout as snapshots of one file: the first few that differ and are whole."""
    layout = reference(family)
    parse: Any = config.parse_reqconf if family == "reqconf" else config.parse_srvconf
    found: dict[bytes, Snapshot] = {}
    for data in contents:
        file = parse(data, layout)
        if file.faults or data in found or len(found) == MOST_SNAPSHOTS:
            continue
        named = {name: getattr(file.config, name) for name in KNOWN[family]}
        known = tuple(f"{name}={_printed(value)}" for name, value in named.items() if value is not None)
        found[data] = Snapshot(data, _listds(file.config, "NET/PO", 0), known)
    return ConfigSample(0, family, layout, tuple(found.values()))


# --- layouts -----------------------------------------------------------------------------------------------------


def random_layout(seed: int, family: str) -> Layout:
    """Return the configuration layout of a seed, checked as any layout file is."""
    dice = Dice(seed * 8 + 4)
    order = "little" if dice.chance(0.8) else "big"
    stamps = "unix" if dice.chance(0.75) else "dos"
    if family == "reqconf":
        framing = {"record": 512}
        rows = _tiled(dice, _reqconf_fields(dice, stamps), "record", 0, 512)
    else:
        framing = {"header": 1024, "record": 1024}
        version = bytes(dice.below(256) for _ in range(6)).hex()
        rows = [_field("version", "bytes:6", default=version) | {"section": "header", "offset": 0}]
        rows += _tiled(dice, _header_fields(dice), "header", 6, 1024)
        rows += _tiled(dice, _requestor_fields(dice, stamps), "record", 0, 1024)
    lines = [f'id = "{family}-{seed}"', f'family = "{family}"', f'title = "{family} {seed}"', 'status = "assumed"']
    lines += [f'byte_order = "{order}"', "", "[framing]", *(f"{key} = {size}" for key, size in framing.items())]
    for each in rows:
        lines += ["", "[[field]]", *(f"{key} = {_toml(value)}" for key, value in each.items())]
    return layouts.parse("\n".join(lines).encode(), f"{family}-{seed}")


def _reqconf_fields(dice: Dice, stamps: str) -> list[dict[str, Any]]:
    number = _width(dice)
    rows = [_field(name, number, "sync") for name in ("reqsync", "srvsync", "importsync")]
    rows += [_field(name, "u32", "stamp", stamp=stamps) for name in ("last_export", "last_import")]
    rows += [_field(f"ptr_{name.lower()}", "i32", "link", default=-1) for name in POINTERS]
    rows.append(_field("server", f"text:{dice.one_of((22, 22, 24, 32))}", "text"))
    rows.append(_field("password", "bytes:10", default=bytes(dice.below(256) for _ in range(10)).hex()))
    rows.append(_field("types", f"text:{dice.one_of((30, 50, 64))}", "text"))
    flags = {"templates_send": 0, "templates_receive": 1, "create_postoffices": 2}
    rows.append(_field("options", dice.one_of(("u8", "u16")), flags=flags))
    rows.append(_field("limit", dice.one_of(("u16", "u32"))))
    return rows


def _header_fields(dice: Dice) -> list[dict[str, Any]]:
    number = _width(dice)
    rows = [_field(name, number, "sync") for name in ("sync", "cycle")]
    rows.append(_field("administrator", f"text:{dice.one_of((9, 11, 16))}", "text"))
    rows.append(_field("keep_updates", dice.one_of(("u8", "u16", "u32"))))
    return rows


def _requestor_fields(dice: Dice, stamps: str) -> list[dict[str, Any]]:
    number = _width(dice)
    rows = [_field(name, number, "sync") for name in ("reqsync", "srvsync", "importsync", "last_cycle")]
    rows.append(_field("last_update", "u32", "stamp", stamp=stamps))
    rows.append(_field("name", f"text:{dice.one_of((30, 36, 40, 64))}", "text"))
    rows.append(_field("password", "bytes:10", default=bytes(dice.below(256) for _ in range(10)).hex()))
    return rows


def _width(dice: Dice) -> str:
    return dice.one_of(("u32", "u32", "u32", "u32", "u16"))


def _field(name: str, kind: str, role: str = "opaque", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "role": role, "status": "assumed", **more}


def _tiled(dice: Dice, rows: list[dict[str, Any]], section: str, first: int, size: int) -> list[dict[str, Any]]:
    """Return fields in random order, with bytes of other meaning between some of them and behind."""
    left, offset = list(rows), first
    placed: list[dict[str, Any]] = []
    while left:
        if dice.chance(0.25):
            junk = _junk(dice, f"{section}_{len(placed)}")
            placed.append({**junk, "section": section, "offset": offset})
            offset += _size(junk)
        # Some of what lies between is empty.
        offset += dice.one_of((0, 0, 0, 0, 0, 1, 2, 4, 8))
        each = left.pop(dice.below(len(left)))
        placed.append({**each, "section": section, "offset": offset})
        offset += _size(each)
    assert offset <= size
    return placed


def _junk(dice: Dice, place: str) -> dict[str, Any]:
    """Return a field that stays as it is, or one (``busy``) that is another in each snapshot."""
    size = dice.one_of((1, 2, 4, 4, 8))
    if dice.chance(0.4):
        return _field(f"busy_{place}", f"bytes:{size}")
    small = bytes([dice.below(20)]).ljust(size, b"\0")
    raw = small if dice.chance(0.5) else bytes(dice.below(256) for _ in range(size))
    return _field(f"junk_{place}", f"bytes:{size}", default=raw.hex())


def _size(row: dict[str, Any]) -> int:
    kind, _, size = row["type"].partition(":")
    return layouts.INTEGERS.get(kind) or int(size)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {each}" for key, each in value.items()) + " }"
    return json.dumps(value)


# --- snapshots ---------------------------------------------------------------------------------------------------


def _requestor_life(dice: Dice, layout: Layout, count: int) -> list[Snapshot]:
    highest = layout.by_name["reqsync"].range[1]
    own = f"{dice.one_of(_POSTOFFICES)}/{dice.one_of(_POSTOFFICES)}"
    values: dict[str, Any] = {
        "reqsync": dice.below(dice.one_of((50, 900, 4000))),
        "srvsync": dice.below(min(highest - 4000, dice.one_of((90, 9000, 90_000)))),
        "importsync": 1 + dice.below(9),
        "last_export": _some_day(dice),
        "server": f"{dice.one_of(_POSTOFFICES)}/{dice.one_of(_POSTOFFICES)}",
        "types": dice.one_of(("PCM", "PCM,SMTP", "PCM,SNADS,X400,SMTP")),
        "options": dice.one_of(((), ("templates_send",), ("templates_send", "templates_receive"))),
        "limit": dice.one_of((0, 0, 300, 1024)),
    }
    values["last_import"] = values["last_export"] + timedelta(minutes=20 + 2 * dice.below(90))
    snapshots = []
    for _ in range(count):
        pointers = [-1] * len(POINTERS)
        if dice.chance(0.1):
            pointers[dice.below(len(pointers))] = dice.below(40_000)
        file = config.new_reqconf(layout, **values, pointers=pointers, **_busy(dice, layout, "record"))
        known = tuple(f"{name}={_printed(values[name])}" for name in KNOWN["reqconf"])
        snapshots.append(Snapshot(file.build(), _listds(file.config, own, 0), known))
        later = timedelta(days=1 + dice.below(9), seconds=2 * dice.below(900))
        values["last_export"] += later
        values["last_import"] = values["last_export"] + timedelta(minutes=20 + 2 * dice.below(90))
        values["reqsync"] += dice.below(60)
        values["srvsync"] += dice.below(900)
        values["importsync"] += dice.chance(0.3)
    return snapshots


def _server_life(dice: Dice, layout: Layout, count: int) -> list[Snapshot]:
    highest = min(layout.by_name[name].range[1] for name in ("sync", "srvsync"))
    own = f"{dice.one_of(_POSTOFFICES)}/{dice.one_of(_POSTOFFICES)}"
    stored = layout.by_name["last_update"].stamp
    hours = dice.below(25) - 11 if stored == "unix" else 0
    head: dict[str, Any] = {
        "sync": 80 + dice.below(min(highest - 4000, dice.one_of((90, 9000, 90_000)))),
        "cycle": 5 + dice.below(400),
        "administrator": dice.one_of(("admin", "pcadmin", "dsadmin", "kvogel")),
        "keep_updates": dice.one_of((14, 14, 7, 30)),
    }
    now = _some_day(dice)
    requestors: list[dict[str, Any]] = []
    for number in range(1 + dice.below(5)):
        network = own.partition("/")[0] if dice.chance(0.7) else dice.one_of(_POSTOFFICES)
        requestors.append(
            {
                "name": f"PCM:{own if not number else f'{network}/{_POSTOFFICES[number]}'}",
                "reqsync": dice.below(dice.one_of((30, 4000))),
                "srvsync": dice.below(head["sync"] + 1),
                "importsync": 1 + dice.below(5),
                "last_cycle": max(head["cycle"] - dice.below(4), 1),
                "last_update": now - timedelta(days=dice.below(4), seconds=2 * dice.below(30_000)),
            }
        )
    snapshots = []
    for _ in range(count):
        rows = [{**each, **_busy(dice, layout, "record")} for each in requestors]
        file = config.new_srvconf(layout, rows, **head, **_busy(dice, layout, "header"))
        known = tuple(f"{name}={_printed(head[name])}" for name in KNOWN["srvconf"])
        snapshots.append(Snapshot(file.build(), _listds(file.config, own, hours), known))
        head["cycle"] += 1 + dice.below(3)
        head["sync"] += dice.below(600)
        now += timedelta(days=1 + dice.below(5))
        for each in requestors:
            if dice.chance(0.8):
                each["reqsync"] += dice.below(40)
                each["srvsync"] = head["sync"] - dice.below(20)
                each["last_cycle"] = head["cycle"]
                each["last_update"] = now + timedelta(seconds=2 * dice.below(900))
    return snapshots


# --- variants ----------------------------------------------------------------------------------------------------


def _doubled(dice: Dice, sample: ConfigSample, *, stale: bool) -> ConfigSample:
    """Return a sample in which ReqSync stands again, behind all that a layout names."""
    layout, number = sample.layout, sample.layout.by_name["reqsync"]
    behind = layout.section("record")[-1].offset + dice.below(9)
    before: dict[int, bytes] = {}
    snapshots = []
    for each in sample.snapshots:
        data = bytearray(each.data)
        for base in range(layout.header, len(data), layout.record):
            raw = bytes(data[base + number.offset : base + number.stop])
            former = before.get(base, number.write(max(0, int(number.read(raw) or 0) - 1 - dice.below(9))))
            data[base + behind : base + behind + number.size] = former if stale else raw
            before[base] = raw
        snapshots.append(each._replace(data=bytes(data)))
    return sample._replace(snapshots=tuple(snapshots))


def _in_parts(dice: Dice, sample: ConfigSample) -> ConfigSample:
    """Return a sample whose requestors have a byte for the kind of address, and two texts of ``PART`` bytes."""
    whole = sample.layout.by_name["name"]
    codes = dict(zip(KINDS, (0, *sorted({1 + dice.below(9), 20 + dice.below(99)})), strict=True))
    kind = whole._replace(name="junk_kind", kind="bytes", size=1, role="opaque")
    parts = [
        whole._replace(name=name, offset=whole.offset + 1 + PART * at, size=PART)
        for at, name in enumerate(("network", "postoffice"))
    ]
    kept = [each for each in sample.layout.fields if each.name != "name" and "unknown_" not in each.name]
    fields = sorted([*kept, kind, *parts], key=lambda each: (each.section, each.offset))
    layout = checked(sample.layout._replace(fields=tuple(fields)))
    kinds = [KINDS[0], *(dice.one_of(KINDS) for _ in range(len(sample.snapshots[0].data) // layout.record))]
    snapshots = []
    for each in sample.snapshots:
        data, head, rows = bytearray(each.data), *_rows(each.listing)
        for at, row in enumerate(rows):
            network, postoffice = _name(row).split(b"/")
            start = layout.header + at * layout.record + whole.offset
            raw = bytes([codes[kinds[at]]]) + network.ljust(PART, b"\0") + postoffice.ljust(PART, b"\0")
            data[start : start + whole.size] = raw.ljust(whole.size, b"\0")
            rows[at] = row.replace(b"PCM:", f"{kinds[at]}:".encode())
        snapshots.append(each._replace(data=bytes(data), listing=_listing(head, rows)))
    return sample._replace(layout=layout, snapshots=tuple(snapshots))


def _with_deleted(dice: Dice, sample: ConfigSample) -> ConfigSample:
    """Return a sample with one record more, which no row has: its contents, its name or the first letter are cleared.

    The listing counts on behind it, or leaves its number out.
    """
    layout, name = sample.layout, sample.layout.by_name["name"]
    held = (len(sample.snapshots[0].data) - layout.header) // layout.record
    at = dice.one_of((0, 0, held // 2, held))
    cleared = dice.one_of((layout.record, name.size, 1))
    start = layout.header + at * layout.record
    left_out = dice.chance(0.5)
    numbered = [number + (left_out and number >= at) for number in range(held)]
    snapshots = []
    for each in sample.snapshots:
        head, rows = _rows(each.listing)
        gone = bytearray(each.data[layout.header : layout.header + layout.record])
        gone[name.offset : name.stop] = b"PCM:GONE/FORMER".ljust(name.size, b"\0")
        first = 0 if cleared == layout.record else name.offset
        gone[first : first + cleared] = bytes(cleared)
        data = each.data[:start] + bytes(gone) + each.data[start:]
        snapshots.append(each._replace(data=data, listing=_listing(head, rows, numbered)))
    return sample._replace(snapshots=tuple(snapshots))


def _reordered(dice: Dice, sample: ConfigSample) -> ConfigSample:
    """Return a sample whose listing prints the requestors by their names, or the last one first."""
    by_name, snapshots = dice.chance(0.5), []
    for each in sample.snapshots:
        head, rows = _rows(each.listing)
        rows = sorted(rows, key=_name) if by_name else rows[::-1]
        snapshots.append(each._replace(listing=_listing(head, rows)))
    return sample._replace(snapshots=tuple(snapshots))


_ROW = b"     Server Requestor Record #"


def _rows(printed: bytes) -> tuple[bytes, list[bytes]]:
    """Return what LISTDS prints before the requestors, and what it prints of each behind its number."""
    head, *rows = printed.split(_ROW)
    return head, [row.partition(b"\r\n")[2] for row in rows]


def _listing(head: bytes, rows: Sequence[bytes], numbered: Sequence[int] = ()) -> bytes:
    """Return a listing of requestors; ``numbered`` says in which record each is, from 0 on."""
    numbers = numbered or range(len(rows))
    return head + b"".join(b"%s%d\r\n%s" % (_ROW, at + 1, row) for at, row in zip(numbers, rows, strict=True))


def _name(row: bytes) -> bytes:
    """Return the name of a requestor without its kind of address."""
    return row.partition(b"\r\n")[0].rpartition(b":")[2].strip()


def _busy(dice: Dice, layout: Layout, section: str) -> dict[str, bytes]:
    return {
        each.name: bytes(dice.below(256) for _ in range(each.size))
        for each in layout.section(section)
        if each.name.startswith("busy_")
    }


def _some_day(dice: Dice) -> datetime:
    """Return a moment that both kinds of stamp can hold."""
    first = datetime(1993, 1, 4, 6)
    return first + timedelta(days=dice.below(2600), seconds=2 * dice.below(30_000))


def _listds(stored: ReqConf | SrvConf, postoffice: str, hours: int) -> bytes:
    """Return what LISTDS prints, its clock some hours ahead of the stamps."""
    if isinstance(stored, SrvConf):
        shifted = (
            replace(each, last_update=each.last_update + timedelta(hours=hours)) if each.last_update else each
            for each in stored.requestors
        )
        stored = replace(stored, requestors=tuple(shifted))
    lines = listing.format_listds(stored, postoffice, "").splitlines()
    version = "v3.2.0.2" if isinstance(stored, ReqConf) else "v3.2"
    banner = [f"Microsoft Mail for the PC v3.2, ListDS {version}", "(C) Microsoft Corp. 1993-1994. All rights reserved"]
    return "\r\n".join([*banner, *lines[1:], ""]).encode(listing.ENCODING)


def _printed(value: Any) -> str:
    return stamp.text(value) if isinstance(value, datetime) else str(value)
