"""The command `sagelab`."""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sagelab import __version__
from sagelab.errors import SagelabError

app = typer.Typer(
    help="A Jupyter course on Amazon SageMaker that needs no AWS account.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
account = typer.Typer(help="The local AWS account of a folder.", no_args_is_help=True)
progress = typer.Typer(help="What you have done, from one folder to another.", no_args_is_help=True)
course = typer.Typer(help="For instructors: a course with nbgrader.", no_args_is_help=True)
app.add_typer(account, name="account")
app.add_typer(progress, name="progress")
app.add_typer(course, name="course")
out, err = Console(highlight=False), Console(stderr=True, highlight=False)

LearnerFolder = Annotated[Path, typer.Option("--folder", help="The folder of your notebooks.")]
AccountFolder = Annotated[Path, typer.Argument(help="The account's folder, such as .sagelab/model_monitor")]


def main() -> None:
    """Run the command; every expected fault ends as one sentence and a non-zero exit."""
    try:
        app()
    except SagelabError as error:
        err.print(str(error), markup=False, soft_wrap=True)
        sys.exit(1)
    except OSError as error:
        what = "The disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        where = f" ({error.filename})" if error.filename else ""
        err.print(
            f"{what}{where}. Make room or choose another folder, then try again.",
            markup=False,
            soft_wrap=True,
        )
        sys.exit(1)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"sagelab {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A Jupyter course on Amazon SageMaker that needs no AWS account."""


@app.command("open")
def open_(
    folder: Annotated[
        Path, typer.Argument(help="Where your notebooks live; made if it is not there.")
    ] = Path("sagelab-course"),
    port: Annotated[int | None, typer.Option(help="The port of JupyterLab.")] = None,
    prepare: Annotated[bool, typer.Option("--prepare", help="Write the notebooks and stop there.")] = False,
) -> None:
    """Write the lessons into FOLDER, never over your work, and open JupyterLab on them.

    SAGELAB_NO_BROWSER=1 serves without opening a browser window.
    """
    from sagelab import start

    folder = folder.resolve()
    for sentence in start.write_notebooks(folder):
        out.print(sentence, soft_wrap=True)
    if not prepare:
        browser = not os.environ.get("SAGELAB_NO_BROWSER")
        raise typer.Exit(start.open_lab(folder, port, browser=browser))


@app.command()
def build(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 and name what is stale.")
    ] = False,
    instructor: Annotated[
        Path | None, typer.Option(help="Write the notebooks with solutions and tests here instead.")
    ] = None,
) -> None:
    """Build the notebooks from the lessons' text (for authors)."""
    from sagelab import build as builder
    from sagelab import catalogue
    from sagelab.start import shipped

    if instructor is not None:
        for path in builder.write_instructor(catalogue.entries(), instructor):
            out.print(str(path), soft_wrap=True)
        return
    changed = builder.build_all(catalogue.LESSONS, shipped(), check=check)
    for name in changed:
        out.print(f"{name} is stale; run sagelab build." if check else f"{name} built.", soft_wrap=True)
    raise typer.Exit(1 if check and changed else 0)


@app.command()
def lint(
    lessons: Annotated[
        list[str] | None, typer.Argument(help="The lessons to look at; all where none is named.")
    ] = None,
) -> None:
    """Check the lessons as their author should: every stub fails, every wrong answer is caught (for authors)."""
    from sagelab import catalogue
    from sagelab import lint as linter

    entries = [catalogue.find(name) for name in lessons] if lessons else list(catalogue.entries())
    found = False
    for entry in entries:
        with err.status(f"Linting {entry.slug}"):
            report = linter.lint(entry.folder)
        for finding in report.findings:
            out.print(str(finding), markup=False, soft_wrap=True)
        out.print(
            f"{entry.slug}: {report.killed} of {report.wrong_total} wrong answers caught ({report.kill_rate:.0%})."
        )
        found = found or bool(report.findings)
    raise typer.Exit(1 if found else 0)


@account.command("start")
def account_start(folder: AccountFolder) -> None:
    """Start the account of FOLDER and keep it until it is stopped."""
    from sagelab.account import connect

    out.print(connect(folder, keep=True).url)


@account.command("status")
def account_status(folder: AccountFolder) -> None:
    """Say whether the account of FOLDER runs, and where."""
    from sagelab.account import process

    url = process.running(folder)
    out.print(f"Running at {url}." if url else "Not running; its state is kept on disk.")


@account.command("stop")
def account_stop(folder: AccountFolder) -> None:
    """Stop the account of FOLDER; its state is kept."""
    from sagelab.account import process

    out.print("Stopped." if process.stop(folder) else "It was not running.")


@account.command("reset")
def account_reset(folder: AccountFolder) -> None:
    """Delete everything in the account of FOLDER."""
    from sagelab.account import connect

    handle = connect(folder)
    handle.reset()
    handle.stop()
    out.print("The account is empty.")


@account.command("operations")
def account_operations(
    format_: Annotated[str, typer.Option("--format", help="table or json")] = "table",
) -> None:
    """List every operation of the SageMaker API and whether it is executed, recorded or refused here."""
    import json
    import tempfile

    from sagelab.account.app import operations
    from sagelab.account.lifecycle import sentence as said

    with tempfile.TemporaryDirectory() as scratch:
        listed = operations(Path(scratch))
    if format_ == "json":
        typer.echo(json.dumps(listed, indent=1))
        return
    table = Table("service", "operation", "status", "module", "on AWS")
    for row in listed:
        table.add_row(
            *(row[name] for name in ("service", "operation", "status", "module")), said(row["operation"])
        )
    (out if out.is_terminal else Console(width=200)).print(table)


@progress.command("export")
def progress_export(
    file: Annotated[Path, typer.Argument(help="The file to write, such as my-progress.json.")],
    folder: LearnerFolder = Path(),
) -> None:
    """Save exercises, quiz answers and flashcards in FILE; it can be imported into another folder."""
    from sagelab import carry

    out.print(f"Saved in {file}: {carry.export_file(folder, file).words}.", markup=False, soft_wrap=True)


@progress.command("import")
def progress_import(
    file: Annotated[Path, typer.Argument(help="A file that sagelab progress export wrote.")],
    folder: LearnerFolder = Path(),
) -> None:
    """Merge FILE into the folder: later answers win, what you passed stays passed."""
    from sagelab import carry

    brought = carry.import_file(folder, file)
    out.print(f"New in {folder.resolve()}: {brought.words}.", markup=False, soft_wrap=True)
    if brought.note:
        err.print(brought.note, markup=False, soft_wrap=True)


@course.command("init")
def course_init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    course_id: Annotated[str, typer.Option(help="The name of the course in nbgrader.")] = "sagelab",
    lesson: Annotated[
        list[str] | None, typer.Option(help="Only this lesson; may be given several times.")
    ] = None,
) -> None:
    """Make an nbgrader course in FOLDER with every lesson, or those named, generated and released."""
    from sagelab_grader.course import init

    for sentence in init(folder.resolve(), course_id, lesson or ()):
        out.print(sentence, soft_wrap=True)
