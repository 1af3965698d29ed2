from __future__ import annotations

import json
import re
import tomllib
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import glbtools
from glbtools import layouts
from glbtools.errors import DescriptionError, FileAccessError, OutputExistsError
from glbtools.evidence import build as building
from glbtools.evidence import description
from glbtools.layouts import Layouts
from glbtools.model.configuration import Requestor

# Every key of docs/interface.md#description.
EXAMPLE = """
[[postoffice]]
name = "POLYNOMIAL/MONTGOMERY"
path = "montgomery"
role = "server"

[postoffice.reqconf]
server = "POLYNOMIAL/MONTGOMERY"
reqsync = 17
srvsync = 80
importsync = 1
pointers = [-1, -1, -1, -1]
last_export = 1994-02-10T09:00:00
last_import = 1994-02-10T09:05:00

[[postoffice.queue.REQTRANS]]
sync = 1
stamp = 1994-04-07T12:13:52
text = "R PCM:POLYNOMIAL/MONTGOMERY"
checksum = 0x1234

[postoffice.srvconf]
sync = 80
cycle = 11
keep_updates = 14
[[postoffice.srvconf.requestor]]
name = "PCM:POLYNOMIAL/OCTOBER"
reqsync = 12
srvsync = 71
importsync = 1
last_cycle = 9
last_update = 1994-02-17T08:52:45

[postoffice.log]
DSSERVER = \"\"\"
03/13/96 15:27:08 | 1 171
\"\"\"

[postoffice.file]
"GLB/SORTLOCK.GLB" = ""

[postoffice.missing]
paths = ["GLB/REQTRANS.GLB"]
"""
IDLE = {"SRVTRANS", "USRTRANS", "NMETRANS", "GWTRANS"}


def written(text: str) -> dict[str, bytes]:
    """Return the files that a description makes, without a disk."""
    return building.contents(description.parse(text.encode(), "spec.toml"), Layouts())


def one(**tables: Any) -> str:
    """Return a description of one postoffice as JSON."""
    return json.dumps({"postoffice": [{"name": "NET/PO", "path": "po"} | tables]})


def on_disk(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def made(tmp_path: Path, text: str, name: str = "spec.toml", **options: Any) -> Path:
    spec = tmp_path / name
    spec.write_text(text, "utf-8")
    glbtools.build(spec, tmp_path / "out", **options)
    return tmp_path / "out"


# --- what is described -------------------------------------------------------------------------------------------


def test_the_example_of_the_interface_is_written_and_read_back(tmp_path: Path) -> None:
    text = EXAMPLE.replace('paths = ["GLB/REQTRANS.GLB"]', 'paths = ["GLB/USRTRANS.GLB"]')
    glb = made(tmp_path, text) / "montgomery" / "GLB"
    reqconf = glbtools.read_reqconf(glb / "REQCONF.GLB").config
    assert (reqconf.server, reqconf.reqsync, reqconf.srvsync, reqconf.importsync) == (
        "POLYNOMIAL/MONTGOMERY",
        17,
        80,
        1,
    )
    assert reqconf.pointers == (-1, -1, -1, -1)
    assert (reqconf.last_export, reqconf.last_import) == (datetime(1994, 2, 10, 9), datetime(1994, 2, 10, 9, 5))
    srvconf = glbtools.read_srvconf(glb / "SRVCONF.GLB").config
    assert (srvconf.sync, srvconf.cycle, srvconf.keep_updates) == (80, 11, 14)
    (october,) = srvconf.requestors
    assert october == Requestor(
        1, october.span, "PCM:POLYNOMIAL/OCTOBER", 12, 71, 1, 9, datetime(1994, 2, 17, 8, 52, 45)
    )
    reqtrans = glbtools.read_queue(glb / "REQTRANS.GLB")
    (record,) = reqtrans.records
    assert (record.sync, record.text, record.checksum) == (1, "R PCM:POLYNOMIAL/MONTGOMERY", 0x1234)
    assert reqtrans.moment(record) == datetime(1994, 4, 7, 12, 13, 52)
    assert [line.code for line in glbtools.read_log(glb.parent / "LOG" / "DSSERVER.LOG").lines] == [171]
    assert (glb / "SORTLOCK.GLB").read_bytes() == b""
    assert not (glb / "USRTRANS.GLB").exists()


def test_a_missing_file_is_missing() -> None:
    assert "montgomery/GLB/REQTRANS.GLB" not in written(EXAMPLE)
    assert "montgomery/GLB/REQCONF.GLB" in written(EXAMPLE)


def test_toml_and_json_of_the_same_description_give_the_same_bytes(tmp_path: Path) -> None:
    as_json = json.dumps(tomllib.loads(EXAMPLE), default=lambda when: when.isoformat())
    assert '"1994-02-10T09:00:00"' in as_json
    assert written(as_json) == written(EXAMPLE)
    assert on_disk(made(tmp_path, as_json, "spec.json")) == written(EXAMPLE)


def test_the_same_description_gives_the_same_bytes_each_time() -> None:
    text = '[[postoffice]]\nname = "NET/PO"\nsrvconf = { sync = 5 }\n[[postoffice]]\nname = "NET/P2"\n'
    assert written(text) == written(text)


def test_a_fresh_postoffice_has_the_files_of_an_idle_one() -> None:
    files = written(one())
    assert files == {
        "po/GLB/REQCONF.GLB": files["po/GLB/REQCONF.GLB"],
        "po/GLB/REQTRANS.GLB": b"",
        **{f"po/GLB/{name}.GLB": b"" for name in IDLE},
    }
    assert len(files["po/GLB/REQCONF.GLB"]) == 512


@pytest.mark.parametrize(("reqsync", "size"), [(0, 0), (1, 49), (17, 49), (0xFFFFFFFF, 49)])
def test_an_idle_requestor_keeps_the_last_confirmed_number_and_nothing_else(reqsync: int, size: int) -> None:
    files = written(one(reqconf={"reqsync": reqsync}))
    assert len(files["po/GLB/REQTRANS.GLB"]) == size
    found = glbtools.inspect_bytes(files["po/GLB/REQTRANS.GLB"], "REQTRANS.GLB")
    assert [row["sync"] for _, row in found.rows()] == [reqsync] * (size > 0)
    assert all(row["dummy"] for _, row in found.rows())
    assert not found.faults
    config = glbtools.inspect_bytes(files["po/GLB/REQCONF.GLB"], "x").content.config
    assert (config.reqsync, config.importsync, config.pointers) == (reqsync, int(reqsync > 0), (-1,) * 4)


def test_a_server_has_a_record_for_each_postoffice_and_a_master_queue_up_to_its_number() -> None:
    text = """
[[postoffice]]
name = "NET/HUB"
role = "server"
reqconf = { reqsync = 3, srvsync = 80 }
[[postoffice]]
name = "NET/A"
reqconf = { reqsync = 5, srvsync = 80 }
[[postoffice]]
name = "NET/B"
reqconf = { reqsync = 7, srvsync = 77 }
"""
    files = written(text)
    assert len(files["hub/GLB/SRVCONF.GLB"]) == 1024 * 4
    config = glbtools.inspect_bytes(files["hub/GLB/SRVCONF.GLB"], "x").content.config
    assert (config.sync, config.cycle) == (80, 1)
    assert [(each.name, each.reqsync, each.srvsync, each.importsync) for each in config.requestors] == [
        ("PCM:NET/HUB", 3, 80, 1),
        ("PCM:NET/A", 5, 80, 1),
        ("PCM:NET/B", 7, 77, 1),
    ]
    syncs = [row["sync"] for _, row in glbtools.inspect_bytes(files["hub/GLB/MSTTRANS.GLB"], "x").rows()]
    assert syncs == [78, 79, 80], "what B is still due"
    for name in ("hub", "a", "b"):
        assert glbtools.inspect_bytes(files[f"{name}/GLB/REQCONF.GLB"], "x").content.config.server == "NET/HUB"
    assert not {"a/GLB/SRVCONF.GLB", "a/GLB/MSTTRANS.GLB"} & set(files)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_servers_file_grows_by_1024_bytes_for_each_requestor(count: int) -> None:
    requestors = [{"name": f"PCM:NET/P{number}"} for number in range(count)]
    files = written(one(srvconf={"sync": 4, "requestor": requestors}))
    assert len(files["po/GLB/SRVCONF.GLB"]) == 512 * 2 * (1 + count)
    master = list(glbtools.inspect_bytes(files["po/GLB/MSTTRANS.GLB"], "MSTTRANS.GLB").rows())
    assert master[-1][1]["sync"] == 4


def test_both_sides_of_an_idle_channel_hold_the_same_numbers_whichever_is_described() -> None:
    text = """
[[postoffice]]
name = "NET/HUB"
srvconf = { sync = 80, requestor = [{ name = "PCM:NET/A", reqsync = 12, srvsync = 71, importsync = 2 }] }
[[postoffice]]
name = "NET/A"
"""
    files = written(text)
    config = glbtools.inspect_bytes(files["a/GLB/REQCONF.GLB"], "x").content.config
    assert (config.reqsync, config.srvsync, config.importsync) == (12, 71, 2)
    assert len(files["a/GLB/REQTRANS.GLB"]) == 49
    files = written(text + "reqconf = { reqsync = 0 }\n")
    own = glbtools.inspect_bytes(files["a/GLB/REQCONF.GLB"], "x").content.config
    assert (own.reqsync, own.srvsync, own.importsync) == (0, 71, 2)


def test_numbers_that_are_left_out_follow_the_one_before() -> None:
    texts = [{"text": "A a"}, {"text": "A b", "sync": 40}, {"text": "A c"}, {"dummy": 50}, {"text": "A d"}]
    files = written(one(queue={"MSTTRANS": texts}))
    rows = [row for _, row in glbtools.inspect_bytes(files["po/GLB/MSTTRANS.GLB"], "MSTTRANS.GLB").rows()]
    assert [row["sync"] for row in rows] == [1, 40, 41, 50, 51]
    assert {row["stamp"] for row in rows} == {"1996-01-01T00:00:00"}


@pytest.mark.parametrize("name", description.QUEUES)
def test_every_queue_can_be_described_and_an_empty_list_is_a_0_byte_file(name: str) -> None:
    path = f"po/GLB/{name}.GLB"
    assert written(one(reqconf={"reqsync": 17}, queue={name: []}))[path] == b""
    assert written(one(queue={name.lower(): [{"text": "A a"}]}))[path][24:] == b"A a\0"
    assert written(f'[[postoffice]]\nname = "NET/PO"\n[postoffice.queue]\n{name} = []\n')[path] == b""


def test_a_dummy_is_the_confirmed_number_in_49_bytes() -> None:
    content = written(one(queue={"REQTRANS": [{"dummy": 17}]}))["po/GLB/REQTRANS.GLB"]
    assert len(content) == 49
    ((_, row),) = glbtools.inspect_bytes(content, "REQTRANS.GLB").rows()
    assert (row["sync"], row["dummy"], row["transaction"]["code"]) == (17, True, "#")


@pytest.mark.parametrize("name", ["GLB/REQCONF.GLB", "glb/reqconf.glb", "Glb/ReqConf.Glb"])
@pytest.mark.parametrize(("value", "content"), [("", b""), ("Ü\n", b"\x9a\n"), ("hex:00 ff1a", b"\0\xff\x1a")])
def test_a_described_file_stands_in_place_of_a_generated_one_of_any_case(name: str, value: str, content: bytes) -> None:
    files = written(one(file={name: value}))
    assert {path: data for path, data in files.items() if path.upper() == "PO/GLB/REQCONF.GLB"} == {
        "po/GLB/REQCONF.GLB": content
    }


@pytest.mark.parametrize("name", ["GLB/REQTRANS.GLB", "glb/reqtrans.glb"])
def test_a_missing_file_is_missing_whatever_its_case_and_whoever_describes_it(name: str) -> None:
    tables = {"queue": {"REQTRANS": [{"text": "A a"}]}, "file": {"GLB/Reqtrans.glb": "x"}}
    assert "GLB/REQTRANS.GLB" in {path[3:].upper() for path in written(one(**tables))}
    assert "GLB/REQTRANS.GLB" not in {path[3:].upper() for path in written(one(**tables, missing={"paths": [name]}))}


def test_a_log_is_written_in_code_page_850() -> None:
    assert written(one(log={"dssend": "A Müller\r\n"}))["po/LOG/DSSEND.LOG"] == b"A M\x81ller\r\n"


@pytest.mark.parametrize("path", [".", "a/b/c", "Post Office 1"])
def test_a_postoffice_goes_where_its_path_says(path: str) -> None:
    assert ("GLB/REQCONF.GLB" if path == "." else f"{path}/GLB/REQCONF.GLB") in written(one(path=path))


# --- what is wrong -----------------------------------------------------------------------------------------------

BAD = "is not valid (TOML|JSON): "
REQ, SRV, QUE = "postoffice[0].reqconf", "postoffice[0].srvconf", "postoffice[0].queue.REQTRANS[0]"


def queue_of(**row: Any) -> str:
    return one(queue={"REQTRANS": [row]})


def requestor_of(**row: Any) -> str:
    return one(srvconf={"requestor": [row]})


TOML = '[[postoffice]]\nname = "A/B"\n'

IMPOSSIBLE = [
    # unknown keys, on every level
    ('nonsense = 1\n[[postoffice]]\nname = "A/B"', "nonsense", "known are postoffice"),
    (one(nonsense=1), "postoffice[0].nonsense", "known are file, log"),
    (one(reqconf={"nonsense": 1}), f"{REQ}.nonsense", "known are"),
    (one(srvconf={"nonsense": 1}), f"{SRV}.nonsense", "known are"),
    (requestor_of(name="A", nonsense=1), f"{SRV}.requestor[0].nonsense", "known are"),
    (queue_of(text="A a", nonsense=1), f"{QUE}.nonsense", "known are"),
    (one(queue={"NONSENSE": []}), "postoffice[0].queue.NONSENSE", "is not a queue"),
    (one(missing={"nonsense": []}), "postoffice[0].missing.nonsense", "known are paths"),
    # the wrong type
    ("", "postoffice", "at least one"),
    ("[postoffice]\nname = 'A/B'", "postoffice", "must be a list of tables"),
    ('{"postoffice": []}', "postoffice", "at least one"),
    ('{"postoffice": [1]}', "postoffice", "must be a list of objects"),
    ('{"postoffice": [{}]}', "postoffice[0].name", "is missing"),
    (one(name=1), "postoffice[0].name", "must be a string"),
    (one(role="boss"), "postoffice[0].role", "is not one of server, requestor"),
    (one(role=["server"]), "postoffice[0].role", "is not one of server, requestor"),
    (one(role="requestor", srvconf={}), SRV, "a requestor has none"),
    (one(path=1), "postoffice[0].path", "must be a string"),
    (one(reqconf=1), REQ, "must be an object"),
    (one(srvconf=[]), SRV, "must be an object"),
    (one(srvconf={"requestor": {}}), f"{SRV}.requestor", "must be a list of objects"),
    (one(queue=[]), "postoffice[0].queue", "must be an object"),
    (one(queue={"REQTRANS": {}}), "postoffice[0].queue.REQTRANS", "must be a list of objects"),
    (one(queue={"REQTRANS": [1]}), "postoffice[0].queue.REQTRANS", "must be a list of objects"),
    (one(log={"X": 1}), "postoffice[0].log.X", "must be a string"),
    (one(file={"X": 1}), 'postoffice[0].file.X', "must be a string"),
    (one(missing={"paths": "X"}), "postoffice[0].missing.paths", "must be a list of strings"),
    (one(reqconf={"options": "templates_send"}), f"{REQ}.options", "must be a list of strings"),
    (one(reqconf={"options": ["nonsense"]}), f"{REQ}.options", "'nonsense' is none of templates_send"),
    # numbers
    (one(reqconf={"reqsync": 2**32}), f"{REQ}.reqsync", "must be between 0 and 4294967295"),
    (one(reqconf={"srvsync": -1}), f"{REQ}.srvsync", "must be between"),
    (one(reqconf={"importsync": True}), f"{REQ}.importsync", "must be a whole number"),
    (one(reqconf={"reqsync": 1.0}), f"{REQ}.reqsync", "must be a whole number"),
    (one(reqconf={"reqsync": "17"}), f"{REQ}.reqsync", "must be a whole number"),
    (one(srvconf={"keep_updates": 2**16}), f"{SRV}.keep_updates", "must be between 0 and 65535"),
    (one(srvconf={"sync": 2**32 - 1, "requestor": [{"name": "A", "srvsync": 0}]}), f"{SRV}.sync", "describe the queue"),
    (requestor_of(name="A", reqsync=2**32), f"{SRV}.requestor[0].reqsync", "must be between"),
    (queue_of(text="A a", sync=2**32), f"{QUE}.sync", "must be between"),
    (queue_of(text="A a", sync=-1), f"{QUE}.sync", "must be between"),
    (queue_of(text="A a", sync=True), f"{QUE}.sync", "must be a whole number"),
    (queue_of(text="A a", checksum=2**16), f"{QUE}.checksum", "65536 does not fit u16"),
    (queue_of(text="A a", checksum=-1), f"{QUE}.checksum", "must be between"),
    (
        one(queue={"REQTRANS": [{"dummy": 2**32 - 1}, {"text": "A a"}]}),
        "postoffice[0].queue.REQTRANS[1].sync",
        "is over 32 bits",
    ),
    (one(reqconf={"pointers": [-1, -1, -1]}), f"{REQ}.pointers", "SRVTRANS, USRTRANS, GWTRANS, NMETRANS"),
    (one(reqconf={"pointers": -1}), f"{REQ}.pointers", "a list of 4 numbers"),
    (one(reqconf={"pointers": [-1, -1, -1, 2**31]}), f"{REQ}.pointers[3]", "must be between"),
    (one(reqconf={"pointers": [-1, False, -1, -1]}), f"{REQ}.pointers[1]", "must be a whole number"),
    # texts
    (queue_of(text="A \N{SNOWMAN}"), f"{QUE}.text", "'☃' is not in code page 850"),
    (queue_of(text="A \ud800"), f"{QUE}.text", "is not in code page 850"),
    (queue_of(text="A a\0b"), f"{QUE}.text", "holds the NUL"),
    (queue_of(text=1), f"{QUE}.text", "must be a string"),
    (queue_of(sync=1), f"{QUE}.text", "is missing"),
    (queue_of(dummy=1, text="A a"), f"{QUE}.text", "dummy stands in place of"),
    (queue_of(dummy=1, sync=1), f"{QUE}.sync", "dummy stands in place of"),
    (queue_of(text="A " + "x" * 70_000), f"{QUE}.text", "is too long"),
    (one(log={"DSSEND": "\N{SNOWMAN}"}), "postoffice[0].log.DSSEND", "code page 850"),
    (one(file={"X": "\N{SNOWMAN}"}), 'postoffice[0].file.X', "code page 850"),
    (one(file={"X": "hex:0"}), 'postoffice[0].file.X', "is not hex"),
    (one(file={"X": "hex:zz"}), 'postoffice[0].file.X', "is not hex"),
    (one(name="NET"), "postoffice[0].name", "not a NETWORK/POSTOFFICE"),
    (one(name="NETWORKNAME/PO"), "postoffice[0].name", "at most 10"),
    (one(name="NET/POSTOFFICE1"), "postoffice[0].name", "at most 10"),
    (one(name="NET/P.O"), "postoffice[0].name", "letters or digits"),
    (one(name="NET/PO\n"), "postoffice[0].name", "letters or digits"),
    (one(name="../PO"), "postoffice[0].name", "letters or digits"),
    (one(reqconf={"server": "NET"}), f"{REQ}.server", "not a NETWORK/POSTOFFICE"),
    (one(reqconf={"types": ["P" * 50]}), f"{REQ}.types", "has 50 characters, there is room for 49"),
    (one(srvconf={"administrator": "POSTMASTER"}), f"{SRV}.administrator", "has 10 characters, there is room for 8"),
    (one(srvconf={"administrator": "A\0B"}), f"{SRV}.administrator", "holds a NUL"),
    (requestor_of(name="P" * 64), f"{SRV}.requestor[0].name", "has 64 characters"),
    (requestor_of(reqsync=1), f"{SRV}.requestor[0].name", "is missing"),
    # moments
    (one(reqconf={"last_export": "1994-02-10T09:00:00Z"}), f"{REQ}.last_export", "no time zone"),
    (TOML + "reqconf.last_import = 1994-02-10T09:00:00+01:00", f"{REQ}.last_import", "no time zone"),
    (TOML + "reqconf.last_import = 1994-02-10", f"{REQ}.last_import", "must be a date and time"),
    (one(reqconf={"last_export": "1969-12-31T23:59:59"}), f"{REQ}.last_export", "not between 1970 and 2106"),
    (one(reqconf={"last_export": "2106-02-07T06:28:16"}), f"{REQ}.last_export", "not between 1970 and 2106"),
    (one(reqconf={"last_export": "yesterday"}), f"{REQ}.last_export", "is not a date and time"),
    (one(reqconf={"last_export": 0}), f"{REQ}.last_export", "must be a date and time"),
    (queue_of(text="A a", stamp="1994-02-30T09:00:00"), f"{QUE}.stamp", "is not a date and time"),
    # names that are one on disk
    ('{"postoffice": [{"name": "A/B"}, {"name": "a/b", "path": "x"}]}', "postoffice[1].name", "already that of"),
    ('{"postoffice": [{"name": "A/X"}, {"name": "B/X"}]}', "postoffice[1].path", "already that of postoffice[0]"),
    (one(file={"GLB/A": "", "glb/a": ""}), 'postoffice[0].file."glb/a"', "the same name as 'GLB/A'"),
    (one(log={"DSSEND": "", "dssend": ""}), 'postoffice[0].log.dssend', "the same name"),
    (one(queue={"REQTRANS": [], "reqtrans": []}), 'postoffice[0].queue.reqtrans', "the same name"),
    (one(file={"GLB": ""}), "postoffice[0]", "GLB is a file"),
    (one(file={"x": "", "X/y": ""}), "postoffice[0]", "needs a directory"),
    (
        '{"postoffice": [{"name": "A/X", "file": {"y/glb/reqconf.glb": ""}}, {"name": "A/Y", "path": "x/y"}]}',
        "postoffice[1]",
        "already a file of postoffice[0]",
    ),
    # neither
    ("[[postoffice]", "", BAD),
    ("{", "", BAD),
    ("\x00", "", BAD),
    ("[" * 100_000, "", BAD),
    ('{"a":' * 100_000, "", BAD),
    ("x = " + "[" * 5000 + "]" * 5000, "", BAD),
    ('{"postoffice": ' + "9" * 5000 + "}", "", BAD),
    ("[1]", "1", "unknown key"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "reason"), IMPOSSIBLE, ids=range(len(IMPOSSIBLE)))
def test_what_cannot_be_is_refused_with_its_key(text: str, key: str, reason: str) -> None:
    with pytest.raises(DescriptionError) as refused:
        written(text)
    assert (refused.value.path, refused.value.key) == ("spec.toml", key)
    assert re.search(reason, refused.value.reason) if reason is BAD else reason in refused.value.reason
    lines = text.splitlines() or [""]
    assert key.rsplit(".", maxsplit=1)[-1].strip('"') in lines[refused.value.line - 1] or refused.value.line == 1


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(DescriptionError, match=BAD):
        description.parse(b"\xff\xfe\0", "spec.toml")


WRONG_PATHS = [
    "", ".", "..", "../x", "x/..", "x/../y", "/x", "/", "//x", "x//y", "x/", "./x", "C:x", "C:/x", "C:\\x", "\\x",
    "x\\y", "x\0y", "x\ny", "x\x1by", "CON", "con", "nul.txt", "x/LPT1", "com9.glb", "AUX .txt", ".hidden", "x.",
    "x ", " x", "glbtools-rebuild", "GLBTOOLS-Rebuild/x", "glbtools-simulation/x", "x" * 65, "x*", "x?", 'x"', "x<y",
    "x|y", "Ü", "~/x/../..", "x:y",
]  # fmt: skip


@pytest.mark.parametrize("path", WRONG_PATHS)
def test_a_path_that_may_lead_astray_is_refused_wherever_it_stands(path: str) -> None:
    places = {
        "postoffice[0].path": one(path=path),
        f"postoffice[0].file.{path if re.fullmatch('[A-Za-z-]+', path) else json.dumps(path, ensure_ascii=False)}": one(
            file={path: ""}
        ),
        "postoffice[0].missing.paths[0]": one(missing={"paths": [path]}),
    }
    if path == ".":
        del places["postoffice[0].path"]
    for key, text in places.items():
        with pytest.raises(DescriptionError) as refused:
            written(text)
        assert refused.value.key == key


@pytest.mark.parametrize("name", ["", "TOOLONGNAME", "A/B", "A.B", "..", "A B", "Ü"])
def test_a_log_that_dos_could_not_name_is_refused(name: str) -> None:
    with pytest.raises(DescriptionError, match="8 letters or digits"):
        written(one(log={name: ""}))


pathlike = st.text(st.sampled_from("AbC1/\\.: ~\0\n-_\u202e\u00fcN") | st.characters(), max_size=20) | st.lists(
    st.sampled_from(["..", ".", "", "GLB", "C:", "CON", "a.b", " ", "~", "x"]), max_size=6
).map("/".join)


@given(pathlike)
def test_no_path_leaves_the_directory_it_is_written_to(path: str) -> None:
    for text in (one(path=path), one(file={path: "x"}), one(log={path: "x"})):
        try:
            names = written(text)
        except DescriptionError:
            continue
        for name in names:
            parts = PurePosixPath(name).parts
            assert not PurePosixPath(name).is_absolute()
            assert "/".join(parts) == name
            assert all(part.strip(". ") == part and part.isascii() and part.isprintable() for part in parts)
            assert not set(name) & set('\\:*?"<>|')


def test_a_refused_description_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError):
        made(tmp_path, one(file={"../x": ""}))
    assert [path.name for path in tmp_path.iterdir()] == ["spec.toml"]


# --- where it goes -----------------------------------------------------------------------------------------------


def test_what_exists_is_kept_unless_force_is_given(tmp_path: Path) -> None:
    out = made(tmp_path, one())
    (out / "po" / "GLB" / "REQCONF.GLB").write_bytes(b"changed")
    (out / "notes.txt").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="--force"):
        made(tmp_path, one())
    assert (out / "po" / "GLB" / "REQCONF.GLB").read_bytes() == b"changed"
    made(tmp_path, one(), force=True)
    assert on_disk(out) == written(one()) | {"notes.txt": b"mine"}


def test_an_empty_directory_is_written_to_and_missing_parents_are_made(tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(one())
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "new" / "deep"):
        paths = glbtools.build(spec, out)
        assert on_disk(out) == written(one())
        assert sorted(paths) == sorted(out / name for name in written(one()))


@pytest.mark.parametrize("force", [False, True])
def test_a_file_in_the_place_of_the_directory_is_refused(tmp_path: Path, force: bool) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(OutputExistsError, match="is not a directory"):
        made(tmp_path, one(), force=force)
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_a_link_that_leads_out_of_the_directory_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "GLB").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "po").symlink_to(outside, target_is_directory=True)
    with pytest.raises(OutputExistsError, match="leads out"):
        made(tmp_path, one(), force=True)
    assert not on_disk(outside)


def test_a_description_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileAccessError, match="no such file"):
        glbtools.build(tmp_path / "nosuch.toml", tmp_path / "out")
    with pytest.raises(FileAccessError, match="a directory"):
        glbtools.build(tmp_path, tmp_path / "out")


# --- layouts of a user's own -------------------------------------------------------------------------------------

OWN = {
    "queue": """
id = "own-queue"
family = "queue"
title = "a queue in digits, without stamps"
status = "assumed"
framing = { header = 4, terminator = "crlf" }
field = [
  { name = "sync", offset = 0, type = "dec:10", role = "sync", status = "assumed" },
  { name = "text", offset = 10, type = "text", role = "text", status = "assumed" },
]
""",
    "reqconf": """
id = "own-reqconf"
family = "reqconf"
title = "two numbers and a name"
status = "assumed"
byte_order = "big"
framing = { record = 100 }
field = [
  { name = "reqsync", offset = 4, type = "u32", role = "sync", status = "assumed" },
  { name = "srvsync", offset = 8, type = "hex:8", role = "sync", status = "assumed" },
  { name = "server", offset = 20, type = "text:22", role = "text", status = "assumed" },
]
""",
    "srvconf": """
id = "own-srvconf"
family = "srvconf"
title = "numbers and names"
status = "assumed"
framing = { header = 8, record = 60 }
field = [
  { name = "sync", section = "header", offset = 0, type = "u32", role = "sync", status = "assumed" },
  { name = "name", offset = 0, type = "text:40", role = "text", status = "assumed" },
  { name = "reqsync", offset = 40, type = "dec:10", role = "sync", status = "assumed" },
]
""",
}


@pytest.fixture
def own(tmp_path: Path) -> Layouts:
    for name, text in OWN.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return layouts.from_files(tmp_path / f"{name}.toml" for name in OWN)


def test_a_layout_of_the_users_own_serves_to_build_and_to_inspect(tmp_path: Path, own: Layouts) -> None:
    text = one(
        reqconf={"reqsync": 17, "srvsync": 80},
        queue={"REQTRANS": [{"text": "R PCM:NET/PO"}, {"text": "# b"}]},
        srvconf={"sync": 3, "requestor": [{"name": "PCM:NET/PO", "reqsync": 17}]},
    )
    glb = made(tmp_path, text, layouts=own) / "po" / "GLB"
    assert (glb / "REQTRANS.GLB").read_bytes() == bytes(4) + b"0000000001R PCM:NET/PO\r\n0000000002# b\r\n"
    reqconf = glbtools.read_reqconf(glb / "REQCONF.GLB", layouts=own).config
    assert (reqconf.reqsync, reqconf.srvsync, reqconf.server, reqconf.pointers) == (17, 80, "NET/PO", None)
    srvconf = glbtools.read_srvconf(glb / "SRVCONF.GLB", layouts=own).config
    assert (srvconf.sync, srvconf.requestors[0].name, srvconf.requestors[0].reqsync) == (3, "PCM:NET/PO", 17)
    records = glbtools.read_queue(glb / "REQTRANS.GLB", layouts=own).records
    assert [(each.sync, each.text, each.stamp) for each in records] == [(1, "R PCM:NET/PO", None), (2, "# b", None)]
    for name in ("REQTRANS", "REQCONF", "SRVCONF", "MSTTRANS"):
        found = glbtools.inspect(glb / f"{name}.GLB", layouts=own)
        assert found.layout is own[found.entry.name]
        assert not found.faults


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (one(reqconf={"limit": 1}), REQ, "own-reqconf has no field limit"),
        (one(reqconf={"last_export": "1994-02-10T09:00:00"}), REQ, "own-reqconf has no field last_export"),
        (one(reqconf={"pointers": [-1, -1, -1, -1]}), REQ, "own-reqconf has no field ptr_"),
        (one(srvconf={"cycle": 1}), SRV, "own-srvconf has no field cycle"),
        (requestor_of(name="A", srvsync=1), SRV, "own-srvconf has no field srvsync"),
        (requestor_of(name="P" * 40), f"{SRV}.requestor[0].name", "has 40 characters, the layout has room for 39"),
    ],
)
def test_a_value_that_the_layout_does_not_know_is_refused_with_its_table(
    text: str, key: str, reason: str, own: Layouts
) -> None:
    with pytest.raises(DescriptionError) as refused:
        building.contents(description.parse(text.encode(), "x"), own)
    assert refused.value.key == key
    assert reason in refused.value.reason
