"""Two domain controllers that replicate with each other, in a network namespace of their own; run as a program by root.

    unshare --net --mount --pid --fork --kill-child python -m tests.real.replicating DIRECTORY

What samba-tool prints of their links, and dumps of their databases, are left in the directory, named by the moment:
``sound`` when both had everything, ``down`` when the second could not be reached, ``back`` when an older image of the
second had been put back. What the guide's ldapsearch commands write is in ``guide``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.real.controller import BASE, PASSWORD, ran

ADDRESSES = {"dc1": "10.53.57.1", "dc2": "10.53.57.2"}
REALM = "GLB.EXAMPLE"
LOGIN = ("-U", f"Administrator%{PASSWORD}")
CONTEXTS = (BASE, f"CN=Configuration,{BASE}", f"CN=Schema,CN=Configuration,{BASE}")
WITH_VECTORS = ("*", "uSNChanged", "uSNCreated", "replPropertyMetaData", "replUpToDateVector")


class Replica:
    """A domain controller that runs."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name, self.host = root / name, name, f"{name}.glb.example"
        self.config = self.root / "etc" / "smb.conf"
        self.server: subprocess.Popen[bytes] | None = None

    def configure(self) -> None:
        """Give it sockets and an address of its own, and the services that replication needs alone."""
        own = ("pid directory", "ncalrpc dir", "log file", "interfaces", "server services", "dns forwarder")
        kept = [each for each in self.config.read_text().splitlines() if not each.strip().startswith(own)]
        (self.root / "run" / "ncalrpc").mkdir(parents=True, exist_ok=True)
        settings = [
            f"pid directory = {self.root}/run", f"ncalrpc dir = {self.root}/run/ncalrpc", f"log file = {self.root}/log",
            "server services = ldap, cldap, rpc, drepl, kdc, kcc, dns", "bind interfaces only = yes",
            f"interfaces = {ADDRESSES[self.name]}/32", "name resolve order = host", "disable netbios = yes",
            "ldap server require strong auth = no",
        ]  # fmt: skip
        at = kept.index("[global]") + 1
        self.config.write_text("\n".join([*kept[:at], *settings, *kept[at:]]) + "\n")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        output = (self.root / "output").open("wb")
        self.server = subprocess.Popen(
            ["samba", "-i", "-M", "prefork", "-s", str(self.config)],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        for _ in range(60):
            time.sleep(1)
            asked = ["ldapsearch", "-x", "-H", f"ldap://{ADDRESSES[self.name]}", "-b", "", "-s", "base"]
            if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
                return
        raise SystemExit(f"{self.name} does not answer")

    def stop(self) -> None:
        """Stop it and all that it has started."""
        assert self.server is not None
        os.killpg(self.server.pid, 15)
        self.server.wait(60)
        time.sleep(1)

    def tool(self, *words: str, fails: bool = False) -> str:
        """Run samba-tool; what it prints."""
        if not fails:
            return ran("samba-tool", *words, *LOGIN, "-s", str(self.config))
        done = subprocess.run(["samba-tool", *words, *LOGIN, "-s", str(self.config)], capture_output=True, check=False)
        return done.stdout.decode()

    def user(self, name: str) -> None:
        """Make a user in its database."""
        ran(
            "samba-tool",
            "user",
            "create",
            name,
            PASSWORD,
            "-H",
            f"{self.root}/private/sam.ldb",
            f"--configfile={self.config}",
        )

    def dump(self, path: Path) -> None:
        """Write its objects, with the vector of the domain, and a capture of the rootDSE beside them."""
        database = ("-H", f"{self.root}/private/sam.ldb", f"--configfile={self.config}")
        path.write_text(ran("ldbsearch", *database, "-b", BASE, "--show-deleted", "(objectClass=*)", *WITH_VECTORS))
        settings = f"CN=NTDS Settings,CN={self.name.upper()},CN=Servers,CN=Default-First-Site-Name,CN=Sites"
        root = ran("ldbsearch", *database, "-b", "", "-s", "base")
        root += ran("ldbsearch", *database, "-b", f"{settings},CN=Configuration,{BASE}", "-s", "base")
        path.with_name(f"{path.stem}.rootdse.ldif").write_text(root)


def alias(replica: Replica) -> str:
    """Return the name under which a partner looks for a domain controller: the identity of its NTDS Settings."""
    settings = f"CN=NTDS Settings,CN={replica.name.upper()},CN=Servers,CN=Default-First-Site-Name,CN=Sites"
    found = ran("ldbsearch", "-H", f"{replica.root}/private/sam.ldb", f"--configfile={replica.config}", "-b",
                f"{settings},CN=Configuration,{BASE}", "-s", "base", "objectGUID")  # fmt: skip
    return found.partition("objectGUID: ")[2].split()[0] + "._msdcs.glb.example"


def network(root: Path) -> Path:
    """Give the namespace its addresses and names; the file of names."""
    ran("ip", "link", "set", "lo", "up")
    for address in ADDRESSES.values():
        ran("ip", "addr", "add", f"{address}/24", "dev", "lo")
    names = root / "hosts"
    lines = [f"{address} {name}.glb.example {name}" for name, address in ADDRESSES.items()]
    names.write_text("\n".join(["127.0.0.1 localhost", *lines]) + "\n")
    (root / "resolv.conf").write_text(f"search glb.example\nnameserver {ADDRESSES['dc1']}\n")
    # The name of a partner bears the realm in lower case.
    realms = "".join(f" {each} = {{\n  kdc = {ADDRESSES['dc1']}\n }}\n" for each in (REALM, REALM.lower()))
    (root / "krb5.conf").write_text(
        f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = true\n dns_lookup_realm = false\n"
        f"[realms]\n{realms}[domain_realm]\n .glb.example = {REALM}\n glb.example = {REALM}\n"
    )
    ran("mount", "--bind", str(names), "/etc/hosts")
    ran("mount", "--bind", str(root / "resolv.conf"), "/etc/resolv.conf")
    os.environ["KRB5_CONFIG"] = str(root / "krb5.conf")
    return names


def joined(root: Path) -> tuple[Replica, Replica]:
    """Make the first domain controller, and the second by joining the first one's domain; both run."""
    names = network(root)
    first, second = Replica(root, "dc1"), Replica(root, "dc2")
    ran("samba-tool", "domain", "provision", f"--targetdir={first.root}", f"--realm={REALM}", "--domain=GLB",
        "--host-name=dc1", f"--host-ip={ADDRESSES['dc1']}", "--server-role=dc", "--dns-backend=SAMBA_INTERNAL",
        f"--adminpass={PASSWORD}")  # fmt: skip
    first.configure()
    first.start()
    ran("samba-tool", "domain", "join", REALM, "DC", f"--targetdir={second.root}", *LOGIN, f"--server={first.host}",
        "--dns-backend=NONE", "--option=netbios name=dc2", "-s", str(first.config))  # fmt: skip
    second.configure()
    with names.open("a") as stream:
        for each in (first, second):
            stream.write(f"{ADDRESSES[each.name]} {alias(each)}\n")
    second.start()
    for each in (first, second):  # a partner asks for the principal of replication, which a service adds in its time
        ran("samba_spnupdate", "-s", str(each.config))
    return first, second


def replicate(to: Replica, source: Replica, *, fails: bool = False) -> None:
    """Have one take what the other has; a server that has just begun may break the first connections off."""
    for context in CONTEXTS:
        for patience in reversed(range(10)):
            try:
                to.tool("drs", "replicate", to.host, source.host, context, fails=fails)
                break
            except AssertionError:
                if not patience:
                    raise
                time.sleep(2)


def shown(replica: Replica, into: Path, moment: str) -> None:
    """Keep what samba-tool prints of its links, for people and for programs."""
    (into / f"{moment}-{replica.name}.txt").write_text(replica.tool("drs", "showrepl", replica.host))
    (into / f"{moment}-{replica.name}.json").write_text(replica.tool("drs", "showrepl", replica.host, "--json"))


GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "directory.md"


def guided(place: Path, second: Replica) -> None:
    """Run the commands of the guide as printed there, but for servers, base and login."""
    place.mkdir()
    text = GUIDE.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"^(?:ldapsearch -LLL|samba-tool drs) .*$", text, re.MULTILINE):
        login = f"-x -D Administrator@{REALM} -w '{PASSWORD}'"
        command = line.replace("DC=example,DC=com", BASE)
        for name, address in ADDRESSES.items():
            command = command.replace(f"-LLL -H ldap://{name} ", f"-LLL -H ldap://{address} {login} ")
        command = command.replace(
            "showrepl dc2", f"showrepl {second.host} {shlex.join((*LOGIN, '-s', str(second.config)))}"
        )
        subprocess.run(command, shell=True, check=True, timeout=120, cwd=place)


def main(into: Path) -> None:
    """Make the history."""
    root = into / "controllers"
    root.mkdir()
    first, second = joined(root)
    first.user("anton")
    second.user("berta")
    for _ in range(2):
        replicate(second, first)
        replicate(first, second)
    for each in (first, second):
        shown(each, into, "sound")
        each.dump(into / f"sound-{each.name}.ldif")
    guided(into / "guide", second)
    second.stop()
    shutil.copytree(second.root / "private", root / "image", ignore=shutil.ignore_patterns("ldapi"))
    second.start()
    second.user("clara")
    second.user("doris")
    replicate(first, second)
    second.stop()
    replicate(first, second, fails=True)
    shown(first, into, "down")
    shutil.rmtree(second.root / "private")
    shutil.copytree(root / "image", second.root / "private")
    for each in (first, second):
        each.dump(into / f"back-{each.name}.ldif")
    first.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
