"""Pages in a real browser: nothing in its console, nothing run or loaded, nothing that axe-core objects to."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import glbtools

ROOT = Path(__file__).resolve().parents[2]
READERS = ROOT / ".venv-readers"
PAGES = sorted((ROOT / "docs" / "examples").glob("*.html"))
CHROMIUM = shutil.which("chromium")

LOOK = """
const puppeteer = require('puppeteer-core'), fs = require('fs');
(async () => {
  const browser = await puppeteer.launch({executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu',
    '--disable-dev-shm-usage']});
  const source = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  for (const path of process.argv.slice(3)) {
    const page = await browser.newPage(), said = [];
    page.on('dialog', async (dialog) => { said.push('dialog ' + dialog.message()); await dialog.dismiss(); });
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => { if (request.url() !== 'file://' + path) said.push('loads ' + request.url()); });
    const wide = [];
    for (const width of [400, 1000, 1600]) {
      await page.setViewport({width, height: 900});
      await page.goto('file://' + path);
      if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth))
        wide.push(width);
    }
    await page.evaluate(source);
    const found = await page.evaluate(() => axe.run());
    console.log(JSON.stringify({path, said, wide, passes: found.passes.length,
      violations: found.violations.map((each) => [each.id, each.nodes[0].html.slice(0, 200)])}));
  }
  await browser.close();
})();
"""


EVIL = '</style><script>alert(1)</script><img src=http://127.0.0.1:9/x.png onerror=alert(1)>" onclick="alert(1)'


def hostile(folder: Path) -> Path:
    """Return the page of a postoffice with markup in its texts, its log and its file names, and with long texts."""
    spec = {
        "name": "NET/PO",
        "reqconf": {"reqsync": 17, "server": "NET/HUB"},
        "queue": {"REQTRANS": [{"sync": 1, "text": f"A {EVIL}"}, {"sync": 2, "text": f"A {'N' * 4_000}"}]},
        "log": {"DSSERVER": f"02/03/94 22:01:05 | 1 -1 {EVIL}\n02/03/94 22:01:05 | 1 -1 {'W' * 200_000}\n"},
    }
    (folder / "spec.json").write_text(json.dumps({"postoffice": [spec]}))
    glbtools.build(folder / "spec.json", folder / "net")
    logs = folder / "net" / "po" / "LOG"
    for name in ("<img src=x onerror=alert(1)>.LOG", "\u202egpj.exe.LOG", f"{'L' * 240}.LOG"):
        (logs / name).write_bytes(b"02/03/94 22:01:05 | 1 171\x1b[2J\n")
    page = folder / "hostile.html"
    glbtools.write_report(glbtools.diagnose(folder / "net"), page, title=EVIL, case=EVIL, examiner=EVIL)
    return page


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed (Debian: chromium)")
@pytest.mark.skipif(
    not (READERS / "node_modules" / "axe-core").is_dir(),
    reason="no axe-core in .venv-readers: make check-consumers",
)
def test_a_browser_and_axe_find_nothing_to_object_to(tmp_path):
    script = READERS / "look.cjs"
    script.write_text(LOOK)
    directory = tmp_path / "directory.html"
    glbtools.write_report(glbtools.diagnose(ROOT / "fixtures" / "directories" / "dc-restored"), directory)
    pages = [*PAGES, directory, hostile(tmp_path)]
    done = subprocess.run(["node", script, CHROMIUM, *pages], capture_output=True, text=True, check=True, cwd=tmp_path)
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(seen) == len(pages) >= 5
    for each in seen:
        assert (each["said"], each["wide"], each["violations"]) == ([], [], []), each["path"]
        assert each["passes"] > 20


@pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed (Debian: chromium)")
def test_a_page_can_be_printed(tmp_path):
    target = tmp_path / "page.pdf"
    subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer",
         f"--print-to-pdf={target}", PAGES[0].as_uri()],
        capture_output=True, check=True,
    )  # fmt: skip
    assert target.read_bytes().startswith(b"%PDF")
