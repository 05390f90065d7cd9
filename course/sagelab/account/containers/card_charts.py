"""The charts of a model card as SVG: small enough to write by hand, and the same in a page and in a PDF."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 460, 240, 60, 50, 16, 14
INK, LINE, BAR = "#222", "#1f77b4", "#1f77b4"
ROW, COLUMN = 26, 64


def line(metric: Mapping[str, Any]) -> Markup:
    """A linear_graph: pairs [x, y] joined in their order."""
    points = metric["value"]
    xs, ys = [float(x) for x, _ in points], [float(y) for _, y in points]
    across, up = _scale(xs, LEFT, WIDTH - RIGHT), _scale(ys, HEIGHT - BOTTOM, TOP)
    places = [(f"{across(x):.1f}", f"{up(y):.1f}") for x, y in zip(xs, ys, strict=True)]
    path = " ".join(f"{x},{y}" for x, y in places)
    drawn = [
        f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>',
        *(f'<circle cx="{x}" cy="{y}" r="2.5" fill="{LINE}"/>' for x, y in places),
        *_numbers_across(xs, across),
        *_numbers_up(ys, up),
    ]
    return _figure(metric, drawn, f"{len(points)} points")


def bars(metric: Mapping[str, Any]) -> Markup:
    """A bar_chart: one number a bar, named by x_axis_name where it is given."""
    values = [float(value) for value in metric["value"]]
    names = _names(metric.get("x_axis_name"), len(values))
    up = _scale([*values, 0.0], HEIGHT - BOTTOM, TOP)
    step = (WIDTH - LEFT - RIGHT) / len(values)
    drawn = []
    for number, (name, value) in enumerate(zip(names, values, strict=True)):
        left, top, base = LEFT + number * step + step * 0.15, up(max(value, 0.0)), up(min(value, 0.0))
        drawn.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{step * 0.7:.1f}" height="{base - top:.1f}" fill="{BAR}"/>'
        )
        drawn.append(_text(left + step * 0.35, HEIGHT - BOTTOM + 16, name))
    drawn += _numbers_up([*values, 0.0], up)
    told = ", ".join(f"{name} {value:g}" for name, value in zip(names, values, strict=True))
    return _figure({**metric, "x_axis_name": ""}, drawn, told)


def matrix(metric: Mapping[str, Any]) -> Markup:
    """A matrix: the darker a cell, the larger its number; rows are y_axis_name, columns x_axis_name."""
    rows: Sequence[Sequence[float]] = metric["value"]
    columns = max(len(row) for row in rows)
    across, down = _names(metric.get("x_axis_name"), columns), _names(metric.get("y_axis_name"), len(rows))
    least = min(min(row) for row in rows)
    span = (max(max(row) for row in rows) - least) or 1.0
    drawn = [_text(100 + COLUMN * (n + 0.5), 16, name) for n, name in enumerate(across)]
    for number, (name, row) in enumerate(zip(down, rows, strict=True)):
        top = 24 + ROW * number
        drawn.append(_text(94, top + 17, name, "end"))
        for place, value in enumerate(row):
            share = (value - least) / span
            left, ink = 100 + COLUMN * place, "#fff" if share > 0.5 else INK
            drawn.append(
                f'<rect x="{left}" y="{top}" width="{COLUMN}" height="{ROW}" fill="{BAR}" '
                f'fill-opacity="{0.08 + 0.92 * share:.2f}" stroke="#fff"/>'
            )
            drawn.append(_text(left + COLUMN / 2, top + 17, f"{value:g}", colour=ink))
    size = (110 + COLUMN * columns, 34 + ROW * len(rows))
    told = "; ".join(
        f"{name}: {', '.join(f'{v:g}' for v in row)}" for name, row in zip(down, rows, strict=True)
    )
    return _svg(drawn, size, f"{metric['name']}. {told}")


def _names(given: Any, count: int) -> list[str]:
    names = [str(name) for name in given] if isinstance(given, list) else []
    return [*names[:count], *(str(number + 1) for number in range(len(names), count))]


def _scale(values: Sequence[float], start: float, end: float) -> Any:
    """From a value to its place; a single value stands in the middle."""
    least, most = min(values), max(values)
    if least == most:
        return lambda _: (start + end) / 2
    return lambda value: start + (value - least) / (most - least) * (end - start)


def _ticks(values: Sequence[float]) -> list[float]:
    least, most = min(values), max(values)
    return [least] if least == most else [least + (most - least) * part / 4 for part in range(5)]


def _numbers_across(values: Sequence[float], across: Any) -> list[str]:
    return [_text(across(value), HEIGHT - BOTTOM + 16, f"{value:.4g}") for value in _ticks(values)]


def _numbers_up(values: Sequence[float], up: Any) -> list[str]:
    return [_text(LEFT - 6, up(value) + 4, f"{value:.4g}", "end") for value in _ticks(values)]


def _figure(metric: Mapping[str, Any], drawn: list[str], told: str) -> Markup:
    """A chart with its two axes."""
    frame = f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="{INK}" stroke-width="1"/>'
    axes = [
        _text((LEFT + WIDTH) / 2, HEIGHT - 12, metric.get("x_axis_name") or ""),
        f'<g transform="rotate(-90 14 {HEIGHT / 2})">{_text(14, HEIGHT / 2, metric.get("y_axis_name") or "")}</g>',
    ]
    return _svg([frame, *drawn, *axes], (WIDTH, HEIGHT), f"{metric['name']}. {told}")


def _text(x: float, y: float, text: Any, anchor: str = "middle", colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _svg(drawn: list[str], size: tuple[float, float], told: str) -> Markup:
    width, height = size
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(told)}" font-family="sans-serif" font-size="11">{"".join(drawn)}</svg>'
    )
