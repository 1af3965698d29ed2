"""What hostile files, links, kills and signals do: nothing is lost, nothing half written is believed, all is said."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import glbtools
from glbtools import files
from glbtools.errors import GlbError
from tests.cli.replay import Run

SPECS = Path(__file__).resolve().parents[1] / "fixtures" / "specs"
PROGRAM = [sys.executable, "-m", "glbtools"]
INTERRUPTIBLE = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
"""A shell lets what runs in the background ignore interrupts, and so the tests and what they start."""


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """A network with one stuck postoffice, ``stuck/october``, in the working directory of the test."""
    glbtools.build(SPECS / "stuck.toml", tmp_path / "stuck")
    return tmp_path / "stuck"


# --- links and names -------------------------------------------------------------------------------------------------


def test_learn_does_not_replace_another_name_of_a_file_that_it_learns_from(stuck: Path, run: Run) -> None:
    queue = stuck / "october/GLB/REQTRANS.GLB"
    for name in ("hard.toml", "soft.toml"):
        other = stuck.parent / name
        other.hardlink_to(queue) if name == "hard.toml" else other.symlink_to(queue)
        ran = run("learn", queue, "--out", other, "--force")
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == f"glbtools: {other}: is one of the files to learn from\n"
        assert other.read_bytes() == queue.read_bytes()


def test_one_file_under_several_names_is_one_file(stuck: Path, run: Run) -> None:
    queue = stuck / "october/GLB/REQTRANS.GLB"
    hard, soft = stuck.parent / "REQTRANS.GLB", stuck.parent / "soft.GLB"
    hard.hardlink_to(queue)
    soft.symlink_to(queue)
    once = run("learn", queue).out
    assert "6 records in 1 file" in once
    assert run("learn", queue, queue, hard, soft, queue.parent / ".." / "GLB" / queue.name).out == once
    (one,) = glbtools.carve(queue, hard, soft)
    assert one.records == 6
    alone = run("unsent", "--json", stuck).out
    assert run("unsent", "--json", stuck, stuck, f"{stuck}/").out == alone
    assert run("diagnose", "--json", stuck, stuck / "october").out.count('"code": "U101"') == 1
    assert files.distinct([queue, hard, soft, "missing", "missing"]) == [queue, "missing"]


@pytest.mark.parametrize(
    "given",
    [
        "stuck stuck/october", "stuck/october stuck", "stuck stuck/october/GLB", "stuck/october/GLB stuck",
        "stuck stuck/october/GLB/REQTRANS.GLB", "stuck/october/GLB/REQTRANS.GLB stuck", "stuck link/october/GLB",
        "link stuck/../stuck/october/GLB/REQCONF.GLB", "stuck other.GLB", "other.GLB ./stuck",
    ],
)  # fmt: skip
def test_what_is_given_with_what_it_lies_in_is_looked_at_once(
    given: str, stuck: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stuck.parent)
    Path("link").symlink_to("stuck")
    Path("other.GLB").hardlink_to("stuck/october/GLB/REQTRANS.GLB")

    def found(*paths: str) -> tuple[object, ...]:
        report, changes = glbtools.diagnose(*paths), glbtools.unsent(*paths)
        codes = sorted(each.problem.code for each in report.findings)
        return codes, len(report.inputs), len(list(changes)), len(list(glbtools.timeline(*paths)))

    assert found(*given.split()) == found("stuck")


def test_the_two_stores_of_a_pair_and_its_state_are_three_files(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = 'id = "p"\nstate = "{}"\nspool = "spool"\n[source]\npath = "a.db"\n[target]\npath = "b.db"\n'
    Path("pair.toml").write_text(text.format("s.json"))
    assert run("sync", "init", "pair.toml", "-q").status == 0
    before = Path("a.db").read_bytes()
    Path("b.db").unlink()
    for make in (Path("b.db").hardlink_to, Path("b.db").symlink_to):
        make("a.db")
        for command in (["init"], ["run", "--once"], ["status"]):
            refused = run("sync", command[0], "pair.toml", *command[1:])
            assert (refused.status, refused.out) == (2, "")
            assert refused.err == "glbtools: pair.toml:7: target.path: is the source's own file\n"
        Path("b.db").unlink()
    Path("pair.toml").write_text(text.format("./a.db"))
    assert run("sync", "init", "pair.toml").err == "glbtools: pair.toml:2: state: is the file of a store\n"
    assert Path("a.db").read_bytes() == before


def test_build_never_replaces_its_own_description(tmp_path: Path, run: Run) -> None:
    spec = tmp_path / "own.toml"
    text = '[[postoffice]]\nname = "NET/PO"\npath = "."\nrole = "server"\n[postoffice.file]\n"own.toml" = "x"\n'
    spec.write_text(text, "utf-8")
    (tmp_path / "link.toml").hardlink_to(spec)
    for given in (spec, tmp_path / "link.toml"):
        ran = run("build", given, "--out", tmp_path, "--force")
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == f"glbtools: {tmp_path}/own.toml: is the description itself; name another --out\n"
    assert spec.read_text("utf-8") == text
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.toml", "own.toml"]
    assert run("build", spec, "--out", tmp_path / "net").status == 0


def test_a_simulation_never_replaces_its_own_scenario(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    story = (Path(glbtools.__file__).parent / "simulation/scenarios/reqtrans-begun-again.toml").read_text("utf-8")
    assert run("simulate", "reqtrans-begun-again", "--out", "net", "-q").status == 0
    for place in ("net/hub/GLB/story.toml", "net/glbtools-simulation/story.toml"):
        Path(place).write_text(story, "utf-8")
        ran = run("simulate", place, "--out", "net", "--force")
        assert (ran.status, ran.out) == (2, "")
        said = "the scenario itself lies in net, which is written anew; name another --out"
        assert ran.err == f"glbtools: {place}: {said}\n"
        assert Path(place).read_text("utf-8") == story
    Path("net/story.toml").write_text(story, "utf-8")
    assert run("simulate", "net/story.toml", "--out", "net", "--force", "-q").status == 0
    assert Path("net/story.toml").read_text("utf-8") == story


@pytest.mark.parametrize("name", ["CON", "nul", "Com1", "LPT9", "AUX", "PRN", "CONIN$", "conout$", "CLOCK$"])
def test_a_log_is_not_named_as_a_device(name: str, tmp_path: Path, run: Run) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_text(f'[[postoffice]]\nname = "NET/PO"\n[postoffice.log]\n"{name}" = "x"\n', "utf-8")
    ran = run("build", spec, "--out", tmp_path / "net")
    assert ran.status == 2
    key = f'"{name}"' if "$" in name else name
    assert f"postoffice[0].log.{key}: {name} is a device on DOS and Windows; name the log otherwise" in ran.err
    assert not (tmp_path / "net").exists()


# --- files that give nothing, and trees without a floor --------------------------------------------------------------


def test_a_file_whose_read_gives_nothing_is_an_error_of_one_line(monkeypatch, stuck: Path, run: Run) -> None:
    queue = stuck / "october/GLB/REQTRANS.GLB"

    def silent(*_: object) -> bytes:
        """Do as /proc/kmsg while the kernel has said nothing more."""
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(files.os, "read", silent)
    for read in (lambda: files.read(queue), lambda: files.head(queue, 10)):
        with pytest.raises(GlbError, match=r"REQTRANS\.GLB: gives nothing to read; copy it to a file first"):
            read()
    for command in ("inspect", "learn", "unsent"):
        ran = run(command, queue)
        assert ran.status == 2
        assert "gives nothing to read" in ran.err
        assert len(ran.err.splitlines()) == 1


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="no /proc/kmsg on this system")
@pytest.mark.parametrize(
    "call",
    [
        "inspect FILE", "diagnose FILE", "evidence FILE", "learn FILE", "survey FILE --out made",
        "carve FILE --out made", "build FILE --out made", "simulate FILE --out made", "sync run FILE",
        "directory compare FILE FILE",
        "directory export FILE --state s.json --to -", "directory export usn.csv --state FILE --to -",
        "directory backsync --restored FILE --partner usn.csv",
    ],
)  # fmt: skip
@pytest.mark.parametrize("file", ["/proc/kmsg", "/proc/self/mem", "/proc/self/pagemap"])
def test_files_of_the_system_neither_hang_nor_break_a_command(call: str, file: str, tmp_path: Path) -> None:
    shutil.copy(SPECS.parent / "directories/usn-same-server/usn.csv", tmp_path)
    command = [*PROGRAM, *call.replace("FILE", file).split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert "internal error" not in done.stderr
    assert "the output cannot be written" not in done.stderr


def test_a_stream_says_of_its_file_what_the_system_says(stuck: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with pytest.raises(GlbError, match=r"usn\.csv: gives nothing to read; copy it to a file first"):
        files.stream(reading, "usn.csv").read(1)
    with pytest.raises(GlbError, match=r"usn\.csv: bad file descriptor"):
        files.stream(writing, "usn.csv").read(1)
    os.close(reading)
    os.close(writing)


def test_a_lock_that_cannot_be_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere")
    for path in (Path("/proc/lock"), tmp_path / "link", tmp_path):
        with pytest.raises(OSError, match=r"\[Errno"), files.alone(path, wait=True):
            pytest.fail("there is no lock")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="paths of Windows end before that")
def test_a_tree_2100_deep_is_looked_into_as_far_as_the_system_can_name_it(stuck: Path, run: Run, monkeypatch) -> None:
    monkeypatch.chdir(stuck / "october")
    for _ in range(2100):
        Path("d").mkdir()
        os.chdir("d")
    Path("deep.txt").write_text("x")
    monkeypatch.chdir(stuck.parent)
    for command in (["diagnose"], ["evidence"], ["unsent"], ["timeline"]):
        ran = run(*command, "stuck")
        assert ran.status in (0, 2)
        assert "stuck/october/d/d/d/" in ran.err
        assert "internal error" not in ran.err
    for command in (["report"], ["survey", "--out", "survey"], ["simulate", "healthy-week", "--out", "s", "--from"]):
        ran = run(*command, "stuck")
        assert ran.status == 2
        assert "internal error" not in ran.err
    ran = run("rebuild", "stuck", "--into", "rebuilt")
    assert ran.status == 2
    assert "stuck/october/d/d/d/" in ran.err
    assert "stranded-transactions" in ran.out
    assert (stuck.parent / "rebuilt/october/GLB/REQTRANS.GLB").is_file()
    subprocess.run(["rm", "-rf", str(stuck / "october/d")], check=True)


# --- what changes between a diagnosis and what follows ---------------------------------------------------------------

CHANGES: dict[str, Callable[[Path], object]] = {
    "a directory": lambda path: (path.unlink(), path.mkdir()),
    "a FIFO": lambda path: (path.unlink(), os.mkfifo(path)),
    "gone": lambda path: path.unlink(),
    "a link to nowhere": lambda path: (path.unlink(), path.symlink_to("nowhere")),
    "a link to itself": lambda path: (path.unlink(), path.symlink_to(path.name)),
    "empty": lambda path: path.write_bytes(b""),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFO")
@pytest.mark.parametrize("moment", ["plan", "write"])
@pytest.mark.parametrize("name", ["GLB/REQTRANS.GLB", "GLB/REQCONF.GLB", "LOG/DSSERVER.LOG"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_is_another_one_after_the_diagnosis_stops_a_rebuild(
    change: str, name: str, moment: str, stuck: Path
) -> None:
    report = glbtools.diagnose(stuck)
    path = stuck / "october" / name
    if moment == "plan":
        CHANGES[change](path)
        with pytest.raises(GlbError, match=f"{name}: "):
            glbtools.plan_rebuild(report)
    else:
        plan = glbtools.plan_rebuild(report)
        CHANGES[change](path)
        with pytest.raises(GlbError, match=f"{name}: .*diagnose it again"):
            plan.write(stuck.parent / "rebuilt")
    assert not (stuck.parent / "rebuilt").exists()


# --- kills and signals -----------------------------------------------------------------------------------------------


def test_what_a_kill_leaves_half_written_is_never_evidence(stuck: Path, run: Run) -> None:
    before = run("diagnose", "--json", stuck).out
    shutil.copytree(stuck / "october", stuck / ".glbtools-x1y2z3/november")
    shutil.copy(stuck / "october/GLB/REQCONF.GLB", stuck / "october/GLB/.glbtools-q7")
    shutil.copytree(stuck / "october/GLB", stuck / "october/GLB/.glbtools-q8")
    diagnosed = run("diagnose", stuck, "-v")
    assert ".glbtools-x1y2z3" in "".join(diagnosed.out.split())  # a long path is wrapped
    assert "begun by a run of glbtools that was ended before it was complete" in " ".join(diagnosed.out.split())
    assert run("diagnose", "--json", stuck).out.count('"code": "U101"') == before.count('"code": "U101"') == 1
    assert len(glbtools.find_evidence(stuck).places) == 1
    alone = run("diagnose", stuck / ".glbtools-x1y2z3")
    assert (alone.status, alone.out) == (2, "")
    assert "it is no evidence and can be deleted" in alone.err
    assert run("rebuild", stuck, "--into", stuck.parent / "rebuilt").status == 0
    assert not list((stuck.parent / "rebuilt").rglob(".glbtools-*"))


SENDING = """
import builtins, os, signal, sys
number, module = int(sys.argv.pop(1)), sys.argv.pop(1)
loading = builtins.__import__
def load(name, *rest):
    if name == module:
        os.kill(os.getpid(), number)
    return loading(name, *rest)
builtins.__import__ = load
import glbtools.__main__
glbtools.__main__.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("module", ["glbtools.cli", "typer", "glbtools.cli.app", "glbtools.diagnosis"])
def test_a_signal_while_the_program_loads_ends_it_without_a_word(
    number: int, status: int, module: str, stuck: Path
) -> None:
    command = [sys.executable, "-c", SENDING, str(int(number)), module, "diagnose", str(stuck)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, preexec_fn=INTERRUPTIBLE)
    assert (done.returncode, done.stderr) == (status, "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_removes_what_is_half_written(number: int, status: int, tmp_path: Path) -> None:
    """The program waits for its standard input while its output is begun; then it is told to end."""
    program = (
        "import sys\n"
        "from glbtools import cli, files\n"
        "from pathlib import Path\n"
        "def run():\n"
        "    with files.writing(Path('page.html')) as stream:\n"
        "        stream.write(b'half')\n"
        "        print('begun', flush=True)\n"
        "        sys.stdin.read()\n"
        "cli._run = run\n"
        "cli.main()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=tmp_path, preexec_fn=INTERRUPTIBLE,  # noqa: PLW1509
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        assert [each.name[:10] for each in tmp_path.iterdir()] == [".glbtools-"]
        time.sleep(0.1)
        process.send_signal(number)
        assert process.wait(30) == status
        assert process.stderr is not None and process.stderr.read() == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("making", ["mkdtemp", "mkstemp"])
def test_a_signal_at_the_moment_when_something_is_begun_removes_it(
    making: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class EndedError(BaseException):
        pass

    def end(*_: object) -> None:
        raise EndedError

    make = getattr(tempfile, making)

    def made(**words: object) -> object:
        found = make(**words)
        os.kill(os.getpid(), number)
        return found

    monkeypatch.setattr(tempfile, making, made)
    before = signal.signal(number, end)
    try:
        begun = files.new_directory if making == "mkdtemp" else files.writing
        with pytest.raises(EndedError), begun(tmp_path / "out"):
            pytest.fail("the signal comes first")
    finally:
        signal.signal(number, before)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("there", [False, True])
def test_many_networks_that_are_not_complete_are_removed(there: bool, tmp_path: Path) -> None:
    if there:
        (tmp_path / "out").mkdir()
    command = [*PROGRAM, "simulate", "--many", "3000", "--workers", "2", "--out", "out"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 60
        while not list(tmp_path.glob("out/*/N*")) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
        assert process.stderr is not None and process.stderr.read() == ""
    assert [each.name for each in tmp_path.rglob("*")] == (["out"] if there else [])


# --- numbers that end ------------------------------------------------------------------------------------------------


def test_numbers_that_are_used_up_are_said_with_the_way_out(tmp_path: Path, run: Run) -> None:
    spec = tmp_path / "spec.toml"
    records = "\n".join(
        f'[[postoffice.queue.REQTRANS]]\nsync = {number}\ntext = "A {number}\\tPCM:NET/PO/{number}"'
        for number in (1, 2, 3)
    )
    spec.write_text(
        '[[postoffice]]\nname = "NET/HUB"\nrole = "server"\n[[postoffice]]\nname = "NET/PO"\n'
        f"[postoffice.reqconf]\nreqsync = 4294967293\n{records}\n",
        "utf-8",
    )
    assert run("build", spec, "--out", tmp_path / "net").status == 0
    said = "the numbers are used up: 4294967295 is the last that files hold"
    diagnosed = " ".join(run("diagnose", tmp_path / "net").out.split())
    assert f"{said}, and only a reset gives lower ones: glbtools explain global-reset-needed" in diagnosed
    assert "4294967291 exports" not in diagnosed
    rebuilt = run("rebuild", tmp_path / "net", "--into", tmp_path / "rebuilt")
    assert rebuilt.status == 1
    assert said in " ".join(rebuilt.out.split())
    assert run("explain", "global-reset-needed").status == 0
    spec.write_text(spec.read_text("utf-8").replace("sync = 3\n", "sync = 4294967295\n"), "utf-8")
    assert run("build", spec, "--out", tmp_path / "last").status == 0
    simulated = run("simulate", "healthy-week", "--from", tmp_path / "last", "--out", tmp_path / "more")
    assert (simulated.status, simulated.out) == (2, "")
    assert simulated.err.startswith(f"glbtools: {said}, and only a reset gives lower ones: glbtools explain")
    spec.write_text(spec.read_text("utf-8").replace("sync = 4294967295\n", "sync = 4294967296\n"), "utf-8")
    assert "must be between 0 and 4294967295, and is 4294967296" in run("build", spec, "--out", tmp_path / "x").err
