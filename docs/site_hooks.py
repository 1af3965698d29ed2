"""What the site needs beside the pages of docs/: pages and schemas that stand at other places in the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<=\]\()(?!\w+://|#)([^)#\s]+)")


def outside() -> dict[str, Path]:
    """Return what lies outside docs/ and is part of the site: its place there -> the file."""
    pages = [ROOT / f"{name}.md" for name in ("CONTRIBUTING", "SECURITY", "CHANGELOG")]
    others = [ROOT / "LICENSE", ROOT / "fixtures" / "README.md", *ROOT.glob("glbtools/**/*.schema.json")]
    return {path.relative_to(ROOT).as_posix(): path for path in (*pages, *others)}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add them."""
    for place, path in outside().items():
        files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Lead links between docs/ and the rest of the repository to where the site has their targets."""
    source = outside().get(page.file.src_uri)
    here = source.parent if source else (ROOT / "docs" / page.file.src_uri).parent
    depth = page.file.src_uri.count("/")

    def led(match: re.Match[str]) -> str:
        target = (here / match[1]).resolve()
        docs = ROOT / "docs"
        if not target.is_relative_to(ROOT) or (source is None and target.is_relative_to(docs)):
            return match[1]
        place = target.relative_to(docs if target.is_relative_to(docs) else ROOT).as_posix()
        return "../" * depth + ("index.md" if place == "README.md" else place)

    return LINK.sub(led, markdown)
