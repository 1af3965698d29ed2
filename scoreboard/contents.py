"""Contents of queue files as they may have been: whose changes, with which numbers, stamped when.

Texts are made by the package's own grammar of transactions, names and addresses by its rules on lengths and characters.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from glbtools.formats.queue import CONFIRMED_TEXT, PODIAG_TEXT, ResyncHeader
from glbtools.simulation.life import Dice

KINDS = ("REQTRANS", "MSTTRANS", "RESYNC")
LEAST, MOST = 30, 300
"""How many records a file has."""

_FIRST = (
    "Anna", "Bob", "Carl", "Doris", "Eva", "Frank", "Gerd", "Hélène", "Ingrid", "Jürgen", "José", "Karl-Heinz", "Laura",
    "Märta", "Niña", "Olaf", "Paul", "Renée", "Søren", "Theo", "Ulrike", "Vera", "Walter", "Xaver", "Yvonne", "Zoë",
)  # fmt: skip
_LAST = (
    "Adams", "Åberg", "Black", "Böhm", "Castaño", "Dubois", "Ericsson", "Fischer", "Groß", "Håkansson", "Ibañez",
    "Jones", "König", "Lefèvre", "Martin", "Müller", "Nuñez", "O'Neill", "Peña", "Quist", "Rößler", "Smith", "Thürmann",
    "Vogel", "Weiß", "Young", "Zürcher",
)  # fmt: skip
_PLACES = (
    "POLYNOMIAL", "MONTGOMERY", "NOVEMBER", "OCTOBER", "EAST", "WEST", "HQ", "SALES", "PLANT2", "BERLIN", "OSLO", "LAB",
    "FINANCE", "NET1", "PO1", "CENTRAL", "TESTING",
)  # fmt: skip
_DOMAINS = ("example.com", "plant.example", "uni.example.edu", "mail.example.net")
_WAYS = ("PCM", "PCM", "PCM", "PCM", "PCM", "SNADS", "PROFS", "OV", "CSI", "SMTP", "MSMAIL", "FAX", "X400", "MHS")
_HIERARCHICAL = ("PCM:", "SNADS:", "PROFS:", "OV:", "CSI:")
_PROMPTS = ("Phone:", "FAX:", "Title:", "Office:", "Department:", "City//ST//Zip:", "Local:")


class Change(NamedTuple):
    """One record to be written: its number, when by the writer's clock, and its text."""

    sync: int
    when: datetime
    text: str


class Limits(NamedTuple):
    """What a layout has room for.

    Attributes:
        sync: highest number.
        text: longest text in bytes.
        newline: what ends a line inside a text.
        seconds: to how many seconds a stamp is exact.
    """

    sync: int
    text: int
    newline: str = "\r\n"
    seconds: int = 1


def changes(dice: Dice, kind: str, count: int, limits: Limits) -> list[Change]:
    """Return the records of a queue of one of ``KINDS``, in the order of the file."""
    nodes = [_node(dice) for _ in range(2 + dice.below(4))]
    texts = _texts(dice, kind, count, nodes, limits)
    numbers = _numbers(dice, kind, count, limits.sync, held=texts[0].startswith("# L") or texts[0] == PODIAG_TEXT)
    return [Change(*each) for each in zip(numbers, _moments(dice, kind, count, limits.seconds), texts, strict=True)]


def _texts(dice: Dice, kind: str, count: int, nodes: list[str], limits: Limits) -> list[str]:
    texts = []
    if kind == "RESYNC":
        texts.append(ResyncHeader(1 + dice.below(9), 1 + dice.below(900), 1 + dice.below(9000)).text)
        for number in range(count - 1):
            # Whole lists: each node is cleared, then filled (Q119449).
            node = nodes[number * len(nodes) // count]
            texts.append(f"R {node}" if f"R {node}" not in texts else _fitting(dice, "A", nodes=[node], limits=limits))
        return texts
    if kind == "REQTRANS" and dice.chance(0.4):
        texts.append(dice.one_of((CONFIRMED_TEXT, PODIAG_TEXT)))
    own = nodes[:1] if kind == "REQTRANS" else nodes
    if dice.chance(0.3):
        texts.append(f"R {own[0]}")
        texts += [_fitting(dice, "A", own, limits) for _ in range(dice.below(count // 2))]
    while len(texts) < count:
        texts.append(_fitting(dice, dice.one_of("AAAAAAAAADDDDMMMMRT"), own, limits))
    return texts[:count]


def _numbers(dice: Dice, kind: str, count: int, highest: int, *, held: bool) -> list[int]:
    """Return rising numbers: without gaps, but for MSTTRANS, which has some (Q108067)."""
    steps = [1] * count
    if kind == "MSTTRANS":
        steps = [1 if dice.chance(0.8) else 2 + dice.below(12) for _ in range(count)]
        if dice.chance(0.3):
            steps[dice.below(count)] = 1300
    room = max(highest - sum(steps), 1)
    first = 1
    if kind != "RESYNC" and dice.chance(0.8):
        first += dice.below(min(room, dice.one_of((90, 900, 30_000, 90_000))))
    if held:
        first = max(first - 1, 1)
    numbers = [first]
    for step in steps[1:]:
        numbers.append(numbers[-1] + step)
    return numbers


def _moments(dice: Dice, kind: str, count: int, exact: int) -> list[datetime]:
    """Return rising moments: a few seconds apart within a run, hours or days between runs."""
    now = datetime(1993 + dice.below(8), 1 + dice.below(12), 1 + dice.below(28), dice.below(24), dice.below(60))
    still = kind == "RESYNC" and dice.chance(0.5)
    still = still or dice.chance(0.05)
    now += timedelta(seconds=dice.below(60) // exact * exact)
    moments = []
    left = 1 + dice.below(8)
    for _ in range(count):
        moments.append(now)
        if still:
            continue
        left -= 1
        if left <= 0 and kind != "RESYNC":
            now += timedelta(minutes=dice.below(60 * dice.one_of((1, 6, 40))), seconds=dice.below(60) // exact * exact)
            left = 1 + dice.below(8)
        elif dice.chance(0.5):
            now += timedelta(seconds=dice.below(20) // exact * exact)
    return moments


# --- texts -------------------------------------------------------------------------------------------------------


def _fitting(dice: Dice, code: str, nodes: list[str], limits: Limits) -> str:
    """Return a transaction that the layout has room for."""
    for _ in range(20):
        text = _transaction(dice, code, dice.one_of(nodes), limits.newline)
        if len(text) <= limits.text:
            return text
    return f"D {dice.one_of(_LAST)}\tPCM:NET/PO/A"


def _transaction(dice: Dice, code: str, node: str, newline: str) -> str:
    if code == "R":
        return f"R {node}"
    if code == "T":
        fields = [
            f" {prompt}~{1 + 30 * number}~{10 + dice.below(20)}~{dice.one_of(('A', 'U', 'N', 'P'))}~~"
            for number, prompt in enumerate(_PROMPTS[: 1 + dice.below(len(_PROMPTS))])
        ]
        return newline.join([f"T {node}", *fields])
    alias, address = _alias(dice), _address(dice, node)
    entry = f"{alias:30} {address}" if dice.chance(0.12) else f"{alias}\t{address}"
    lines = [f"{code} {entry}"]
    addresses = [address]
    if code == "M":
        addresses.append(address if dice.chance(0.8) else _address(dice, node))
        lines.append(f"  {_alias(dice)}\t{addresses[1]}")
    if code in "AM" and all(each.startswith(_HIERARCHICAL) for each in addresses) and dice.chance(0.15):
        for prompt in _PROMPTS[: 1 + dice.below(4)]:
            lines.append(f"- {prompt}/({100 + dice.below(900)}) {dice.one_of(_LAST)} {dice.below(9000)}")
    return newline.join(lines)


def _alias(dice: Dice) -> str:
    first, last = dice.one_of(_FIRST), dice.one_of(_LAST)
    made = dice.one_of((f"{first} {last}", f"{last}, {first}", f"{last}, {first} ({dice.one_of(_PLACES)})", first))
    return made[:30].rstrip()


def _node(dice: Dice) -> str:
    return f"PCM:{dice.one_of(_PLACES)}/{dice.one_of(_PLACES)}"


def _address(dice: Dice, node: str) -> str:
    way = dice.one_of(_WAYS)
    last = dice.one_of(_LAST).encode("ascii", "ignore").decode().replace("'", "")
    mailbox = (dice.one_of(_FIRST)[0] + last + str(dice.below(100)))[:10]
    if not mailbox.isascii():
        mailbox = f"u{dice.below(10_000)}"
    if f"{way}:" in _HIERARCHICAL:
        return f"{way}:{node.partition(':')[2]}/{dice.one_of((mailbox, mailbox.lower(), mailbox.upper()))}"
    return {
        "SMTP": f"SMTP:{mailbox.lower()}@{dice.one_of(_DOMAINS)}",
        "MSMAIL": f"MSMAIL:{mailbox}@{dice.one_of(_PLACES)}",
        "FAX": f"FAX:{mailbox}~{dice.one_of(_PLACES)}~Example~{100 + dice.below(900)} {1000000 + dice.below(9000000)}",
        "X400": f"X400:c=US;a= ;p=example;o={dice.one_of(_PLACES)};s={last};g={mailbox[:1]}",
        "MHS": f"MHS:{mailbox}@{dice.one_of(_PLACES)}",
    }[way]
