"""What a domain controller keeps of replication in an object: values of a Samba 4.17, which anybody can make."""

from __future__ import annotations

import base64
import json
from datetime import datetime

import pytest

from glbtools.formats.replication import attribute_name, parse_metadata, parse_vector

LIFE = "07f2e1cb-459e-491a-9e9d-c87b33ef505e"
STAMPS = base64.b64decode(
    "AQAAAAAAAAACAAAAAAAAAAAAAAABAAAAQZwcIQMAAADL4fIHnkUaSZ6dyHsz71BeYg8AAAAAAABiDwAAAAAAABQAAAABAAAAQ5wcIQMAAADL4fIH"
    "nkUaSZ6dyHsz71BedA8AAAAAAAB0DwAAAAAAAA=="
)
VECTOR = base64.b64decode("AgAAAAAAAAABAAAAAAAAAMvh8geeRRpJnp3IezPvUF6fDwAAAAAAAACAPtXesZ0B")


def test_each_attribute_has_a_stamp():
    first, second = parse_metadata(STAMPS)
    assert first == ("objectClass", 1, datetime(2026, 11, 29, 11, 23, 45), LIFE, 3938, 3938)
    assert second == ("telephoneNumber", 1, datetime(2026, 11, 29, 11, 23, 47), LIFE, 3956, 3956)
    assert second.rank > first.rank


def test_a_vector_says_how_far_the_changes_of_each_life_are_held():
    (reached,) = parse_vector(VECTOR)
    assert reached == (LIFE, 3999, datetime(1970, 1, 1))


@pytest.mark.parametrize("cut", [0, 3, 15, 16, 40])
def test_what_is_cut_or_altered_is_refused(cut: int):
    for parse, data in ((parse_metadata, STAMPS), (parse_vector, VECTOR)):
        with pytest.raises(ValueError, match="version and number"):
            parse(data[:cut])
        with pytest.raises(ValueError, match="version and number"):
            parse(b"\7" + data[1:])


def test_an_attribute_of_a_schema_of_ones_own_has_its_number():
    assert [attribute_name(each) for each in (0x150003, 0x900DD, 0xDEADBEEF)] == [
        "mail",
        "sAMAccountName",
        "0xdeadbeef",
    ]


def test_inspect_shows_what_an_object_says_of_replication(tmp_path, run):
    text = b"dn: CN=a,DC=x\nuSNChanged: 7\nreplPropertyMetaData:: %s\n\ndn: DC=x\nreplUpToDateVector:: %s\n\n"
    (tmp_path / "a.ldif").write_bytes(text % (base64.b64encode(STAMPS), base64.b64encode(VECTOR)))
    (found,) = json.loads(run("inspect", tmp_path / "a.ldif", "--json").out)["files"]
    assert [(each["dn"], each["attribute"], each["usn"]) for each in found["stamps"]] == [
        ("CN=a,DC=x", "objectClass", 3938), ("CN=a,DC=x", "telephoneNumber", 3956)
    ]  # fmt: skip
    assert [(each["invocation"], each["usn"]) for each in found["reached"]] == [(LIFE, 3999)]
    assert "telephoneNumber" in run("inspect", tmp_path / "a.ldif", columns=200).out
    (tmp_path / "a.ldif").write_bytes(text % (base64.b64encode(STAMPS[:40]), base64.b64encode(VECTOR)))
    damaged = run("inspect", tmp_path / "a.ldif")
    assert "replPropertyMetaData cannot be read" in damaged.out
