"""DOT text to a file: SVG, PNG, or Graphviz's `plain` format for whoever wants to measure.

No Graphviz needs to be installed: pygraphviz brings it, and a worker process draws with it.  No font needs to be
installed either: the worker sees the one beside this module and no other, so that a picture is the same everywhere.
An SVG only names its font; each of its texts carries its length, so that it fits its box in any other font too.
"""

from __future__ import annotations

import html
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal, TypeAlias
from xml.sax.saxutils import escape

from plait.errors import JobError
from plait.reports import lettering

Format: TypeAlias = Literal["svg", "png", "plain"]

SECONDS = 60.0
FONTS = Path(__file__).with_name("fonts")
WORKER = Path(__file__).with_name("render_worker.py")

_FONT_SETTINGS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


class RenderError(JobError):
    """The picture could not be made; the message says why, and what may help."""


def render(dot: str, format: Format, target: Path, seconds: float = SECONDS) -> None:
    """Draw DOT text into the file `target`."""
    picture = draw(dot, format, seconds)
    target.write_bytes(picture)


def draw(dot: str, format: Format, seconds: float = SECONDS) -> bytes:
    """The picture of DOT text."""
    with tempfile.TemporaryDirectory(prefix="plait-fonts-") as folder:
        result = run_worker(dot, format, seconds, Path(folder))
    if result.returncode != 0 or not result.stdout:
        raise RenderError(_complaint(result))
    return fit_texts(result.stdout.decode("utf-8")).encode() if format == "svg" else result.stdout


def run_worker(dot: str, format: Format, seconds: float, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """What the worker says to DOT text; `folder` takes its settings."""
    settings = folder / "fonts.conf"
    texts = {"fonts": escape(str(FONTS)), "cache": escape(str(folder / "cache"))}
    settings.write_text(_FONT_SETTINGS.format(**texts), encoding="utf-8")
    try:
        return subprocess.run(
            [sys.executable, "-P", str(WORKER), format],
            input=dot.encode("utf-8"),
            capture_output=True,
            timeout=seconds,
            env=_environment(settings),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderError(
            f"drawing was given up after {seconds:g} s: the trace may be too long for a picture"
        ) from error


def _environment(settings: Path) -> dict[str, str]:
    ours = {"FONTCONFIG_FILE": str(settings)}
    return {name: value for name, value in os.environ.items() if not name.startswith("FONTCONFIG_")} | ours


def _complaint(result: subprocess.CompletedProcess[bytes]) -> str:
    lines = result.stderr.decode("utf-8", errors="replace").splitlines()
    said = "\n".join(line for line in lines if not line.startswith("Fontconfig warning")).strip()
    if result.returncode < 0:
        name = signal.strsignal(-result.returncode) or f"signal {-result.returncode}"
        return f"the drawing process died: {name}" + (f"\n{said}" if said else "")
    if "ImportError" in said or "ModuleNotFoundError" in said:
        return (
            f"the drawing library does not load: {said}\n"
            "It needs pygraphviz 2, and the libraries of X11 and GLib. On Debian:\n"
            "apt-get install libexpat1 libglib2.0-0 libx11-6 libxext6 libxrender1"
        )
    return f"the drawing process failed: {said or 'it drew nothing'}"


_TEXT = re.compile(
    rf'<text (?P<attributes>[^>]*)font-family="{lettering.FONT}" font-size="(?P<size>[0-9.]+)"(?P<rest>[^>]*)>'
    r"(?P<text>[^<]*)</text>"
)
_FAMILIES = f"{lettering.FONT},Menlo,Consolas,Liberation Mono,monospace"


def fit_texts(svg: str) -> str:
    """The SVG with fonts to fall back on, and with the length of each text."""
    return _TEXT.sub(_fitted, svg)


def _fitted(match: re.Match[str]) -> str:
    size = float(match["size"])
    length = lettering.width((html.unescape(match["text"]),), size)
    return (
        f'<text {match["attributes"]}font-family="{_FAMILIES}" font-size="{match["size"]}" '
        f'textLength="{length:.2f}" lengthAdjust="spacingAndGlyphs"{match["rest"]}>{match["text"]}</text>'
    )
