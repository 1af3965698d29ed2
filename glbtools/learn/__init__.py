"""A layout from genuine files: candidates, ranked by what they explain, and the checksum search."""

from __future__ import annotations

from glbtools.learn.checking import LayoutCheck, check_layout
from glbtools.learn.learning import learn_layout
from glbtools.learn.result import Learning

__all__ = ["LayoutCheck", "Learning", "check_layout", "learn_layout"]
