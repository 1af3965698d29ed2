"""What a postoffice is called where its REQTRANS holds other postoffices' addresses (ruling 2)."""

from __future__ import annotations

import json

import pytest

import glbtools
from glbtools.evidence.names import BY_ADDRESSES, BY_DIRECTORY, BY_ELIMINATION
from glbtools.evidence.network import collect


def described(*, directory, addresses, registered):
    texts = [f"A {name}\tPCM:{addresses}/{name}" for name in ("ann", "bob")]
    requestors = [{"name": f"PCM:{each}", "reqsync": 3, "srvsync": 1, "importsync": 1} for each in registered]
    return {
        "postoffice": [
            {"name": "NET/HUB", "path": "hub", "role": "server", "srvconf": {"sync": 1, "requestor": requestors}},
            {
                "name": "NET/ANY",
                "path": directory,
                "reqconf": {"server": "NET/HUB", "reqsync": 3, "srvsync": 1, "importsync": 1},
                "queue": {
                    "REQTRANS": [
                        {"sync": 4 + at, "stamp": "1994-04-07T12:00:00", "text": text} for at, text in enumerate(texts)
                    ]
                },
            },
        ]
    }


@pytest.mark.parametrize(
    ("directory", "addresses", "registered", "name", "source"),
    [
        ("east", "NET/EAST", ("NET/HUB", "NET/EAST"), "NET/EAST", BY_ADDRESSES),
        ("any", "NET/EAST", ("NET/HUB", "NET/EAST", "NET/WEST"), "NET/EAST", BY_ADDRESSES),
        ("west", "OTHER/GATE", ("NET/HUB", "NET/EAST", "NET/WEST"), "NET/WEST", BY_DIRECTORY),
        ("west", "NET/EAST", ("NET/HUB", "NET/EAST", "NET/WEST"), "NET/WEST", BY_DIRECTORY),
        ("any", "OTHER/GATE", ("NET/HUB", "NET/EAST"), "NET/EAST", BY_ELIMINATION),
        ("any", "OTHER/GATE", ("NET/HUB", "NET/EAST", "NET/WEST"), "OTHER/GATE", BY_ADDRESSES),
    ],
)
def test_a_name_from_addresses_yields_to_a_registered_one(tmp_path, directory, addresses, registered, name, source):
    spec = tmp_path / "network.json"
    spec.write_text(json.dumps(described(directory=directory, addresses=addresses, registered=registered)))
    glbtools.build(spec, tmp_path / "net")
    found = next(each for each in collect([tmp_path / "net"]).postoffices if each.role != "server")
    assert (found.name, found.name_from) == (name, source)
    assert found.name_certain == (source == BY_ADDRESSES and directory.upper() in name)
