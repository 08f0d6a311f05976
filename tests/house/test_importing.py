"""Importing any module of the product has no effect, and needs no settings."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import sources

MODULES = sorted(
    source.path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for source in sources()
    if source.is_product and source.is_python and source.name != "__main__"
)

# What a module does while it is imported is heard by an audit hook: what it writes, starts and opens.
LISTENER = """
import importlib, json, os, signal, sys, threading

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EFFECTS = {
    "os.mkdir", "os.remove", "os.rename", "os.putenv", "os.system", "os.fork", "os.chmod", "os.chdir",
    "subprocess.Popen", "socket.bind", "socket.connect", "tempfile.mkdtemp", "tempfile.mkstemp",
}
heard = []

def listen(event, args):
    if event == "open":
        path, mode, flags = args
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            heard.append(f"writes {path}")
    elif event in EFFECTS:
        heard.append(f"{event} {args}")

handlers = [signal.getsignal(number) for number in SIGNALS]
sys.dont_write_bytecode = True
sys.addaudithook(listen)
sys.path.append(sys.argv[2])
for module in json.loads(sys.argv[1]):
    before = len(heard)
    importlib.import_module(module)
    heard[before:] = [f"{module}: {what}" for what in heard[before:]]
if threading.active_count() > 1:
    heard.append(f"threads: {threading.enumerate()}")
if handlers != [signal.getsignal(number) for number in SIGNALS]:
    heard.append("a signal handler was set")
print(json.dumps(heard))
"""


def _import(modules: list[str], *, folder: Path) -> list[str]:
    """Import the modules in a new Python, where nothing is set, and say what they did besides."""
    empty = folder / "empty"
    empty.mkdir()
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", LISTENER, json.dumps(modules), str(folder)],
        check=False,
        cwd=empty,
        env={},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, f"importing fails without settings:\n{done.stderr}"
    assert not done.stderr, f"importing writes:\n{done.stderr}"
    *printed, last = done.stdout.splitlines()
    assert not printed, f"importing prints: {printed}"
    heard: list[str] = json.loads(last)
    return heard


def test_importing_has_no_effect(tmp_path: Path) -> None:
    assert MODULES
    heard = _import(MODULES, folder=tmp_path)
    assert not heard, "do this in a function that bootstrap calls, not while importing:\n" + "\n".join(heard)


@pytest.mark.parametrize(
    "effect",
    [
        "open('left.txt', 'w').close()",
        "import pathlib; pathlib.Path('left').mkdir()",
        "import subprocess, sys; subprocess.run([sys.executable, '--version'], capture_output=True)",
        "import socket; socket.socket().bind(('127.0.0.1', 0))",
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "import os; os.environ['MILLET_DATA']",
        "import os; os.environ['MILLET_DATA'] = '/'",
        "print('hello')",
    ],
)
def test_an_effect_is_heard(effect: str, tmp_path: Path) -> None:
    (tmp_path / "restless.py").write_text(effect)
    try:
        heard = _import(["restless"], folder=tmp_path)
    except AssertionError:
        return  # it failed, or it printed
    assert heard
