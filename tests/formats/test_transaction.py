"""The grammar of transactions: every published sample, every message number, and the law of the exact round trip."""

import string
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glbtools.formats import transaction
from glbtools.formats.transaction import MESSAGES, build, is_valid, parse, parse_codeless
from glbtools.model.transaction import (
    FLAT_TYPES,
    HIERARCHICAL_TYPES,
    Address,
    Entry,
    EntryLine,
    OtherLine,
    TemplateField,
    TemplateLine,
    Transaction,
    add,
    comment,
    delete,
    in_columns,
    in_tab_form,
    modify,
    replace,
)


def numbers(text):
    return [fault.number for fault in parse(text).faults]


ADDRESS = "PCM:NET/PO/BOX"

SAMPLES = {
    "Q96060 replace": ("R PCM:POLYNOMIAL/MONTGOMERY", []),
    "Q96060 TAB form": ("A apple\tPCM:POLYNOMIAL/MONTGOMERY/apple", []),
    "Q96060 alias of 30 characters": (
        "A able is he who knows his limit\tPCM:POLYNOMIAL/MONTGOMERY/able",
        [],
    ),
    "Q96060 replace a gateway": ("R SMTP:", []),
    "Q110496 dummy": ("# Dummy record installed by PODIAG.", []),
    "Q132681 columns": ("A Administrator                  PCM:NET1/PO1/Admin", []),
    "Q99419 columns": ("A Sample User 0                  SMTP:user0@dummy.host.edu", []),
    "Q118947 rename": (
        "M Black, Fred (Folkstone)        PCM:NET/PO/FredB\r\n  Black, Fred {Folkstone}        PCM:NET/PO/FredB",
        [],
    ),
    "Q152424 two-line modification, hyphens in column 1": (
        "M George Jones                   PCM:ABC/TESTING/GJONES\r\n"
        "  George Jones                   PCM:ABC/TESTING/GJONES\r\n"
        "- Title:/Sales Rep\r\n- Local:/3423\r\n- Department:/Sales\r\n",
        [],
    ),
    "Q152424 as printed": (
        "M George Jones                   PCM:ABC/TESTING/GJONES\r\n"
        "  George Jones                   PCM:ABC/TESTING/GJONES\r\n"
        " - Title:/Sales Rep\r\n - Local:/3423\r\n - Department:/Sales",
        [],
    ),
    "Q127918 short modification": ("M George Jones\r\n- Title:/Sales Rep", [72]),
    "Q131151 delete as printed": ("D  User1 alias                  PCM:NET1/PO1/USER1", [23]),
    "Q131151 delete in its columns": ("D  User1 alias                   PCM:NET1/PO1/USER1", []),
    "Q104281 template as printed": (
        "T SNADS:SNADSGATE/SNADSDGN\r\nDivision:~15~25~A~~\r\nPhone #:~15~23~NP~~\r\nCity/ST/Zip:~15~40~A~~",
        [12, 12, 12],
    ),
    "Q104281 template": (
        "T SNADS:SNADSGATE/SNADSDGN\r\n Division:~15~25~A~~\r\n Phone #:~15~23~NP~~\r\n City/ST/Zip:~15~40~A~~",
        [],
    ),
    "Q104281 add, TAB lost in print": (
        "A Doe, John D. SNADS:SNADSGATE/SNADSDGN/JOHNDOE\r\n- Division:/DIVISION 1\r\n"
        "- City//ST//Zip:/Any City, Any State, 12345",
        [23],
    ),
    "Q104281 add": (
        "A Doe, John D.\tSNADS:SNADSGATE/SNADSDGN/JOHNDOE\r\n- City//ST//Zip:/Any City, Any State, 12345",
        [],
    ),
    "Q118447 one column too far right": (
        "A Mike Sterns                     PROFS:PSSGATE/MSVM6/MSTERNS\r\n- Full Name:/Mike A. Sterns",
        [23],
    ),
    "Q106623 TAB lost in print": ("A Martin, Robert PCM:net/po/rmartin", [23]),
    "Q156729 X.400": ("A Good, Guy\tX400:/c=US/admd=ATTMAIL/prmd=TEST/pn=Guy.Good", []),
    "Q156729 X.400, TAB lost in print": ("A Good, GuyX400:/c=US/admd=ATTMAIL", [23]),
    "Q159294 extra carriage return": ("A Paul Canniff\tPCM:ABC/NYC/PCANNIFF\r\r\n", [None]),
    "Q128872 blank address": ("A group\tPCM:NET/PO/", [81]),
    "Q123398 group with a stray character": ("D thegroup\tPCM:NET/PO/TENLETTERSX", [20]),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_published_sample_is_typed_with_its_faults_and_written_back(name):
    text, expected = SAMPLES[name]
    parsed = parse(text)
    assert [fault.number for fault in parsed.faults] == expected
    assert parsed.transaction is not None
    assert build(parsed.transaction) == text


ENTRY_FAULTS = {
    "alias of 31, TAB": (f"A {'x' * 31}\t{ADDRESS}", [72]),
    "alias of 31, one blank": (f"A {'x' * 31} {ADDRESS}", [72]),
    "code only": ("A", [18]),
    "code and blank": ("D ", [18]),
    "line ends in the alias": ("A apple", [18]),
    "line ends in the alias, blank behind": ("A apple ", [18]),
    "TAB, then nothing": ("A apple\t", [48]),
    "column 33, then nothing": (f"A {'apple':<31}", [48]),
    "neither alias nor address": ("A \t", [46, 48]),
    "no alias, TAB": (f"A \t{ADDRESS}", [46]),
    "no alias, columns": (f"A {' ' * 31}{ADDRESS}", [46]),
    "no alias, nothing between": (f"A {ADDRESS}", [46]),
    "two blanks in front, TAB form": (f"A  apple\t{ADDRESS}", [23]),
    "two TABs": (f"A apple\t\t{ADDRESS}", [23]),
    "nothing between": (f"A apple{ADDRESS}", [23]),
    "column 2 not blank": ("Apple pie", [23]),
    "no type": ("A apple\tNET/PO/BOX", [16]),
    "no type in column 34": (f"A {'apple':<31}NET/PO/BOX", [16]),
    "unknown type": ("A apple\tLOTUS:NET/PO/BOX", [16]),
    "unknown type, TAB lost": ("A apple LOTUS:x", [23, 16]),
    "no mailbox": ("A apple\tPCM:NET/PO", [19]),
    "empty mailbox": ("A apple\tPCM:NET/PO/", [81]),
    "no postoffice": ("A apple\tPCM:NET", [19]),
    "empty postoffice": ("A apple\tPCM:NET//BOX", [19]),
    "empty network": ("A apple\tPCM:/PO/BOX", [19]),
    "nothing behind the type": ("A apple\tPCM:", [19]),
    "network of 11": ("A apple\tPCM:ABCDEFGHIJK/PO/BOX", [20]),
    "postoffice of 11": ("A apple\tPCM:NET/ABCDEFGHIJK/BOX", [20]),
    "mailbox of 11": ("A apple\tPCM:NET/PO/ABCDEFGHIJK", [20]),
    "network not alphanumeric": ("A apple\tPCM:N_T/PO/BOX", [69]),
    "postoffice not alphanumeric": ("A apple\tPCM:NET/P-O/BOX", [70]),
    "mailbox not alphanumeric": ("A apple\tPCM:NET/PO/B.X", [71]),
    "blank behind the mailbox": ("A apple\tPCM:NET/PO/BOX ", [71]),
    "fourth part": ("A apple\tPCM:NET/PO/BOX/Y", [71]),
    "flat, nothing behind the type": ("A apple\tSMTP:", [48]),
    "FAX recipient of 31": (f"A apple\tFAX:{'x' * 31}~b~c~1", [74]),
    "FAX location of 31": (f"A apple\tFAX:a~{'x' * 31}~c~1", [75]),
    "FAX company of 31": (f"A apple\tFAX:a~b~{'x' * 31}~1", [76]),
    "FAX phone of 23": (f"A apple\tFAX:a~b~c~{'1' * 23}", [77]),
    "FAX phone with a letter": ("A apple\tFAX:a~b~c~1-800-CALL", [15]),
    "FAX phone with every character allowed": ("A apple\tFAX:a~b~c~9, 1-206 555", []),
    "FAX of three fields": ("A apple\tFAX:a~b~c", [26]),
    "MCI on two lines": ("A apple\tMCI:Joe Doe\r\nTO: Joe", [26]),
    "MCI with a carriage return": ("A apple\tMCI:Joe Doe\rTO: Joe", [26]),
    "MCI on one line": ("A apple\tMCI:Joe Doe TO: Joe", []),
    "X.400 with semicolons": ("A apple\tX400:c=US;a=ATTMAIL;p=TEST", []),
    "X.400 with a slash in quotes": ('A apple\tX400:/ddat=ms /ddav="NET/PO/BOX"', []),
    "X.400 with no attribute": ("A apple\tX400:/c=US/nonsense", [26]),
    "extra carriage return at the end": (f"A apple\t{ADDRESS}\r", [None]),
    "empty line at the end": (f"A apple\t{ADDRESS}\r\n\r\n", [None]),
    "LF": (f"A apple\t{ADDRESS}\n", []),
}

LINE_FAULTS = {
    "no hyphen": ("Title:/x", [12]),
    "one blank in front of the hyphen": (" - Title:/x", []),
    "two blanks in front of the hyphen": ("  - Title:/x", [12]),
    "no slash": ("- Title", [22]),
    "double slash only": ("- City//State", [22]),
    "no blank behind the hyphen": ("-Title:/x", []),
    "hyphen only": ("-", [22]),
    "empty value": ("- Title:/", []),
    "comment between": ("# just so", []),
    "local user data": ("&access=1", [82]),
    "local user data without equals sign": ("&access", [88, 82]),
    "local user data without a name": ("&=1", [84, 82]),
}


@pytest.mark.parametrize("name", ENTRY_FAULTS)
@pytest.mark.parametrize("code", ["A", "D"])
def test_an_entry_has_exactly_the_faults_of_its_spacing_and_address(name, code):
    text, expected = ENTRY_FAULTS[name]
    text = code + text[1:]
    assert numbers(text) == expected
    if typed := parse(text).transaction:
        assert build(typed) == text


@pytest.mark.parametrize("name", LINE_FAULTS)
def test_a_line_below_an_entry_has_exactly_its_faults(name):
    line, expected = LINE_FAULTS[name]
    text = f"A apple\t{ADDRESS}\r\n{line}\r\n"
    assert sorted(numbers(text)) == sorted(expected)
    assert build(parse(text).transaction) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [None]),
        ("\r\nA x", [None]),
        ("X foo", [13]),
        ("a apple\tPCM:NET/PO/BOX", [13]),
        ("G group", [13]),
        ("1 foo", [12]),
        ("Hello", [12]),
        ("- Title:/x", [12]),
        ("  apple\tPCM:NET/PO/BOX", [12]),
        ("Do it", [23]),
        ("R", [17]),
        ("R ", [17]),
        ("R PCM:", [17]),
        ("R PCM:NET", [17]),
        ("R PCM:NET/", [17]),
        ("R PCM:NET/PO/BOX", [21]),
        ("R PCM:ABCDEFGHIJK/PO", [20]),
        ("R PCM:N_T/P_O", [69, 70]),
        ("R SMTP:someone", [21]),
        ("R LOTUS:x", [16]),
        ("R PCM:NET/PO\r\n- Title:/x", [12]),
        ("T PCM:NET/PO", [None]),
        ("T PCM:NET/PO\r\n- Title:/x", [12]),
        ("T SMTP:\r\n Title:~1~2~A~~", [24]),
        ("T PCM:NET/PO\r\n Title:~1~2~A~", [21]),
        ("T PCM:NET/PO\r\n Title:~1~2", [21]),
        ("T PCM:NET/PO\r\n Title:~1~x~A~~", [21]),
        ("T PCM:NET/PO\r\n Title:~1~2~Z~~", [21]),
        ("M a\tPCM:NET/PO/A\r\n  b\tPCM:NET/PO/B", []),
        ("M a\tPCM:NET/PO/A\r\n \tb\tPCM:NET/PO/B", []),
        ("M a\tPCM:NET/PO/A\r\n b\tPCM:NET/PO/B", [23]),
        ("M a\tPCM:NET/PO/A\r\n  b", [18]),
        ("M a\tPCM:NET/PO/A\r\n  b\tPCM:NET/PO/B\r\n  c\tPCM:NET/PO/C", [12]),
        ("M a\tPCM:NET/PO/A\r\n- Title:/x", []),
        ("M a\t", [48]),
        ("# anything", []),
        ("#", []),
    ],
)
def test_codes_nodes_templates_and_modifications_have_exactly_their_faults(text, expected):
    assert numbers(text) == expected


def test_template_data_of_a_flat_type_is_one_fault_over_all_its_lines():
    for kind in FLAT_TYPES - {"FAX", "X400"}:
        (fault,) = parse(f"A x\t{kind}:y\r\n- a/b\r\n- c/d").faults
        assert fault.number == 24
        assert (fault.start, fault.stop) == (len(f"A x\t{kind}:y\r\n"), len(f"A x\t{kind}:y\r\n- a/b\r\n- c/d"))


def test_every_message_number_of_the_table_is_given_by_some_text():
    tables = [*SAMPLES.values(), *ENTRY_FAULTS.values(), *LINE_FAULTS.values()]
    given_somewhere = {number for _, expected in tables for number in expected} | {13, 17, 21, 24}
    assert set(MESSAGES) <= given_somewhere


def test_a_fault_says_the_vendor_s_words_and_what_was_found_and_where():
    text = f"A apple\tPCM:NET/PO/{'B' * 11}"
    (fault,) = parse(text).faults
    assert fault.message == "Address element is too long: mailbox 'BBBBBBBBBBB' has 11 characters, 10 are allowed"
    assert text[fault.start : fault.stop] == "B" * 11


def test_a_message_shows_no_control_characters():
    assert "\x1b" not in "".join(fault.message for fault in parse("A \x1b[31mred").faults)


def test_many_faults_of_one_kind_are_counted():
    faults = parse(f"A x\t{ADDRESS}\n" + "-\n" * 1500).faults
    assert len(faults) == 1001
    assert faults[-1].message == "Expecting '/' in template information line: 500 more of this kind"


def test_an_entry_without_code_is_typed_when_its_address_is_known():
    text = "User Number 1                    PCM:NETWORK/POSTOFFICE/USER1\r\n- Phone:/(206) 635-7022"
    parsed = parse_codeless(text)
    assert [fault.number for fault in parsed.faults] == [12]
    assert (parsed.transaction.code, parsed.transaction.alias) == ("", "User Number 1")
    assert build(parsed.transaction) == text
    assert parse_codeless("Hello world").transaction is None
    assert parse_codeless("").transaction is None


def test_a_doubled_slash_in_a_prompt_is_one_slash():
    line = parse(f"A x\t{ADDRESS}\n- City//ST//Zip:/a/b").transaction.template_data[0]
    assert (line.prompt, line.value) == ("City/ST/Zip:", "a/b")


# --- the law -----------------------------------------------------------------------------------------------------

CODES = ["A ", "D ", "M ", "R ", "T ", "#", "A\t", "- ", "-", "&", "  "]
TYPES = ["PCM:", "SMTP:", "FAX:", "X400:", "profs:", "MCI:", "x:", ":"]
REST = [" ", " " * 28, "\t", "=", "/", "//", "~", "~1~2~A~~", "\r", "\n", "\r\n", "NET/PO", "apple", '"']
PIECES = st.sampled_from([*CODES, *TYPES, *REST])
HOSTILE = st.one_of(st.text(), st.lists(PIECES, max_size=14).map("".join))


@given(HOSTILE)
@example("A \r")
@example("A PCM::")
@example("M a\tPCM:b/c/d\n\n  \n -/")
def test_whatever_is_typed_is_written_back_exactly(text):
    parsed = parse(text)
    assert parsed.text == text
    if parsed.transaction is None:
        assert parsed.faults
    else:
        assert build(parsed.transaction) == text
    assert is_valid(text) == (parsed.transaction is not None and not parsed.faults)
    assert all(0 <= start <= stop <= len(text) for _, _, start, stop in parsed.faults)
    assert [fault.start for fault in parsed.faults] == sorted(fault.start for fault in parsed.faults)


@given(HOSTILE)
def test_whatever_is_typed_without_a_code_is_written_back_exactly(text):
    parsed = parse_codeless(text)
    assert 12 in [fault.number for fault in parsed.faults]
    assert all(0 <= start <= stop <= len(text) for _, _, start, stop in parsed.faults)
    if parsed.transaction:
        assert build(parsed.transaction) == text


NAME = st.text(string.ascii_letters + string.digits, min_size=1, max_size=10)
PLAIN = string.ascii_letters + string.digits + " ,.()'äöü"
ALIAS = st.text(PLAIN, min_size=1, max_size=30).map(str.strip).filter(bool)
CASE = st.sampled_from([str.upper, str.lower])


@st.composite
def hierarchical(draw, *, node=False):
    kind = draw(CASE)(draw(st.sampled_from(sorted(HIERARCHICAL_TYPES))))
    return Address(kind, draw(NAME), draw(NAME), None if node else draw(NAME))


@st.composite
def flat(draw):
    kind = draw(st.sampled_from(sorted(FLAT_TYPES)))
    word = st.text(PLAIN + "@=", min_size=1, max_size=25).map(str.strip).filter(bool)
    if kind == "FAX":
        phone = draw(st.text("0123456789 ,-", max_size=22))
        return Address(kind, value="~".join([*(draw(st.text(PLAIN, max_size=30)) for _ in range(3)), phone]))
    if kind == "X400":
        return Address(kind, value="".join(f"/{key}={draw(NAME)}" for key in ("c", "admd", "pn")))
    return Address(kind, value=draw(word))


PROMPT = st.text(PLAIN + "/#", min_size=1, max_size=15).map(lambda text: text.strip() + ":")
VALUE = st.text(PLAIN + "/", max_size=20).filter(lambda text: not text.startswith("/"))


@st.composite
def valid_transactions(draw):
    end = draw(st.sampled_from(["\r\n", "\n"]))
    code = draw(st.sampled_from("ADMRT#"))
    if code == "#":
        return comment(draw(st.text(PLAIN, max_size=40)), end)
    if code == "R":
        return replace(draw(st.one_of(hierarchical(node=True), flat().map(lambda address: address.node))), end)
    if code == "T":
        digits = st.integers(0, 80).map(str)
        edit = st.text("ULNPA", min_size=1, max_size=3)
        field = st.builds(TemplateField, PROMPT, digits, digits, edit, VALUE, VALUE, end=st.just(end))
        fields = draw(st.lists(field, min_size=1, max_size=4))
        return Transaction("T", node=draw(hierarchical(node=True)), end=end, lines=tuple(fields))
    form = draw(st.sampled_from([in_columns, in_tab_form]))
    entries = [form(draw(ALIAS), draw(st.one_of(hierarchical(), flat()))) for _ in range(2)]
    line = st.builds(TemplateLine, PROMPT, VALUE, st.just(" "), end=st.just(end))
    lines = draw(st.lists(line, max_size=3)) if entries[code == "M"].address.network is not None else []
    if code == "M":
        return modify(entries[0], entries[1], *lines, end=end)
    return (add if code == "A" else delete)(entries[0], *lines, end=end)


@given(valid_transactions())
def test_what_the_grammar_generates_has_no_fault_and_comes_back_as_the_same_values(transaction):
    text = build(transaction)
    parsed = parse(text)
    assert parsed.faults == ()
    assert parsed.transaction == transaction


@given(hierarchical(), ALIAS, st.sampled_from(["network", "postoffice", "mailbox"]), st.sampled_from("ADM"))
def test_one_character_too_many_in_a_part_is_exactly_fault_20(address, alias, part, code):
    parts = {"network": address.network, "postoffice": address.postoffice, "mailbox": address.mailbox}
    wrong = Address(address.kind, **{**parts, part: "ABCDEFGHIJK"})
    assert numbers(build(Transaction(code, entry=in_tab_form(alias, wrong)))) == [20]


@given(st.one_of(hierarchical(), flat()), st.text(string.ascii_letters, min_size=31, max_size=40))
def test_one_character_too_many_in_an_alias_is_exactly_fault_72(address, alias):
    assert numbers(build(add(in_tab_form(alias, address)))) == [72]
    assert numbers(build(add(in_columns(alias, address)))) == [72]


@given(hierarchical(), ALIAS)
def test_a_mailbox_that_is_missing_or_empty_is_exactly_fault_19_or_81(address, alias):
    assert numbers(build(add(in_tab_form(alias, address.node)))) == [19]
    assert numbers(build(add(Entry(alias, "\t", Address(address.kind, address.network, address.postoffice, ""))))) == [
        81
    ]


def test_a_line_that_fits_no_rule_is_kept_among_those_that_do():
    typed = parse(f"M a\t{ADDRESS}\n# c\n  b\t{ADDRESS}\nstray\n- x/y").transaction
    assert [type(line).__name__ for line in typed.lines] == ["CommentLine", "EntryLine", "OtherLine", "TemplateLine"]
    assert typed.lines[1] == EntryLine(in_tab_form("b", Address("PCM", "NET", "PO", "BOX")), end="\n")
    assert typed.lines[2] == OtherLine("stray", "\n")


SIZE = 2 * 10**5


@pytest.mark.parametrize(
    "text",
    [
        "\n" * SIZE,
        "\r" * SIZE,
        "A " + " " * SIZE,
        "A " + "\t" * SIZE,
        "A " + "PCM " * (SIZE // 4),
        "A " + "a:" * (SIZE // 2),
        "A x\tPCM:" + "/" * SIZE,
        "A x\tFAX:" + "~" * SIZE,
        "A x\tX400:" + '/"' * (SIZE // 2),
        f"A x\t{ADDRESS}\n- a" + "/" * SIZE,
        f"A x\t{ADDRESS}\n" + "- a/b\n" * (SIZE // 6),
        f"A x\t{ADDRESS}\n" + "\r x\n" * (SIZE // 4),
        "T PCM:a/b\n" + " a~1~1~A~~\n" * (SIZE // 11),
        f"A x\t{ADDRESS}\n" + "&=\n" * (SIZE // 3),
    ],
    ids=lambda text: repr(text[:18] + "..." + text[-4:]),
)
def test_a_long_text_takes_time_in_proportion(text):
    started = time.process_time()
    parse(text)
    assert time.process_time() - started < 5  # a quadratic parser would take minutes


@given(st.from_regex(transaction._PLAIN, fullmatch=True))
def test_what_is_taken_for_plain_has_no_fault_and_is_read_as_any_other_text(text):
    assert transaction.is_plain(text)
    assert transaction.is_valid(text)
    assert transaction.parse(text) == transaction._Parser(text).parse()
