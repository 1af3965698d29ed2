"""Read, explain, repair and generate the files of Microsoft Mail Dir-Sync.

Everything the command line does is one call here. Names are loaded when they are first used, so that importing the
package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glbtools.diagnosis.engine import Report, diagnose
    from glbtools.diagnosis.unsent import unsent
    from glbtools.directory.backsync import backsync
    from glbtools.directory.compare import compare as compare_dumps
    from glbtools.directory.dump import Dump
    from glbtools.directory.export import export as export_changes
    from glbtools.errors import (
        DescriptionError,
        FileAccessError,
        GlbError,
        LayoutError,
        OutputExistsError,
        UnknownFormatError,
        UsageError,
    )
    from glbtools.evidence.build import build
    from glbtools.formats.messages import of_code as messages
    from glbtools.formats.registry import Inspection, inspect, inspect_bytes
    from glbtools.learn.checking import check_layout
    from glbtools.learn.learning import learn_layout
    from glbtools.library import (
        read_columns,
        read_listing,
        read_log,
        read_queue,
        read_reqconf,
        read_srvconf,
        stream_queue,
        stream_tuples,
    )
    from glbtools.repair.plan import plan_rebuild
    from glbtools.simulation.run import simulate, truth_of
    from glbtools.sync.pair import run as synchronize

__version__ = "0.1.0"

_PLACES = {
    "DescriptionError": "errors",
    "FileAccessError": "errors",
    "GlbError": "errors",
    "LayoutError": "errors",
    "OutputExistsError": "errors",
    "UnknownFormatError": "errors",
    "UsageError": "errors",
    "Report": "diagnosis.engine",
    "Dump": "directory.dump",
    "backsync": "directory.backsync",
    "build": "evidence.build",
    "check_layout": "learn.checking",
    "compare_dumps": "directory.compare:compare",
    "diagnose": "diagnosis.engine",
    "export_changes": "directory.export:export",
    "unsent": "diagnosis.unsent",
    "messages": "formats.messages:of_code",
    "Inspection": "formats.registry",
    "inspect": "formats.registry",
    "inspect_bytes": "formats.registry",
    "learn_layout": "learn.learning",
    "plan_rebuild": "repair.plan",
    "read_columns": "library",
    "read_listing": "library",
    "read_log": "library",
    "read_queue": "library",
    "read_reqconf": "library",
    "read_srvconf": "library",
    "simulate": "simulation.run",
    "synchronize": "sync.pair:run",
    "stream_queue": "library",
    "stream_tuples": "library",
    "truth_of": "simulation.run",
}

__all__ = [
    "DescriptionError",
    "Dump",
    "FileAccessError",
    "GlbError",
    "Inspection",
    "LayoutError",
    "OutputExistsError",
    "Report",
    "UnknownFormatError",
    "UsageError",
    "__version__",
    "backsync",
    "build",
    "check_layout",
    "compare_dumps",
    "diagnose",
    "export_changes",
    "inspect",
    "inspect_bytes",
    "learn_layout",
    "messages",
    "plan_rebuild",
    "read_columns",
    "read_listing",
    "read_log",
    "read_queue",
    "read_reqconf",
    "read_srvconf",
    "simulate",
    "stream_queue",
    "stream_tuples",
    "synchronize",
    "truth_of",
    "unsent",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'glbtools' has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    value = getattr(import_module(f"glbtools.{module}"), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
