"""Print what each lesson costs: seconds from first to last cell, and the peak memory of its kernel.

make times
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sagelab import catalogue
from sagelab.build import write_instructor

RUN = """
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

path = sys.argv[1]
notebook = nbformat.read(path, as_version=4)
notebook.cells.append(nbformat.v4.new_code_cell(
    "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"))
notebook.cells.append(nbformat.v4.new_code_cell(
    "import json, psutil; server = psutil.Process(json.loads((lab.account.home / 'server.json').read_text())['pid']);"
    "print(sum(p.memory_info().rss for p in [server, *server.children(recursive=True)]) // 2**20)"))
NotebookClient(notebook, timeout=300).execute(cwd=str(Path(path).parent))
print(notebook.cells[-2].outputs[0].text.strip(), notebook.cells[-1].outputs[0].text.strip())
"""


def main() -> None:
    """Run every lesson once in a fresh folder and print the table."""
    table = Table("lesson", "seconds", "CPU seconds", "kernel peak MB", "account and jobs MB at the end")
    for entry in catalogue.entries():
        with tempfile.TemporaryDirectory() as scratch:
            write_instructor([entry], Path(scratch))
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", RUN, str(Path(scratch) / entry.notebook)],
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "OMP_NUM_THREADS": "1", "SAGELAB_ACCOUNT_IDLE": "1"},
            )
            seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode:
                sys.exit(f"{entry.slug} does not run:\n{done.stderr[-2000:]}")
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            kernel, account = done.stdout.split()[-2:]
            table.add_row(entry.slug, f"{seconds:.1f}", f"{cpu:.1f}", kernel, account)
    Console().print(table)


if __name__ == "__main__":
    main()
