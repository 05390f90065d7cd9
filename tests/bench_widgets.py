"""Print how quickly the widgets answer: from click to feedback, the home page of 22 lessons, the import.

make bench-widgets
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from browser import harness
from rich.console import Console
from rich.table import Table

from sagelab import catalogue

CLICKS, VISITS, IMPORTS, LESSONS = 200, 5, 7, 22
QUESTIONS = Path(__file__).parent / "browser" / "all_kinds.yaml"
QUIZ = """
from pathlib import Path
from types import SimpleNamespace
from sagelab.lesson_quiz import lesson_quiz
lesson_quiz(Path({folder!r}), SimpleNamespace(slug="bench", title="Bench", folder=Path({folder!r})), graded=False)
"""
HOME = """
from pathlib import Path
from sagelab import catalogue
catalogue.load.__defaults__ = (Path({lessons!r}),)
import sagelab
sagelab.home()
"""
HOME_CELL = "sagelab.home()"
MEASURE_CLICKS = """() => {
    window.times = [];
    const root = document.querySelector('.sl-quiz');
    const status = root.querySelector('.sl-status');
    const channel = new MessageChannel();
    let start = 0, said = 0;
    channel.port1.onmessage = () => window.times.push([said - start, performance.now() - start]);
    root.addEventListener('click', event => {
        if (event.target.type === 'submit') start = event.timeStamp;
    }, true);
    new MutationObserver(() => {
        if (!start || !status.textContent.includes('ight')) return;
        said = performance.now();
        requestAnimationFrame(() => channel.port2.postMessage(''));  // comes after the frame is drawn
    }).observe(status, { childList: true, subtree: true, characterData: true });
}"""
SHOW = """async cell => {
    const start = performance.now();
    const shown = new Promise(resolve => {
        const node = document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell')[cell];
        const look = () => node.querySelector('.sl-home a') ? resolve(performance.now() - start)
            : requestAnimationFrame(look);
        look();
    });
    window.jupyterapp.commands.execute('notebook:run-cell');
    return await shown;
}"""
IMPORT = (
    "import time; start = time.process_time(); import sagelab_widgets; print(time.process_time() - start)"
)


def bench_clicks(page: Any, server: harness.LabServer) -> tuple[list[float], list[float]]:
    """Milliseconds from each click on Check to the words in the page, and to the frame that shows them."""
    folder = server.root / "quiz"
    folder.mkdir()
    shutil.copy(QUESTIONS, folder / "quiz.yaml")
    harness.write_notebook(folder / "quiz.ipynb", QUIZ.format(folder=str(folder)))
    harness.open_notebook(page, server.url("quiz/quiz.ipynb"))
    harness.run_all(page)
    quiz = harness.panel(page).locator(".sl-quiz")
    quiz.wait_for()
    page.evaluate(MEASURE_CLICKS)
    for number in range(CLICKS):
        quiz.get_by_role("radio").nth(number % 4).check()
        quiz.get_by_role("button", name="Check", exact=True).click()
        page.wait_for_function("count => window.times.length > count", arg=number)
        quiz.get_by_role("button", name="Try again").click()
    times = page.evaluate("window.times")
    return [said for said, _ in times], [drawn for _, drawn in times]


def many_lessons(folder: Path) -> Path:
    """A catalogue of 22 lessons: those that there are, again and again, each in a folder of its own."""
    entries = catalogue.entries()
    lessons = []
    for number in range(LESSONS):
        entry = entries[number % len(entries)]
        slug = f"{entry.slug}_{number:02d}"
        shutil.copytree(entry.folder, folder / slug, ignore=shutil.ignore_patterns("__pycache__"))
        lessons.append({"number": number + 1, "slug": slug})
    modules = [{"title": f"Module {at + 1}", "lessons": lessons[at::4]} for at in range(4)]
    (folder / "catalogue.yaml").write_text(yaml.safe_dump({"modules": modules}))
    return folder


def bench_home(page: Any, server: harness.LabServer) -> tuple[list[float], list[float]]:
    """Milliseconds from running the home page's cell to its lessons: in a fresh kernel, and then again."""
    lessons = many_lessons(server.root / "lessons")
    first, again = [], []
    for visit in range(VISITS):
        name = f"home{visit}/home.ipynb"
        (server.root / name).parent.mkdir()
        harness.write_notebook(server.root / name, HOME.format(lessons=str(lessons)), HOME_CELL)
        harness.open_notebook(page, server.url(name))
        for times, cell in ((first, 0), (again, 1)):
            page.evaluate(
                "cell => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell; }", cell
            )
            times.append(page.evaluate(SHOW, cell))
            harness.wait_idle(page)
        assert harness.panel(page).locator(".sl-home").last.get_by_role("link").count() >= LESSONS
        server.stop_kernels()
    return first, again


def bench_import() -> list[float]:
    """CPU milliseconds of `import sagelab_widgets` in fresh processes."""
    command = [sys.executable, "-c", IMPORT]
    return [
        1000 * float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(IMPORTS)
    ]


def row(table: Table, what: str, times: list[float], bound: str) -> None:
    """Median and 95th percentile of the times, with the bound of the issue beside them."""
    high = statistics.quantiles(times, n=20)[-1] if len(times) > 20 else max(times)
    table.add_row(what, str(len(times)), f"{statistics.median(times):.1f}", f"{high:.1f}", bound)


def main() -> None:
    """Measure all three and print them; nothing is asserted."""
    executable = harness.find_chromium()
    if executable is None:
        sys.exit("No Chromium was found; install one to measure the widgets.")
    table = Table(title="Widgets, in milliseconds", caption="p95: the largest where there are few values")
    for head in ("what", "times", "median", "p95", "bound"):
        table.add_column(head, justify="left" if head == "what" else "right")
    row(table, "CPU of import sagelab_widgets", bench_import(), "300")
    root = Path(tempfile.mkdtemp(prefix="sagelab-bench-"))
    try:
        with harness.LabServer(root) as server, harness.chromium(executable) as browser:
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            said, drawn = bench_clicks(page, server)
            row(table, "click to feedback, words in the page", said, "10 (median)")
            row(table, "click to feedback, frame drawn", drawn, "")
            first, again = bench_home(page, server)
            row(table, f"home page of {LESSONS} lessons, fresh kernel", first, "1000")
            row(table, f"home page of {LESSONS} lessons, again", again, "1000")
    finally:
        shutil.rmtree(root, ignore_errors=True)
    Console().print(table)


if __name__ == "__main__":
    main()
