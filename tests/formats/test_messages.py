from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from glbtools.formats import messages

TABLE = Path(messages.__file__).with_name("codes.csv")


def test_every_row_of_the_table_is_in_the_catalogue_once() -> None:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted((int(row["code"]), row["meaning"]) for row in rows) == sorted(
        (message.code, message.meaning) for message in messages.catalogue()
    )


def test_the_table_has_the_136_numbers_and_8_variants_that_its_sources_print() -> None:
    rows = messages.catalogue()
    assert len({row.code for row in rows}) == 136
    assert sum(row.variant for row in rows) == 8
    assert len(rows) == 144


def test_every_message_names_a_source_and_a_version() -> None:
    for row in messages.catalogue():
        assert row.sources and all(source[0] == "Q" and source[1:].isdigit() for source in row.sources), row
        assert all(row.versions), row


def test_severities_are_those_of_logs_or_nothing() -> None:
    words = {word for row in messages.catalogue() for word in row.severity.split("/")}
    assert words == {"", "Status", "Warning", "Error", "Fatal"}


def test_a_number_comes_with_its_own_row_first_and_its_variants_after() -> None:
    assert [row.variant for row in messages.of_code(54)] == [False, True, True]
    assert [row.text for row in messages.of_code(105)] == [
        "ReqRx received {n} updates",
        "Requestor updates received: {n}",
    ]


def test_a_number_without_any_source_has_no_message() -> None:
    assert messages.of_code(3) == ()
    assert messages.of_code(-7) == ()
    assert messages.of_code(10**9) == ()


def test_numbers_not_attested_are_what_the_table_leaves_out() -> None:
    ranges = [
        (3, 3), (5, 6), (11, 11), (94, 99), (111, 112), (117, 117), (119, 119), (121, 122), (126, 127), (130, 132),
        (134, 135), (137, 137), (140, 149), (153, 153), (160, 160), (164, 165), (168, 170), (172, 200), (205, 248),
    ]  # fmt: skip
    missing = tuple(code for first, last in ranges for code in range(first, last + 1))
    assert missing == messages.NOT_ATTESTED


def test_a_name_the_module_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        messages.nothing  # noqa: B018


def test_a_message_of_several_lines_keeps_them() -> None:
    assert messages.of_code(154)[0].text.split("\n")[0] == "Non-delivery report"


@pytest.mark.parametrize(
    ("code", "argument", "text"),
    [
        (167, "PCM,SNADS,X400,SMTP", "Server updates requested for address types: PCM,SNADS,X400,SMTP"),
        (171, None, "No requestor updates to send"),
        (105, "0", "Requestor updates received: 0"),
        (105, "36", "Requestor updates received: 36"),
        (106, "5", "ReqTx send 5 updates"),
        (104, None, "Requestor process failed."),
        (7, r"M:USR\IMPORT.USR", r"Error renaming file: M:USR\IMPORT.USR"),
        (27, "Doe, John D", "Alias already exists Doe, John D"),
        (39, "Allocating unique ID.", "Error generating TID. Allocating unique ID."),
        (40, "REQTRANS", "Possible database corruption detected: REQTRANS"),
        (83, "X", "Invalid local user token value: X"),
        (113, "NET/PO/$SYSTEM", "Failure to send mail to NET/PO/$SYSTEM"),
        (115, "NULL", "Failure to read mail from NULL"),
        (115, "<NULL>", "Failure to read mail from <NULL>"),
        (133, "PCM:NET\\PO", "Invalid Server Request PCM:NET\\PO"),
        (138, "0", "Server sync does not exist anymore (0)"),
        (139, "1300 (0->1299)", "Number of missing transactions = 1300 (0->1299)"),
        (158, "PCM:", "Requestor not registered : PCM:"),
        (159, "PCM:NET/PO", "Failure to send update mail to requestors PCM:NET/PO"),
        (203, "Global Address List not installed on this Postoffice",
         "GAL Rebuild problem accessing files Global Address List not installed on this Postoffice"),
        (-1, "Import is finished.", "Import is finished."),
    ],
)  # fmt: skip
def test_text_and_argument_of_a_message_give_each_other(code: int, argument: str | None, text: str) -> None:
    assert messages.render_text(code, argument) == text
    reading = messages.read_text(code, text)
    assert reading is not None
    assert (reading.message.code, reading.argument) == (code, argument)


@pytest.mark.parametrize("code", sorted({row.code for row in messages.catalogue()}))
@pytest.mark.parametrize("argument", [None, "X", "PCM:NET/PO", "1 (2->3)"])
def test_every_wording_can_be_taken_apart_as_it_was_put_together(code: int, argument: str | None) -> None:
    reading = messages.read_text(code, messages.render_text(code, argument))
    assert reading is not None
    assert reading.argument == argument


def test_a_message_without_argument_ends_where_its_fixed_text_ends() -> None:
    assert messages.render_text(2) == "Error opening file:"
    assert messages.render_text(171, "") == "No requestor updates to send"


def test_an_unexpected_argument_follows_after_one_blank() -> None:
    assert messages.render_text(171, "more") == "No requestor updates to send more"


def test_a_number_that_is_not_attested_gets_no_invented_text() -> None:
    assert messages.render_text(3, "X") == "message 3 (wording not documented) X"
    assert messages.read_text(3, "X") is None


@pytest.mark.parametrize("text", ["", "Failure", "Failure to send update mail to requesters PCM:NET/PO"])
def test_a_text_of_another_wording_is_not_taken_apart(text: str) -> None:
    assert messages.read_text(159, text) is None


def test_the_wording_of_3_0_is_known_where_logs_print_another() -> None:
    assert messages.of_code(129)[0].first_text == "Could not find specified sync number"
    reading = messages.read_text(91, "The mail database is locked by another process: X")
    assert reading is not None
    assert reading.argument == "X"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Requestor process failed.", (104, None)),
        ("Requestor process failed", (104, None)),
        ("Requestor updates received: 0", (105, "0")),
        ("Requestor updates received:", (105, None)),
        ("ReqRx received 12 updates", (105, "12")),
        ("ReqTx send 3 updates", (106, "3")),
        ("Server updates requested for address types: PCM", (167, "PCM")),
        ("No requestor updates to send", (171, None)),
        ("No requestor updates to send today", None),
        ("Requestor process failed. Again", None),
        ("Server updates requested for address", None),
        ("Requestor updates sent: 3", None),
        ("Import is finished.", None),
        ("", None),
    ],
)
def test_status_texts_without_number_are_recognised_by_attested_wordings_only(
    text: str, expected: tuple[int, str | None] | None
) -> None:
    assert messages.recognise(text) == expected


def test_importing_the_module_reads_no_table() -> None:
    program = "import sys, glbtools.formats.messages; print('csv' in sys.modules)"
    root = Path(messages.__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
