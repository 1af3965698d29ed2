"""Everything ``diagnose`` can find in postoffices, directory dumps and synchronized pairs: one file for each problem.

``SLUG.md`` in this package holds all that is said of a problem: its row of the table between ``+++`` lines, and its
page. ``make docs`` makes ``compiled`` of these files; at run time only the page that is asked for is read.

A code is a letter for the area and three digits. It is never given to another problem, not even when its own is
withdrawn. The hundreds group what belongs together; 9xx is what is normal and only looks like a fault.

=== =============================================================================================
Q   1xx framing and texts, 2xx the server's queue
C   1xx the requestor's file, 2xx the server's, 3xx what the two say of each other
U   1xx stranded at the requestor, 2xx lost at the server, 3xx refused by the server, 4xx stopped
D   1xx the server cannot send, 2xx the requestor refuses
P   1xx left-over files, 2xx RESYNC, 3xx moments, 4xx mailbags, 5xx roles and names
L   1xx T3 at the requestor, 2xx T2 at the server, 3xx RESYNC, 4xx and 8xx whatever is left
S   1xx when, 2xx how
X   1xx what is read, 2xx numbers, 3xx restored, 4xx replication
I   1xx the source, 2xx the pair, 3xx objects
=== =============================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from glbtools.diagnosis.problems.compiled import PROBLEMS
from glbtools.diagnosis.problems.problem import AREAS, REPAIRS, SEVERITIES, Problem
from glbtools.errors import UsageError

__all__ = (
    "AREAS",
    "BY_CODE",
    "BY_SLUG",
    "PROBLEMS",
    "REPAIRS",
    "SEVERITIES",
    "Problem",
    "by_code",
    "by_slug",
    "explain",
    "find",
)

BY_SLUG: Mapping[str, Problem] = MappingProxyType({each.slug: each for each in PROBLEMS})
BY_CODE: Mapping[str, Problem] = MappingProxyType({each.code: each for each in PROBLEMS})


def by_slug(slug: str) -> Problem:
    """Return the problem of that name.

    Raises:
        KeyError: the table has no such row; slugs in the program are fixed, so this is a mistake of the program.
    """
    return BY_SLUG[slug]


def by_code(code: str) -> Problem:
    """Return the problem with that code.

    Raises:
        KeyError: the table has no such row.
    """
    return BY_CODE[code]


def find(text: str) -> Problem:
    """Return the problem that a user names by code or slug, in any case.

    Raises:
        UsageError: there is none; names that come near are part of the message.
    """
    wanted = text.strip()
    found = BY_CODE.get(wanted.upper()) or BY_SLUG.get(wanted.lower())
    if found is None:
        near = _near(wanted)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; glbtools explain lists them"
        raise UsageError(f"no problem has the code or name {text!r}{hint}")
    return found


def explain(problem: Problem) -> str:
    """Return the page of a problem: Markdown under fixed headings."""
    from glbtools.diagnosis.problems.source import page_of

    return page_of(problem)


def _beginning(slug: str) -> list[str]:
    """Return the problems of which a word begins like this one."""
    from difflib import get_close_matches

    words = dict.fromkeys(word for each in BY_SLUG for word in each.split("-"))
    near = get_close_matches(slug, words, cutoff=0.8)
    return [each for word in near for each in BY_SLUG if word in each.split("-")]


def _near(wanted: str) -> list[str]:
    """Return up to three problems, as ``slug (code)``, that a mistyped or shortened name may mean."""
    from difflib import get_close_matches

    slug = "-".join(wanted.lower().replace("_", " ").split())
    close = [
        *get_close_matches(slug, BY_SLUG, cutoff=0.75),
        *_beginning(slug),
        *([each for each in BY_SLUG if slug in each] if len(slug) > 2 else []),
        *[BY_CODE[code].slug for code in get_close_matches(wanted.upper(), BY_CODE, cutoff=0.7)],
        *get_close_matches(slug, BY_SLUG),
    ]
    return [f"{each} ({BY_SLUG[each].code})" for each in dict.fromkeys(close)][:3]
