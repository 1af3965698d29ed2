"""Random layouts of REQCONF and SRVCONF, each from one seed, and snapshots in each with what is known about them.

Sizes are those attested, 512 bytes and 1024 with 1024 more for each requestor (Q77926); where the fields stand, how
wide they are and in which order their bytes, is drawn. Between them stand bytes that mean nothing to anybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from glbtools.binary import layout as layouts
from glbtools.binary import stamp
from glbtools.binary.layout import Layout
from glbtools.formats import config, listing
from glbtools.layouts import reference
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
