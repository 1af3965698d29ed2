"""A domain controller as Debian packages it, made, written and dumped in a directory of its own, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

BASE = "DC=glb,DC=example"
PASSWORD = "Passw0rd!x"
ATTRIBUTES = (
    *("objectClass", "objectGUID", "cn", "name", "displayName", "mail", "telephoneNumber", "description", "member"),
    *("memberOf", "isDeleted", "isRecycled", "lastKnownParent", "uSNCreated", "uSNChanged", "whenCreated"),
    *("whenChanged", "sAMAccountName", "userAccountControl"),
)
TOOLS = ("samba-tool", "ldbsearch", "ldbmodify", "ldbadd", "ldbrename")
SCHEMA = Path("/usr/share/samba/setup/ad-schema")


def missing() -> str:
    """Why there can be no domain controller here; empty when there can."""
    if absent := [each for each in TOOLS if shutil.which(each) is None]:
        return f"{', '.join(absent)} not installed (apt-get install samba samba-ad-provision ldb-tools)"
    if not SCHEMA.is_dir():
        return f"{SCHEMA} is not there (apt-get install samba-ad-provision)"
    return "" if os.geteuid() == 0 else "a domain controller is made by root"


def ran(*words: str, text: str = "") -> str:
    """Run a program; its standard output."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout[-500:]}{done.stderr[-1500:]}"
    return done.stdout


class Controller:
    """A domain controller that stands still: its database is read and written as it lies there."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name
        self.config, self.database = root / "etc" / "smb.conf", root / "private" / "sam.ldb"

    def provision(self) -> Controller:
        ran(
            "samba-tool", "domain", "provision", f"--targetdir={self.root}", "--realm=GLB.EXAMPLE", "--domain=GLB",
            f"--host-name={self.name}", "--host-ip=127.0.0.1", "--server-role=dc", "--dns-backend=NONE",
            f"--adminpass={PASSWORD}", "--option=bind interfaces only=yes", "--option=interfaces=lo",
        )  # fmt: skip
        return self

    def _ldb(self, tool: str, *words: str, text: str = "") -> str:
        return ran(tool, f"--configfile={self.config}", "-H", str(self.database), *words, text=text)

    def tool(self, group: str, action: str, *words: str) -> None:
        ran("samba-tool", group, action, "-H", str(self.database), f"--configfile={self.config}", *words)

    def user(self, name: str, *words: str) -> None:
        self.tool("user", "create", name, PASSWORD, "--userou=OU=Staff", *words)

    def modify(self, text: str) -> None:
        self._ldb("ldbmodify", text=text)

    def replace(self, dn: str, name: str, value: str) -> None:
        self.modify(f"dn: {dn},{BASE}\nchangetype: modify\nreplace: {name}\n{name}: {value}\n\n")

    def add(self, text: str) -> None:
        self._ldb("ldbadd", text=text)

    def rename(self, was: str, now: str) -> None:
        self._ldb("ldbrename", f"{was},{BASE}", f"{now},{BASE}")

    def delete(self, dn: str) -> None:
        self._ldb("ldbdel", f"{dn},{BASE}")

    def root_dse(self) -> str:
        settings = f"CN=NTDS Settings,CN={self.name.upper()},CN=Servers,CN=Default-First-Site-Name,CN=Sites"
        return self._ldb("ldbsearch", "-b", "", "-s", "base") + self._ldb(
            "ldbsearch", "-b", f"{settings},CN=Configuration,{BASE}", "-s", "base"
        )

    @property
    def highest(self) -> int:
        found = self._ldb("ldbsearch", "-b", "", "-s", "base", "highestCommittedUSN")
        return int(found.partition("highestCommittedUSN: ")[2].split()[0])

    def dump(self, path: Path, *, above: int = 0, attributes: list[str] | None = None) -> Path:
        """Write a dump, and the capture of the rootDSE beside it: of all, or of what was made above a number."""
        wanted = f"(|(objectClass=domain)(cn=Deleted Objects)(uSNCreated>={above}))" if above else "(objectClass=*)"
        found = self._ldb("ldbsearch", "-b", BASE, "--show-deleted", "--show-recycled", wanted,
                          *(attributes or ATTRIBUTES))  # fmt: skip
        path.write_text(found)
        path.with_name(f"{path.stem}.rootdse.ldif").write_text(self.root_dse())
        return path

    def copied(self, root: Path) -> Controller:
        """An image; the paths in its configuration are those of the original, so it only goes back there."""
        shutil.copytree(self.root, root)
        return Controller(root, self.name)

    def put_back(self, image: Controller) -> None:
        shutil.rmtree(self.root)
        shutil.copytree(image.root, self.root)


def first_state(controller: Controller) -> int:
    """Make units, users, a contact and a group; the number before the first of them."""
    before = controller.highest
    controller.tool("ou", "create", "OU=Staff")
    controller.tool("ou", "create", "OU=Left")
    for name in ("anton", "berta", "clara", "doris", "emil"):
        controller.user(name, f"--mail-address={name}@glb.example", f"--given-name={name}")
    controller.add(
        f"dn: CN=Desk\\, Front,OU=Staff,{BASE}\nobjectClass: contact\ndisplayName: Front desk\n"
        "mail: desk@other.example\n\n"
    )
    controller.tool("group", "add", "Readers", "--groupou=OU=Staff")
    controller.tool("group", "addmembers", "Readers", "anton,berta")
    return before + 1


def second_state(controller: Controller) -> None:
    """Modify, rename, move, delete, make anew."""
    controller.replace("CN=anton,OU=Staff", "telephoneNumber", "+49 123")
    controller.rename("CN=berta,OU=Staff", "CN=Roberta,OU=Staff")
    controller.rename("CN=clara,OU=Staff", "CN=clara,OU=Left")
    controller.tool("user", "delete", "doris")
    controller.tool("user", "delete", "emil")
    controller.user("frida")
    controller.user("gustav")
    controller.tool("user", "delete", "gustav")
    controller.tool("group", "addmembers", "Readers", "frida")
    controller.user("doris", "--mail-address=doris2@glb.example")
    controller.user("emil", "--mail-address=emil2@glb.example")
