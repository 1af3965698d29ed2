"""Read, explain, repair and generate the files of Microsoft Mail Dir-Sync.

Everything the command line does is one call here. Names are loaded when they are first used, so that importing the
package costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it, without loading typing
if TYPE_CHECKING:
    from typing import Any

    from glbtools.binary.columns import Columns
    from glbtools.binary.layout import Layout
    from glbtools.binary.records import Gap, Record
    from glbtools.binary.span import Fault, Region, Span
    from glbtools.binary.tree import Node
    from glbtools.diagnosis.case import ChannelVerdict
    from glbtools.diagnosis.changes.found import MissingRange, Outstanding, Route, UnknownRoute, Unsent
    from glbtools.diagnosis.engine import Report, UnjudgedPostoffice, diagnose
    from glbtools.diagnosis.explanation import Explanation, explain
    from glbtools.diagnosis.finding import Alternative, Finding, RefutedHistory
    from glbtools.diagnosis.finding import Evidence as Place
    from glbtools.diagnosis.inventory import Inventory, find_evidence
    from glbtools.diagnosis.problems.problem import Problem
    from glbtools.diagnosis.unsent import unsent
    from glbtools.directory.backsync import Backsync, backsync
    from glbtools.directory.compare import Difference
    from glbtools.directory.compare import compare as compare_dumps
    from glbtools.directory.dump import Dump
    from glbtools.directory.export import Outcome as ExportResult
    from glbtools.directory.export import export as export_changes
    from glbtools.directory.output import difference_file, export_file
    from glbtools.errors import (
        DescriptionError,
        FileAccessError,
        GlbError,
        LayoutError,
        OutputExistsError,
        UnknownFormatError,
        UsageError,
    )
    from glbtools.events.event import Event
    from glbtools.events.timeline import Timeline, timeline
    from glbtools.evidence.build import build
    from glbtools.evidence.inspection import inspect
    from glbtools.fleet.survey import Survey, survey
    from glbtools.formats.base import Content, Rows
    from glbtools.formats.config import ReqConfFile, SrvConfFile
    from glbtools.formats.csvde import CsvdeFile
    from glbtools.formats.exchange_csv import CsvFile
    from glbtools.formats.ldif_dump import LdifFile
    from glbtools.formats.listing import ConfigurationListing, Listing, QueueListing
    from glbtools.formats.logs import Log, LogLine
    from glbtools.formats.messages import Message
    from glbtools.formats.messages import of_code as messages
    from glbtools.formats.queue import Queue
    from glbtools.formats.registry import Entry as Format
    from glbtools.formats.registry import Inspection, inspect_bytes
    from glbtools.layouts import Layouts
    from glbtools.layouts.exported import exported as export_layout
    from glbtools.learn.checking import LayoutCheck, check_layout
    from glbtools.learn.learning import learn_layout
    from glbtools.learn.result import Learning
    from glbtools.library import (
        load_layouts,
        read_columns,
        read_listing,
        read_log,
        read_queue,
        read_reqconf,
        read_srvconf,
        read_table,
        stream_queue,
        stream_tuples,
        supported_formats,
    )
    from glbtools.model.change import Change
    from glbtools.model.configuration import ReqConf, Requestor, SrvConf
    from glbtools.repair.edits import Edit, Remainder
    from glbtools.repair.plan import Plan, plan_rebuild
    from glbtools.repair.recovery import CarvedImage, carve
    from glbtools.repair.result import Result as RebuildResult
    from glbtools.reporting.story import write_report
    from glbtools.reporting.timeline import write_timeline
    from glbtools.simulation.many import simulate_many
    from glbtools.simulation.run import simulate, truth_of
    from glbtools.sync.agent import Result as SyncResult
    from glbtools.sync.pair import Pair
    from glbtools.sync.pair import Status as PairStatus
    from glbtools.sync.pair import init as init_pair
    from glbtools.sync.pair import run as synchronize
    from glbtools.sync.pair import status as pair_status
__version__ = "0.2.0"

_PLACES = {
    "Alternative": "diagnosis.finding",
    "Backsync": "directory.backsync",
    "CarvedImage": "repair.recovery",
    "Change": "model.change",
    "ChannelVerdict": "diagnosis.case",
    "Columns": "binary.columns",
    "ConfigurationListing": "formats.listing",
    "Content": "formats.base",
    "CsvFile": "formats.exchange_csv",
    "CsvdeFile": "formats.csvde",
    "DescriptionError": "errors",
    "Difference": "directory.compare",
    "Dump": "directory.dump",
    "Edit": "repair.edits",
    "Event": "events.event",
    "Explanation": "diagnosis.explanation",
    "ExportResult": "directory.export:Outcome",
    "Fault": "binary.span",
    "FileAccessError": "errors",
    "Finding": "diagnosis.finding",
    "Format": "formats.registry:Entry",
    "Gap": "binary.records",
    "GlbError": "errors",
    "Inspection": "formats.registry",
    "Inventory": "diagnosis.inventory",
    "Layout": "binary.layout",
    "LayoutCheck": "learn.checking",
    "LayoutError": "errors",
    "Layouts": "layouts",
    "LdifFile": "formats.ldif_dump",
    "Learning": "learn.result",
    "Listing": "formats.listing",
    "Log": "formats.logs",
    "LogLine": "formats.logs",
    "Message": "formats.messages",
    "MissingRange": "diagnosis.changes.found",
    "Node": "binary.tree",
    "OutputExistsError": "errors",
    "Outstanding": "diagnosis.changes.found",
    "Pair": "sync.pair",
    "PairStatus": "sync.pair:Status",
    "Place": "diagnosis.finding:Evidence",
    "Plan": "repair.plan",
    "Problem": "diagnosis.problems.problem",
    "Queue": "formats.queue",
    "QueueListing": "formats.listing",
    "RebuildResult": "repair.result:Result",
    "Record": "binary.records",
    "RefutedHistory": "diagnosis.finding",
    "Region": "binary.span",
    "Remainder": "repair.edits",
    "Report": "diagnosis.engine",
    "ReqConf": "model.configuration",
    "ReqConfFile": "formats.config",
    "Requestor": "model.configuration",
    "Route": "diagnosis.changes.found",
    "Rows": "formats.base",
    "Span": "binary.span",
    "SrvConf": "model.configuration",
    "SrvConfFile": "formats.config",
    "Survey": "fleet.survey",
    "SyncResult": "sync.agent:Result",
    "Timeline": "events.timeline",
    "UnjudgedPostoffice": "diagnosis.engine",
    "UnknownFormatError": "errors",
    "UnknownRoute": "diagnosis.changes.found",
    "Unsent": "diagnosis.changes.found",
    "UsageError": "errors",
    "backsync": "directory.backsync",
    "build": "evidence.build",
    "carve": "repair.recovery",
    "check_layout": "learn.checking",
    "compare_dumps": "directory.compare:compare",
    "diagnose": "diagnosis.engine",
    "difference_file": "directory.output",
    "explain": "diagnosis.explanation",
    "export_changes": "directory.export:export",
    "export_file": "directory.output",
    "export_layout": "layouts.exported:exported",
    "find_evidence": "diagnosis.inventory",
    "init_pair": "sync.pair:init",
    "inspect": "evidence.inspection",
    "inspect_bytes": "formats.registry",
    "learn_layout": "learn.learning",
    "load_layouts": "library",
    "messages": "formats.messages:of_code",
    "pair_status": "sync.pair:status",
    "plan_rebuild": "repair.plan",
    "read_columns": "library",
    "read_listing": "library",
    "read_log": "library",
    "read_queue": "library",
    "read_reqconf": "library",
    "read_srvconf": "library",
    "read_table": "library",
    "simulate": "simulation.run",
    "simulate_many": "simulation.many",
    "stream_queue": "library",
    "stream_tuples": "library",
    "supported_formats": "library",
    "survey": "fleet.survey",
    "synchronize": "sync.pair:run",
    "timeline": "events.timeline",
    "truth_of": "simulation.run",
    "unsent": "diagnosis.unsent",
    "write_report": "reporting.story",
    "write_timeline": "reporting.timeline",
}

__all__ = [
    "Alternative",
    "Backsync",
    "CarvedImage",
    "Change",
    "ChannelVerdict",
    "Columns",
    "ConfigurationListing",
    "Content",
    "CsvFile",
    "CsvdeFile",
    "DescriptionError",
    "Difference",
    "Dump",
    "Edit",
    "Event",
    "Explanation",
    "ExportResult",
    "Fault",
    "FileAccessError",
    "Finding",
    "Format",
    "Gap",
    "GlbError",
    "Inspection",
    "Inventory",
    "Layout",
    "LayoutCheck",
    "LayoutError",
    "Layouts",
    "LdifFile",
    "Learning",
    "Listing",
    "Log",
    "LogLine",
    "Message",
    "MissingRange",
    "Node",
    "OutputExistsError",
    "Outstanding",
    "Pair",
    "PairStatus",
    "Place",
    "Plan",
    "Problem",
    "Queue",
    "QueueListing",
    "RebuildResult",
    "Record",
    "RefutedHistory",
    "Region",
    "Remainder",
    "Report",
    "ReqConf",
    "ReqConfFile",
    "Requestor",
    "Route",
    "Rows",
    "Span",
    "SrvConf",
    "SrvConfFile",
    "Survey",
    "SyncResult",
    "Timeline",
    "UnjudgedPostoffice",
    "UnknownFormatError",
    "UnknownRoute",
    "Unsent",
    "UsageError",
    "__version__",
    "backsync",
    "build",
    "carve",
    "check_layout",
    "compare_dumps",
    "diagnose",
    "difference_file",
    "explain",
    "export_changes",
    "export_file",
    "export_layout",
    "find_evidence",
    "init_pair",
    "inspect",
    "inspect_bytes",
    "learn_layout",
    "load_layouts",
    "messages",
    "pair_status",
    "plan_rebuild",
    "read_columns",
    "read_listing",
    "read_log",
    "read_queue",
    "read_reqconf",
    "read_srvconf",
    "read_table",
    "simulate",
    "simulate_many",
    "stream_queue",
    "stream_tuples",
    "supported_formats",
    "survey",
    "synchronize",
    "timeline",
    "truth_of",
    "unsent",
    "write_report",
    "write_timeline",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'glbtools' has no attribute {name!r}")
    from importlib import import_module

    module, _, attribute = _PLACES[name].partition(":")
    value = getattr(import_module(f"glbtools.{module}"), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
