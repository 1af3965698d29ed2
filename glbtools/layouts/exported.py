"""A layout in the languages of other tools: Kaitai Struct (``.ksy``) and the C structures that dissect.cstruct reads.

Status, role and source of each field go along as comments, and so does what the other language cannot say: reading on
behind damage, checksums, which records are in the queue, dates. A structure is no stricter than ``glbtools inspect``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from glbtools.binary.field import ODD, Field
from glbtools.binary.layout import PADDED, TERMINATORS, Layout
from glbtools.binary.records import NO_LINK
from glbtools.errors import UsageError
from glbtools.layouts.written import to_toml

_KAITAI = {"u8": "u1", "u16": "u2", "u32": "u4", "i8": "s1", "i16": "s2", "i32": "s4"}
_C = {"u8": "uint8", "u16": "uint16", "u32": "uint32", "i8": "int8", "i16": "int16", "i32": "int32"}
_CODE_PAGES = {"cp850": "IBM850", "cp437": "IBM437"}
_ENDIANS = {"big": ">", "little": "<"}


def exported(layout: Layout, language: str) -> str:
    """Return a layout as the text of a file of another tool.

    Args:
        layout: the layout.
        language: one of ``LANGUAGES``.

    Raises:
        UsageError: the language has no form for how the layout ends its texts, or for pages.
    """
    if layout.page and language != "toml":
        raise UsageError(f"{layout.id}: records in pages of {layout.page} bytes cannot be said in {language}")
    return LANGUAGES[language](layout)


def ksy(layout: Layout) -> str:
    """Return a layout as a Kaitai Struct specification, for its compiler 0.11 and later."""
    root = [each for each in layout.fields if each.section == "header"]
    own = [each for each in layout.fields if each.section != "header"]
    lines = [f"# {each}".rstrip() for each in _remarks(layout, clear=bool(_process(layout)))]
    lines += ["meta:", f"  id: {_identifier(layout)}", f"  title: {json.dumps(layout.title)}"]
    lines += [f"  endian: {'be' if layout.byte_order == 'big' else 'le'}"]
    lines += [f"  encoding: {_CODE_PAGES.get(layout.encoding, layout.encoding.upper())}"]
    lines += [f"  -glbtools-layout: {layout.id}", f"  -glbtools-status: {layout.status}"]
    if layout.doc:
        lines += [f"doc: {json.dumps(' '.join(layout.doc.split()))}"]
    if layout.family == "reqconf":
        return "\n".join([*lines, "seq:", *_sequence(own, layout, "  "), *_instances(own, "")]) + "\n"
    lines += ["seq:", *_sequence(root, layout, "  ")]
    lines += ["  - id: records", "    type: record", "    repeat: eos", *_instances(root, "")]
    lines += ["types:", "  record:", "    seq:", *_sequence(own, layout, "      "), *_instances(own, "    ")]
    if _process(layout):
        lines += ["  clear_text:", "    seq:", "      - id: value", "        type: str", "        size-eos: true"]
    return "\n".join(lines) + "\n"


def _sequence(fields: list[Field], layout: Layout, indent: str) -> Iterator[str]:
    text = layout.text if layout.family == "queue" else None
    for each in fields:
        rows = dict(_text_keys(layout)) if each is text else dict(_keys(each, layout))
        rows |= {"doc": json.dumps(each.doc)} if each.doc else {}
        rows |= {"-glbtools-status": each.status, "-glbtools-role": each.role}
        rows |= {"-glbtools-source": json.dumps(each.source)} if each.source else {}
        yield f"{indent}- id: {each.name}"
        yield from (f"{indent}  {key}: {value}" for key, value in rows.items())
        if each is text and (ending := _stored_terminator(layout)):
            yield f"{indent}- id: terminator"
            yield f"{indent}  size: {ending}"
    behind = f"({layout.stride} - (_io.pos - {layout.header}) % {layout.stride}) % {layout.stride}"
    behind = "" if layout.lead else behind  # where a record begins says nothing of where it ends
    if text is not None and text in fields and (padding := _padding(layout, behind, "Kaitai")):
        yield f"{indent}- id: padding"
        yield f"{indent}  size: {padding}"


def _keys(each: Field, layout: Layout) -> Iterator[tuple[str, str]]:
    if each.kind in _KAITAI:
        foreign = each.size > 1 and each.byte_order != layout.byte_order
        yield "type", _KAITAI[each.kind] + (("be" if each.byte_order == "big" else "le") if foreign else "")
        return
    yield "size", str(each.size)
    if each.in_parts:
        yield "-glbtools-type", json.dumps(each.type)
    if each.kind in {"dec", "hex"}:
        yield "type", "str"
        yield "encoding", "ASCII"
    elif each.kind == "text":
        yield "type", "str"
        yield "terminator", "0"


def _text_keys(layout: Layout) -> Iterator[tuple[str, str]]:
    size = _text_size(layout)
    if size:
        yield "size", size
    elif layout.terminator == "nul":
        yield "terminator", "0"
    else:
        raise UsageError(
            f"{layout.id}: a text that ends at {layout.terminator} without a length cannot be said in Kaitai"
        )
    if layout.obscured:
        if process := _process(layout):
            yield "process", process
            yield "type", "clear_text"
        return
    yield "type", "str"
    if (layout.length_counts == PADDED or not layout.with_role("len_text")) and layout.terminator == "none":
        yield "pad-right", str(layout.pad)


def _process(layout: Layout) -> str:
    """Return how Kaitai undoes what is done to texts; empty where it has no word for that."""
    way = layout.obscuring
    if way is None or way.way not in {"xor", "rol"}:
        return ""
    if way.way == "rol":
        return f"ror({way.key})"
    if not way.field:
        return f"xor(0x{way.key:02x})"
    return f"xor({_value(layout.by_name[way.field])} & 0xff)"


def _value(each: Field) -> str:
    """Return what a number is called in an expression."""
    return f"{each.name}_value" if each.kind in {"dec", "hex", *ODD} else each.name


def _text_size(layout: Layout) -> str:
    """Return how many bytes a text has, in terms of the fields before it; empty where only its end shows that."""
    length = layout.with_role("len_text")
    if length is None:
        return str(layout.stride - _sizes(layout)[0]) if layout.terminator == "none" else ""
    value = _value(length)
    return f"{value} - {layout.counted}" if layout.counted else value


def _stored_terminator(layout: Layout) -> int:
    return len(TERMINATORS[layout.terminator]) if layout.with_role("len_text") else 0


def _padding(layout: Layout, filled: str = "", language: str = "C") -> str:
    """Return how many bytes fill a record up to its stride; empty where none do, ``filled`` where no length says it."""
    if (
        layout.stride == 1
        or layout.length_counts == PADDED
        or (not layout.with_role("len_text") and layout.terminator == "none")
    ):
        return ""
    size = _text_size(layout)
    if not size and not filled:
        raise UsageError(
            f"{layout.id}: records that end at a terminator and are filled up cannot be said in {language}"
        )
    if not size:
        return filled
    head, trail = _sizes(layout)
    rest = head + len(TERMINATORS[layout.terminator]) + trail - layout.lead
    return f"({layout.stride} - ({rest} + {size}) % {layout.stride}) % {layout.stride}"


def _sizes(layout: Layout) -> tuple[int, int]:
    head, trail = (sum(each.size for each in layout.section(name)) for name in ("record", "trailer"))
    return head, trail


def _instances(fields: list[Field], indent: str) -> Iterator[str]:
    """Yield what is computed: numbers written in digits, and the records that links lead to."""
    lines = []
    for each in fields:
        if each.kind in {"dec", "hex"}:
            lines += [f"{each.name}_value:", f"  value: {each.name}.to_i({10 if each.kind == 'dec' else 16})"]
        elif each.kind in ODD:
            lines += [f"{each.name}_value:", f"  value: {_computed(each)}"]
        elif each.link and each.kind == "u32":
            lines += [f"at_{each.name}:", f"  if: {each.name} != 0x{NO_LINK:x}", f"  pos: {each.name}"]
            lines += ["  io: _root._io", "  type: record"]
    if lines:
        yield f"{indent}instances:"
        yield from (f"{indent}  {line}" for line in lines)


def _computed(each: Field) -> str:
    """Return what computes a number that Kaitai has no type for from its bytes."""
    order = (2, 3, 0, 1) if each.kind == "w32" else range(each.size)  # the lowest byte first
    places = list(order) if each.byte_order == "little" or each.kind == "w32" else list(order)[::-1]
    stored = [f"{each.name}[{at}]" for at in places]
    if each.kind == "bcd32":
        digits = (f"({one} & 15) * {100**by} + ({one} >> 4) * {10 * 100**by}" for by, one in enumerate(stored))
        return " + ".join(digits)
    return " | ".join(f"{one} << {8 * by}" for by, one in enumerate(stored))


def cstruct(layout: Layout) -> str:
    """Return a layout as C structures for dissect.cstruct 4."""
    lines = [f"// {each}".rstrip() for each in _remarks(layout, clear=False)]
    lines += [f"// cstruct(endian='{_ENDIANS[layout.byte_order]}'); texts are of code page {layout.encoding}"]
    for section, name in (("header", "file_header"), ("record", "record")):
        fields = [each for each in layout.fields if (each.section == "header") == (section == "header")]
        if fields:
            lines += ["", f"struct {name} {{", *(f"    {line}" for line in _members(fields, layout)), "};"]
    return "\n".join(lines) + "\n"


def _members(fields: list[Field], layout: Layout) -> Iterator[str]:
    text = layout.text if layout.family == "queue" else None
    for each in fields:
        notes = [each.status, each.role, each.source]
        declared = f"char {each.name}[{each.size}];"
        if each is text:
            size = _text_size(layout)
            if not size and layout.terminator != "nul":
                raise UsageError(
                    f"{layout.id}: a text that ends at {layout.terminator} without a length cannot be said in C"
                )
            length = layout.with_role("len_text")
            if length is not None and _C.get(length.kind) is None:
                raise UsageError(f"{layout.id}: a length written in digits cannot be said in C")
            if length is not None and length.size > 1 and length.byte_order != layout.byte_order:
                raise UsageError(f"{layout.id}: a length in another byte order cannot be said in C")
            declared = f"char {each.name}[{size}];"
        elif each.kind in _C:
            if each.size == 1 or each.byte_order == layout.byte_order:
                declared = f"{_C[each.kind]} {each.name};"
            else:
                notes.append(f"a number, {each.byte_order}-endian")
        elif each.kind in {"dec", "hex"}:
            notes.append("a number in digits")
        elif each.in_parts:
            notes.append(each.type)
        elif each.kind in ODD:
            notes.append(_SAID[each.kind])
        yield f"{declared}  // {', '.join(filter(None, notes))}"
        if each is text and (ending := _stored_terminator(layout)):
            yield f"char terminator[{ending}];"
    if text is not None and text in fields and (padding := _padding(layout)):
        yield f"char padding[{padding}];"


_SAID = {
    "u24": "a number of 24 bits",
    "w32": "a number of two words, the high one first",
    "bcd32": "a number of eight digits, two in a byte",
}


def _identifier(layout: Layout) -> str:
    return "glb_" + "".join(each if each.isalnum() else "_" for each in layout.id.lower())


def _remarks(layout: Layout, *, clear: bool) -> Iterator[str]:
    """Yield what stands at the head of the file: where it is from, and what it cannot say.

    ``clear`` says whether texts that are changed in the file can be read.
    """
    yield f"{layout.title}."
    yield f"Generated by glbtools from the layout {layout.id}, whose status is {layout.status}."
    if layout.partial:
        yield "The layout is partial: what is not named is not known."
    yield "Not said here, and done by glbtools inspect: reading on behind damage, bytes that are no record, a torn last"
    yield "record, dates (they stay numbers), what a record means."
    if layout.checksum:
        yield f"The checksum is {layout.checksum_name} over {' and '.join(layout.covers)}; it is read and not computed."
    if layout.selects:
        yield "All records are read: which of them are deleted, purged or left over only glbtools inspect tells."
    if layout.order:
        yield "Records are read as their bytes lie, which is another order than that in which they follow each other."
    if layout.lines:
        yield "The lines of a text end in NUL."
    if layout.obscured and not clear:
        yield f"The bytes of texts are changed ({layout.obscured}, see the guide to layouts), and stay so here."


LANGUAGES: dict[str, Callable[[Layout], str]] = {"toml": to_toml, "ksy": ksy, "cstruct": cstruct}
"""The languages, as ``formats --as`` spells them."""
