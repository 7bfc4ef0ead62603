"""Pictures from DOT text: the same on every machine, and clear words where there can be none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from plait.errors import JobError
from plait.reports import render as rendering
from plait.reports.diagram import dot_text
from plait.reports.layout import layout
from plait.reports.lettering import SIZES, columns
from plait.reports.render import Format, RenderError, draw, fit_texts, render, run_worker
from tests.checker import traces
from tests.checker.traces import ALL

LETTER = 'digraph g {{ a [label="{}", fontname="DejaVu Sans Mono"] }}'
TEXT = "{http://www.w3.org/2000/svg}text"


def texts(svg: bytes) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(TEXT))


@pytest.mark.parametrize("name", ALL)
def test_svg_has_every_text_and_each_fits_its_box(name: str, tmp_path: Path) -> None:
    result = run_worker(dot_text(ALL[name]()), "svg", 60, tmp_path)
    assert "too small" not in result.stderr.decode()
    shown = [element.text or "" for element in texts(fit_texts(result.stdout.decode()).encode())]
    laid = [line for box in layout(ALL[name]()).boxes for line in box.lines]
    assert sorted(line.strip() for line in shown) == sorted(line.strip() for line in laid)


def test_svg_tells_the_length_of_its_texts() -> None:
    for element in texts(draw(dot_text(traces.overtaking()), "svg")):
        column, _ = SIZES[float(element.attrib["font-size"])]
        assert float(element.attrib["textLength"]) == pytest.approx(columns(element.text or "") * column, abs=0.01)
        assert element.attrib["font-family"].endswith("monospace")


def test_other_svg_is_left_alone() -> None:
    other = '<svg><text font-family="Serif" font-size="9">x</text></svg>'
    assert fit_texts(other) == other


def pictures(dot: str) -> tuple[bytes, ...]:
    return draw(dot, "png"), draw(dot, "svg"), draw(dot, "plain")


def test_formats(tmp_path: Path) -> None:
    dot = dot_text(traces.overtaking())
    starts: dict[Format, bytes] = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "plain": b"graph "}
    for format, start in starts.items():
        target = tmp_path / f"picture.{format}"
        render(dot, format, target)
        assert target.read_bytes().startswith(start)


def test_equal_texts_give_equal_pictures() -> None:
    dot = dot_text(traces.crash())
    assert draw(dot, "png") == draw(dot, "png")
    assert draw(dot, "svg") == draw(dot, "svg")


def test_a_picture_does_not_depend_on_the_fonts_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dot = dot_text(traces.loss())
    before = pictures(dot)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_DIRS"):
        monkeypatch.setenv(name, str(tmp_path / "nowhere"))
    for name in ("FONTCONFIG_PATH", "FONTCONFIG_FILE", "FONTCONFIG_SYSROOT"):
        monkeypatch.setenv(name, "/nonsense")
    assert pictures(dot) == before


def test_letters_have_shapes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert draw(LETTER.format("A"), "png") != draw(LETTER.format("B"), "png")
    monkeypatch.setattr(rendering, "FONTS", tmp_path)
    assert draw(LETTER.format("A"), "png") == draw(LETTER.format("B"), "png"), "without fonts all letters are alike"


def test_modules_of_the_working_directory_are_not_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "pygraphviz.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    assert draw(LETTER.format("A"), "plain")


def test_the_drawing_library_is_loaded_by_the_worker_alone() -> None:
    program = (
        "import sys, plait.reports.diagram, plait.reports.render, plait.reports.render_worker\n"
        "sys.exit('pygraphviz' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_text_that_is_not_dot() -> None:
    with pytest.raises(RenderError, match="the drawing process failed"):
        draw("this is not a graph {", "svg")


def with_worker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text(program)
    monkeypatch.setattr(rendering, "WORKER", worker)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the drawing process died: Segmentation fault"),
        (
            "raise ImportError('libX11.so.6')",
            "the drawing library does not load(.|\n)*libX11.so.6(.|\n)*apt-get install",
        ),
        ("raise ValueError('strange')", "the drawing process failed: (.|\n)*strange"),
        ("pass", "it drew nothing"),
    ],
)
def test_a_worker_that_fails(program: str, says: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with_worker(monkeypatch, tmp_path, program)
    with pytest.raises(RenderError, match=says):
        draw(LETTER.format("A"), "svg")


def test_a_worker_that_takes_too_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with_worker(monkeypatch, tmp_path, "import time; time.sleep(60)")
    with pytest.raises(JobError, match=r"given up after 0\.2 s"):
        draw(LETTER.format("A"), "svg", seconds=0.2)
