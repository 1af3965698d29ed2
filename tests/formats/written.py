"""Files of formats that the toolkit only reads, as the programs write them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from glbtools.formats.cursors import SCHEMA, Cursor
from glbtools.formats.repadmin import SHOWREPL_HEADER, Link, Vector


def build_cursors(cursors: Iterable[Cursor]) -> bytes:
    """Write a list of cursors."""
    document = {"schema": SCHEMA, "cursors": [each._asdict() for each in cursors]}
    return (json.dumps(document, indent=2) + "\n").encode()


def build_utdvec(vectors: Iterable[Vector]) -> bytes:
    """Write an up-to-dateness vector as repadmin does; reading it gives the same, but for the numbers of lines."""
    lines = ["Caching GUIDs.", ".."]
    for each in vectors:
        name = f"{each.site}\\{each.server}" if each.site else each.server
        lines.append(f"{name}{' (retired)' if each.retired else ''} @ USN {each.usn:9} @ Time {each.time}")
    return "".join(line + "\r\n" for line in lines).encode()


def build_showrepl(links: Iterable[Link]) -> bytes:
    """Write replication links as repadmin does; reading them gives the same, but for the numbers of lines."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(SHOWREPL_HEADER)
    writer.writerows((f"showrepl_{each.status}", *each[1:11]) for each in links)
    return text.getvalue().encode()
