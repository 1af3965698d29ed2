"""Documents that commands print for programs are as the schemas in the package say."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

EVIDENCE = ("stuck", "seed-server-restored", "healthy-week", "damaged", "network", "podiag")
SCHEMAS = files("glbtools.schemas")


@pytest.mark.parametrize("name", EVIDENCE)
@pytest.mark.parametrize(
    ("command", "schema"),
    [("diagnose", "diagnosis"), ("unsent", "unsent"), ("report", "report"), ("timeline", "timeline")],
)
def test_a_document_is_as_its_schema_says(command: str, schema: str, name: str, fixture_path, run) -> None:
    document = json.loads(run(command, fixture_path(name), "--json").out)
    said = json.loads((SCHEMAS / f"{schema}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(said)
    jsonschema.validate(document, said)


def test_a_schema_refuses_what_is_not_said_in_it(fixture_path, run) -> None:
    document = json.loads(run("unsent", fixture_path("stuck"), "--json").out)
    said = json.loads((SCHEMAS / "unsent.schema.json").read_text("utf-8"))
    document["unsent"][0]["more"] = 1
    with pytest.raises(jsonschema.ValidationError, match="more"):
        jsonschema.validate(document, said)
