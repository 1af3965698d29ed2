# Records of a queue file, for the reader in kaitai_reader.py. Compiled to queue_ksy.py by npm's
# kaitai-struct-compiler 0.11.0: K.compile('python', YAML.parse(this file), null, false)
meta:
  id: queue_ksy
  title: Queue file (REQTRANS, MSTTRANS, ...)
  endian: le
  # Python's own name; IBM850 means the same and is looked up more slowly.
  encoding: cp850
seq:
  - id: records
    type: record
    repeat: eos
types:
  record:
    seq:
      - id: checksum
        type: u2
      - id: len_text
        type: u2
        doc: bytes of text with its NUL
      - id: sync
        type: u4
      - id: stamp
        type: u4
      - id: links
        size: 12
        doc: ofs_prev, ofs_next and unknown_14, which the reader is not asked for
      - id: text
        type: str
        size: len_text - 1
      - id: nul
        size: 1
