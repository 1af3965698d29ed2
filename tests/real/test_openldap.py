"""Dumps of a real OpenLDAP, which numbers nothing: ``make test-real``."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCHEMA = Path("/etc/ldap/schema")
CONFIG = """include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=x"
rootdn "cn=admin,dc=x"
directory {place}/db
"""
FIRST = """dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: cn=ann,dc=x
objectClass: inetOrgPerson
cn: ann
sn: a
mail: ann@x

dn: cn=bob,dc=x
objectClass: inetOrgPerson
cn: bob
sn: b

"""
CY = "dn: cn=cy,dc=x\nobjectClass: inetOrgPerson\ncn: cy\nsn: c\n\n"


@pytest.fixture
def slapd(tmp_path):
    """``slapd(tool, text)``: what one of the tools of slapd prints; text is an LDIF for it."""
    if shutil.which("slapcat") is None or not SCHEMA.is_dir():
        pytest.skip("slapcat is not installed (apt-get install slapd)")
    (tmp_path / "db").mkdir()
    (tmp_path / "slapd.conf").write_text(CONFIG.format(schema=SCHEMA, place=tmp_path))

    def call(tool: str, text: str = "") -> str:
        words = [tool, "-f", str(tmp_path / "slapd.conf")]
        done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def _emptied(place: Path) -> None:
    shutil.rmtree(place / "db")
    (place / "db").mkdir()


def test_two_dumps_are_compared_by_identity_and_content_and_the_difference_can_be_applied(slapd, tmp_path, run):
    slapd("slapadd", FIRST)
    old, new, there = (tmp_path / f"{name}.ldif" for name in ("old", "new", "there"))
    old.write_text(slapd("slapcat"))
    # slapmodify gives what it modifies a new entryUUID, which a server that runs does not
    later = old.read_text().replace("mail: ann@x", "mail: other@x")
    later = re.sub(r"(cn: ann\n(?:.*\n)*?entryCSN: )\d{4}", r"\g<1>2099", later)
    _emptied(tmp_path)
    slapd("slapadd", later + CY)
    new.write_text(slapd("slapcat"))
    changes = tmp_path / "changes.ldif"
    done = run("directory", "compare", old, new, "--to", changes, "--as", "ldif")
    assert (done.status, "difference: 1 A, 1 M, 0 D" in done.out) == (0, True), done.out
    assert run("directory", "compare", new, old).status == 1  # it went back
    _emptied(tmp_path)
    slapd("slapadd", old.read_text())
    slapd("slapmodify", changes.read_text())
    there.write_text(slapd("slapcat"))
    names = [line for line in there.read_text().splitlines() if line.startswith(("dn:", "mail:", "sn:"))]
    assert sorted(names) == sorted(
        line for line in new.read_text().splitlines() if line.startswith(("dn:", "mail:", "sn:"))
    )
    refused = run("directory", "export", new, "--state", tmp_path / "s.json", "--to", "-")
    assert (refused.status, "no object has uSNChanged" in refused.err) == (2, True)
