"""Run a target under atheris, or try one file: ``fuzz/run.py TARGET --seconds N``, ``fuzz/run.py TARGET FILE``."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

SLOWEST = 20
"""Seconds after which an input counts as a hang."""

MEMORY = 1024
"""Megabytes."""


def main() -> None:
    """Run what the arguments say; status 3 where atheris is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?")
    parser.add_argument("--list", action="store_true", help="name the targets")
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--directory", type=Path, default=Path("build/fuzz"))
    given = parser.parse_args()
    if given.list or given.target is None:
        from targets import TARGETS

        print(" ".join(TARGETS))
        return
    if given.file is not None:
        from targets import holds

        holds(given.target, given.file.read_bytes())
        print(f"{given.file}: {given.target} holds")
        return
    try:
        import atheris
    except ImportError:
        version = ".".join(map(str, sys.version_info[:2]))
        print(
            f"skipped: atheris is not installed; pip install 'glbtools[fuzz]' where it has a wheel for Python {version}"
        )
        raise SystemExit(3) from None
    with atheris.instrument_imports(include=["glbtools"]):
        import targets
    corpus = given.directory / given.target
    corpus.mkdir(parents=True, exist_ok=True)
    for data in targets.seeds(given.target):
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    name = given.target
    options = (
        f"-max_total_time={given.seconds}",
        f"-timeout={SLOWEST}",
        f"-rss_limit_mb={MEMORY}",
        f"-max_len={targets.MOST}",
        f"-artifact_prefix={given.directory}/{name}-",
        "-print_final_stats=1",
        "-verbosity=1",
        "-reload=0",
    )
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: targets.holds(name, data))
    os.environ.setdefault("PYTHONHASHSEED", "0")
    atheris.Fuzz()


if __name__ == "__main__":
    main()
