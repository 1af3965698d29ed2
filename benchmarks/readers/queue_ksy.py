# Generated from queue.ksy by npm's kaitai-struct-compiler 0.11.0:
# K.compile('python', YAML.parse(text of queue.ksy), null, false). Only this comment was added.
# This is a generated file! Please edit source .ksy file and use kaitai-struct-compiler to rebuild
# type: ignore

import kaitaistruct
from kaitaistruct import KaitaiStruct, KaitaiStream, BytesIO


if getattr(kaitaistruct, 'API_VERSION', (0, 9)) < (0, 11):
    raise Exception("Incompatible Kaitai Struct Python API: 0.11 or later is required, but you have %s" % (kaitaistruct.__version__))

class QueueKsy(KaitaiStruct):
    def __init__(self, _io, _parent=None, _root=None):
        super(QueueKsy, self).__init__(_io)
        self._parent = _parent
        self._root = _root or self
        self._read()

    def _read(self):
        self.records = []
        i = 0
        while not self._io.is_eof():
            self.records.append(QueueKsy.Record(self._io, self, self._root))
            i += 1



    def _fetch_instances(self):
        pass
        for i in range(len(self.records)):
            pass
            self.records[i]._fetch_instances()


    class Record(KaitaiStruct):
        def __init__(self, _io, _parent=None, _root=None):
            super(QueueKsy.Record, self).__init__(_io)
            self._parent = _parent
            self._root = _root
            self._read()

        def _read(self):
            self.checksum = self._io.read_u2le()
            self.len_text = self._io.read_u2le()
            self.sync = self._io.read_u4le()
            self.stamp = self._io.read_u4le()
            self.links = self._io.read_bytes(12)
            self.text = (self._io.read_bytes(self.len_text - 1)).decode(u"cp850")
            self.nul = self._io.read_bytes(1)


        def _fetch_instances(self):
            pass



