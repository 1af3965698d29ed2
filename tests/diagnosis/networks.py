"""Networks of which the tests of diagnosis change a part, and for each problem one that has it and one that has not."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import glbtools

SCHEMA = json.loads((files("glbtools.schemas") / "diagnosis.schema.json").read_text())

SERVER = "NET/SERVER"
STAMP = "1994-04-07T12:13:52"


def add(sync, name="ann", node="NET/EAST"):
    return {"sync": sync, "stamp": STAMP, "text": f"A {name}\tPCM:{node}/{name}"}


def network(*, server=None, east=None, west=None):
    """Return a healthy network of three with parts of it changed."""
    described = {
        "server": {
            "name": SERVER,
            "role": "server",
            "reqconf": {"reqsync": 5, "srvsync": 80, "importsync": 1},
            "srvconf": {
                "sync": 80,
                "cycle": 11,
                "requestor": [
                    {"name": "PCM:NET/SERVER", "reqsync": 5, "srvsync": 80, "importsync": 1},
                    {"name": "PCM:NET/EAST", "reqsync": 17, "srvsync": 80, "importsync": 1},
                    {"name": "PCM:NET/WEST", "reqsync": 30, "srvsync": 80, "importsync": 1},
                ],
            },
            "queue": {"MSTTRANS": [add(78, "x"), add(79, "y"), add(80, "z")]},
        },
        "east": {"name": "NET/EAST", "reqconf": {"reqsync": 17, "srvsync": 80, "importsync": 1}},
        "west": {"name": "NET/WEST", "reqconf": {"reqsync": 30, "srvsync": 80, "importsync": 1}},
    }
    for name, change in (("server", server), ("east", east), ("west", west)):
        merge(described[name], change or {})
    return {"postoffice": list(described.values())}


def merge(table, change):
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(table.get(key), dict):
            merge(table[key], value)
        else:
            table[key] = value


def registered(name, **values):
    """Return the server's records with one of them changed."""
    records = network()["postoffice"][0]["srvconf"]["requestor"]
    return {"srvconf": {"requestor": [each | values if each["name"] == f"PCM:{name}" else each for each in records]}}


def built(tmp_path, description, name="net"):
    spec = tmp_path / f"{name}.json"
    spec.write_text(json.dumps(description))
    target = tmp_path / name
    glbtools.build(spec, target)
    return target


CASES = {
    # slug: (the case, the near miss)
    "stranded-transactions": (
        network(east={"queue": {"REQTRANS": [add(1), add(2)]}}),
        network(east={"queue": {"REQTRANS": [add(18), add(19)]}}),
    ),
    "reqtrans-deleted-zero-byte": (
        network(east={"queue": {"REQTRANS": []}}),
        network(east={"queue": {"REQTRANS": [{"dummy": 17}]}}),
    ),
    "reqtrans-missing": (
        network(east={"missing": {"paths": ["GLB/REQTRANS.GLB"]}}),
        network(east={"missing": {"paths": ["GLB/SRVTRANS.GLB"]}}),
    ),
    "reqtrans-podiag-dummy-60": (
        network(east={"queue": {"REQTRANS": [{"sync": 12, "text": "# Dummy record installed by PODIAG."}]}}),
        network(east={"queue": {"REQTRANS": [{"sync": 17, "text": "# Dummy record installed by PODIAG."}]}}),
    ),
    "reqtrans-49-byte-idle": (
        network(east={"queue": {"REQTRANS": [{"dummy": 16}]}}),
        network(east={"queue": {"REQTRANS": [{"dummy": 17}]}}),
    ),
    "requestor-reset-incomplete": (
        network(east={"reqconf": {"reqsync": 0, "srvsync": 0, "importsync": 1}, "queue": {"REQTRANS": [add(1)]}}),
        network(
            server=registered("NET/EAST", reqsync=0, srvsync=0, importsync=0),
            east={"reqconf": {"reqsync": 0, "srvsync": 0, "importsync": 0}, "queue": {"REQTRANS": [add(1)]}},
        ),
    ),
    "reqconf-cloned-or-restored": (
        network(east={"reqconf": {"reqsync": 12}, "queue": {"REQTRANS": [{"dummy": 12}]}}),
        network(east={"reqconf": {"reqsync": 12}, "queue": {"REQTRANS": [add(16), add(17)]}}),
    ),
    "server-restored-from-backup": (
        network(east={"reqconf": {"reqsync": 40}}, server=registered("NET/EAST", reqsync=35, srvsync=70)),
        network(east={"reqconf": {"reqsync": 40}}, server=registered("NET/EAST", reqsync=40, srvsync=70)),
    ),
    "requestor-readded": (
        network(server=registered("NET/EAST", reqsync=0, srvsync=0, importsync=0)),
        network(server=registered("NET/EAST", reqsync=17, srvsync=0, importsync=1)),
    ),
    "requestor-inactive-window": (
        network(east={"reqconf": {"srvsync": 60}}),
        network(east={"reqconf": {"srvsync": 77}}),
    ),
    "msttrans-corrupt": (
        network(server={"queue": {"MSTTRANS": [add(78), add(79)]}}),
        network(server={"queue": {"MSTTRANS": [add(79), add(80)]}}),
    ),
    "msttrans-missing": (
        network(server={"missing": {"paths": ["GLB/MSTTRANS.GLB"]}}),
        network(east={"missing": {"paths": ["GLB/MSTTRANS.GLB"]}}),
    ),
    "srvconf-corrupt-size": (
        network(server={"file": {"GLB/SRVCONF.GLB": "hex:" + "00" * 1500}}),
        network(),
    ),
    "reqconf-missing-or-short": (
        network(east={"file": {"GLB/REQCONF.GLB": "hex:" + "00" * 80}}),
        network(),
    ),
    "listds-pointers-not-reset": (
        network(east={"reqconf": {"pointers": [-1, 40, -1, -1]}}),
        network(east={"reqconf": {"pointers": [-1, -1, -1, -1]}}),
    ),
    "temp-files-leftover": (
        network(east={"queue": {"SRVTRANS": [add(1), add(2)]}}),
        network(east={"queue": {"SRVTRANS": []}}),
    ),
    "srvtrans-leftover-13": (
        network(
            east={
                "queue": {"SRVTRANS": [add(1)]},
                "log": {"DIRSYNC": "04/07/94 12:00:00 | Error  [ 13] Dirsync import error accessing srvtrans.glb\r\n"},
            }
        ),
        network(east={"queue": {"SRVTRANS": [add(1)]}}),
    ),
    "resync-left-on-server": (
        network(server={"queue": {"RESYNC": [{"sync": 0, "text": "# IMPSEQ=1 REQSEQ=30 SRVSEQ=80"}]}}),
        network(east={"queue": {"RESYNC": [{"sync": 0, "text": "# IMPSEQ=1 REQSEQ=30 SRVSEQ=80"}]}}),
    ),
    "queue-damaged": (
        network(east={"file": {"GLB/USRTRANS.GLB": "hex:ffffffff"}}),
        network(),
    ),
    "text-faults": (
        network(east={"queue": {"REQTRANS": [{"sync": 18, "text": "A x\tPCM:NETWORKTOOLONG/EAST/x"}]}}),
        network(east={"queue": {"REQTRANS": [{"sync": 18, "text": "A x\tPCM:NET/EAST/x"}]}}),
    ),
}


class Build:
    """Writes networks below a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *postoffices: dict[str, Any], name: str = "now") -> Path:
        spec = self.root / f"{name}.json"
        spec.write_text(json.dumps({"postoffice": postoffices}))
        glbtools.build(spec, self.root / name)
        return self.root / name
