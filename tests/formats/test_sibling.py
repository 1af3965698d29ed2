"""Files whose layout is public in parts are shown with what is attested; what other programs made is named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from glbtools import diagnose, inspect, inspect_bytes, unsent
from glbtools.errors import UnknownFormatError
from glbtools.formats.registry import SIBLINGS
from glbtools.formats.sibling import SINGLE
from glbtools.formats.signatures import FOREIGN as FOREIGN_SIGNATURES
from glbtools.formats.signatures import Signature
from glbtools.layouts import reference

NETWORK = Path(__file__).resolve().parents[2] / "fixtures" / "network"


def test_control_is_attested_to_the_byte() -> None:
    found = inspect_bytes(bytes.fromhex("4D3C2B1A07000000"), "CONTROL.GLB")
    assert found.layout is not None
    assert (found.layout.status, found.entry.name, found.damaged) == ("attested", "control", False)
    rows = [row for _, row in found.rows()]
    # Low byte first: 4D 3C 2B 1A is 1A2B3C4D (Q122852).
    assert [(row["value"], row["status"]) for row in rows] == [(0x1A2B3C4D, "attested"), (7, "attested")]


@pytest.mark.parametrize("size", [0, 1, 7, 9, 16])
def test_a_control_of_another_size_is_damaged_and_keeps_its_bytes(size: int) -> None:
    data = bytes(range(size))
    found = inspect_bytes(data, "CONTROL.GLB")
    assert found.damaged
    assert sum(region.span.size for region in found.regions) == size


@pytest.mark.parametrize("family", SIBLINGS)
def test_every_field_that_is_not_unknown_has_a_source_and_no_guess_is_called_attested(family: str) -> None:
    layout = reference(family)
    assert layout.source
    named = [each for each in layout.fields if not each.name.startswith("unknown_")]
    assert all(each.source and each.status in ("attested", "inferred") for each in named)
    assert all(each.status == "assumed" for each in layout.fields if each not in named)


@pytest.mark.parametrize("family", SIBLINGS)
@pytest.mark.parametrize("extra", [0, 1])
def test_records_and_what_is_left_tile_the_file(family: str, extra: int) -> None:
    layout = reference(family)
    size = layout.header + layout.record * (1 if family in SINGLE else 3) + extra
    found = inspect_bytes(bytes(size), SIBLINGS[family].names[0].replace("*", "ADMIN"))
    assert found.entry.name == family
    assert found.damaged is bool(extra)
    assert found.regions[-1].span.stop == size


PRINTED = """
00 00 4d 61 72 74 69 61-6e 00 00 00 00 54 68 69
73 20 69 73 20 74 68 65-20 73 75 62 6a 65 63 74
00 00 00 00 00 00 00 00-00 00 00 00 00 00 00 00
00 00 00 00 00 00 00 00-19 00 10 00 08 00 0a 00
c9 07 00 30 30 30 30 30-30 36 32 00 00 00 28 02
00 00 00 00 00 00 00 00-18 00 00 00 00 00 00 00
00 00 00 00 00 00 00 00-00 00 00 00 98 c9 5b 00
00 00 00 00
"""
"""A record of a mailbag, as DEBUG shows it in Q108027."""


def test_a_mailbag_is_read_as_the_article_reads_it() -> None:
    found = inspect_bytes(bytes.fromhex(PRINTED.replace("-", " ")), "00000000.MBG")
    fields = {row["name"]: (row["value"], row["status"]) for _, row in found.rows()}
    assert fields["sender"] == ("Martian", "attested")
    assert fields["subject"] == ("This is the subject", "attested")
    assert fields["mail_file"] == ("00000062", "attested")
    assert [fields[name][0] for name in ("year", "month", "day", "hour", "minute")] == [1993, 10, 8, 16, 25]
    assert fields["year"][1] == "inferred"


def test_a_network_is_read_as_the_article_reads_it() -> None:
    record = b"\x01\x10MSMAIL".ljust(33, b"\0") + b"0000002E".ljust(122 - 33, b"\0")  # record 12 of Q148666
    fields = {row["name"]: row["value"] for _, row in inspect_bytes(record, "NETWORK.GLB").rows()}
    assert [fields[name] for name in ("active", "kind", "network", "mailbag")] == [1, 16, "MSMAIL", "0000002E"]


def test_a_key_of_zeros_is_one_that_is_new_or_was_reset() -> None:
    found = inspect_bytes(bytes(560), "SYSTEM.KEY")
    assert found.entry.name == "key"
    assert not found.faults
    assert "a new key file" in found.summary[0]
    assert "new" not in inspect_bytes(b"\1" + bytes(559), "SYSTEM.KEY").summary[0]


def test_what_precedes_records_is_no_record() -> None:
    found = inspect_bytes(bytes(512 + 2 * 197), "PROCESS.GLB")
    assert [row["name"] for _, row in found.rows()] == ["head", "run[1]", "run[2]"]
    assert inspect_bytes(bytes(500), "PROCESS.GLB").damaged


def test_a_deleted_network_is_called_so() -> None:
    found = inspect_bytes(b"\0\0OLD".ljust(122, b"\0"), "NETWORK.GLB")
    assert [row["meaning"] for _, row in found.rows() if row["name"] == "active"] == ["deleted"]


FOREIGN = {
    "glTF": (b"glTF\2\0\0\0", "a glTF model"),
    "PST": (b"!BDN" + bytes(4) + b"SM\x17\0" + bytes(32), "a personal folder file"),
    "EDB": (b"\1\2\3\4\xef\xcd\xab\x89\x20\6" + bytes(40), "a database of Exchange"),
    "zip": (b"PK\3\4\x14\0\0\0\x08\0" + bytes(16) + b"\5\0\0\0A.TXT" + bytes(50), "an archive, which holds files"),
    "IIS": (
        b"#Software: Microsoft Internet Information Services 5.0\r\n#Fields: date time\r\n",
        "a log of a mail or web",
    ),
    "postfix": (b"Apr  7 12:13:52 mail postfix/smtpd[123]: connect from x\n", "a log of a mail server"),
    "tracking": (b"# Message Tracking Log File\r\n", "a log of message tracking"),
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("file", ["GIVEN.BIN", "REQTRANS.GLB"])
def test_what_is_of_another_program_is_named_for_what_it_is(name: str, file: str, tmp_path: Path) -> None:
    data, says = FOREIGN[name]
    if file == "REQTRANS.GLB" and name not in ("glTF", "PST", "EDB"):
        pytest.skip("a queue's name says more than the beginning of a text")
    path = tmp_path / file
    path.write_bytes(data.ljust(600, b"\0") if b"\n" not in data else data)
    with pytest.raises(UnknownFormatError, match=says):
        inspect(path)
    if name != "zip":  # an archive is opened
        for command in (diagnose, unsent):
            with pytest.raises(UnknownFormatError, match=says):
                command(path)


@pytest.mark.parametrize(
    "magic", [each for each in FOREIGN_SIGNATURES if len(each.magic) < 8], ids=lambda each: each.what
)
def test_four_bytes_by_chance_take_no_file_with_a_name_of_ours_away(magic: Signature) -> None:
    data = bytearray(600)
    data[magic.at : magic.at + len(magic.magic)] = magic.magic
    assert inspect_bytes(bytes(data), "REQTRANS.GLB").entry.name == "queue"
    with pytest.raises(UnknownFormatError, match=re.escape(magic.what)):
        inspect_bytes(bytes(data), "GIVEN.BIN")


def test_a_folder_of_models_is_no_postoffice_and_models_beside_one_hide_nothing(tmp_path: Path) -> None:
    models = tmp_path / "glb"
    models.mkdir()
    (models / "tree.glb").write_bytes(b"glTF" + bytes(100))
    with pytest.raises(UnknownFormatError):
        diagnose(tmp_path)
    shutil.copytree(NETWORK, tmp_path / "network")
    report = diagnose(tmp_path)
    assert len(report.network.postoffices) == len(diagnose(NETWORK).network.postoffices)
    assert report.failures == []
    assert "a glTF model" in next(each.why for each in report.evidence.passed_over)


def test_a_mailbag_alone_is_named(tmp_path: Path) -> None:
    (tmp_path / "00000001.MBG").write_bytes(bytes(116))
    with pytest.raises(UnknownFormatError, match="mailbag"):
        diagnose(tmp_path / "00000001.MBG")


@pytest.mark.parametrize("name", ["REQTRANS.GLB", "PROCESS.GLB", "NETWORK.GLB", "SYSTEM.KEY"])
def test_an_archive_under_a_name_of_ours_is_called_an_archive(name: str) -> None:
    data = b"PK\x03\x04\x14\0\0\0\x08\0!\0\0\0A \0\0\x0c\0\0\0\x0c\0\0\0\x05\0\0\0A.TXT" + bytes(100)
    with pytest.raises(UnknownFormatError, match="a zip archive, which is not read"):
        inspect_bytes(data, name)
