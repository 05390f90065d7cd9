"""What holds for the scripts and styles of every widget."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import sagelab_widgets
from sagelab_widgets.assets import script, style

FOLDER = Path(sagelab_widgets.__file__).parent
WIDGETS = sorted(sagelab_widgets.MODULES.values())
TEXT, SHAPE = 4.5, 3.0
LIGHT_PAPER, DARK_PAPER = "#ffffff", "#212121"


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def tokens(sheet):
    """The color tokens of a sheet's light block and its dark block."""
    light, dark = re.findall(r"\{([^}]*--sl-[^}]*)\}", sheet)[:2]
    pattern = re.compile(r"--sl-([a-z-]+):([^;]*);")
    return [
        {name: re.findall(r"#[0-9a-f]{6}", value) for name, value in pattern.findall(b)}
        for b in (light, dark)
    ]


@pytest.mark.parametrize("name", WIDGETS)
def test_a_script_is_one_module_with_all_that_it_imports(name):
    text = script(name)

    assert not re.search(r"^import ", text, re.MULTILINE)
    assert re.findall(r"^export .*", text, re.MULTILINE) == ["export default { render };"]


@pytest.mark.parametrize("name", WIDGETS)
def test_a_style_has_all_that_it_imports(name):
    assert "@import" not in style(name)
    assert "--sl-paper:" in style(name)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.js")), ids=lambda path: path.name)
def test_no_script_can_turn_text_into_html_or_reach_out(path):
    text = path.read_text(encoding="utf-8")

    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|fetch\(|https?://(?!www\.w3)"
    assert not re.search(unsafe, text)


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_no_file_outgrows_a_few_screens(path):
    most = {".py": 200, ".js": 300, ".css": 300}.get(path.suffix)
    if most:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= most


@pytest.mark.parametrize("paper", [LIGHT_PAPER, DARK_PAPER])
def test_every_color_of_text_and_shapes_holds_its_contrast(paper):
    colors = tokens((FOLDER / "base.css").read_text(encoding="utf-8"))[paper == DARK_PAPER]
    for name in ("muted", "accent", "right", "wrong"):
        assert contrast(colors[name][0], paper) >= TEXT, name
    for name in ("edge", "before", "after", "up", "down", "middle"):
        assert contrast(colors[name][0], paper) >= SHAPE, name
    for verdict in ("right", "wrong"):
        assert contrast(colors[verdict][0], colors[f"{verdict}-soft"][0]) >= TEXT
        assert contrast(colors["muted"][0], colors[f"{verdict}-soft"][0]) >= TEXT


@pytest.mark.parametrize("paper", [LIGHT_PAPER, DARK_PAPER])
def test_shades_of_values_are_seen_and_told_apart_by_their_lightness(paper):
    """A higher value stands out more from the paper, so that the order is seen without color."""
    shades = tokens((FOLDER / "shap_explorer.css").read_text(encoding="utf-8"))[paper == DARK_PAPER]["shades"]
    ratios = [contrast(shade, paper) for shade in shades]

    assert min(ratios) >= SHAPE
    assert ratios == sorted(ratios)


def test_importing_the_package_loads_no_widget_library():
    code = (
        "import sys, time; start = time.process_time(); import sagelab_widgets; "
        "print(time.process_time() - start); "
        "print([name for name in ('anywidget', 'ipywidgets', 'numpy', 'pandas') if name in sys.modules])"
    )
    seconds, loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert float(seconds) < 0.3
    assert loaded == "[]"


def test_an_unknown_widget_is_named_in_the_error():
    with pytest.raises(AttributeError, match="has no attribute 'Poll'"):
        _ = sagelab_widgets.Poll
