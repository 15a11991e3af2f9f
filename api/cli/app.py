"""The commands put together."""

import codecs
import io
import sys
import unicodedata
import warnings
from typing import Annotated

import typer

from api.cli import (
    analysis,
    checks,
    data,
    fans,
    grids,
    hazards,
    pages,
    papers,
    ponds,
    projects,
    register,
    rules,
    validation,
)
from api.cli.console import Console, ErrorReportingGroup, Language, guess_language
from layers.runs import code_version

__all__ = ["app", "main"]

app = typer.Typer(
    name="riskmap",
    cls=ErrorReportingGroup,
    help="Geospatial risk platform for work safety · 安全生产地理空间风险平台",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"riskmap {code_version()}")
        raise typer.Exit


@app.callback()
def prepare(
    context: typer.Context,
    lang: Annotated[
        Language | None, typer.Option(help="Language of messages; by default that of the terminal · 语言")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version · 版本")
    ] = False,
) -> None:
    """Set up what all commands share."""
    context.obj = Console(lang or guess_language())


app.command("init")(data.init)
app.command("sample")(data.sample)
app.command("areas")(data.areas)
app.command("import")(data.import_)
app.command("export")(data.export)
app.command("check")(checks.check)
app.command("audit")(register.audit)
app.command("where")(register.where)
app.command("largest")(projects.largest)
app.command("layout")(checks.layout)
app.command("pipelines")(projects.pipelines)
app.command("ponds")(ponds.ponds)
app.command("fans")(fans.fans)
app.command("hazard")(hazards.hazard)
app.command("distance")(hazards.distance)
app.command("verify")(checks.verify)
app.command("setback")(checks.setback)
app.add_typer(rules.rules, name="rules")
app.command("validate")(validation.validate)
app.command("nearest")(analysis.nearest)
app.command("around")(analysis.around)
app.command("grid")(grids.grid)
app.command("grid-explain")(grids.grid_explain)
app.command("grid-diff")(grids.grid_diff)
app.command("grid-drop")(grids.grid_drop)
app.command("grid-enter")(grids.grid_enter)
app.command("report")(papers.report)
app.command("map")(pages.map_)
app.command("serve")(pages.serve)


_PLAINLY = "riskmap.plainly"
"""Name of the way in which characters are written that the terminal's encoding lacks, GBK above all."""


def write_plainly(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for characters that an encoding lacks: a space for a thin one, 2 for ², else ``?``.

    Raises
    ------
    UnicodeError
        If something cannot be read, rather than written.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    plain = unicodedata.normalize("NFKC", lacking).replace("\u2212", "-")
    return plain.encode(error.encoding, "replace").decode(error.encoding), error.end


def main() -> None:
    """Run the command line."""
    codecs.register_error(_PLAINLY, write_plainly)
    for stream in (sys.stdout, sys.stderr):
        # The POSIX locale knows ASCII only; Chinese names have to come out all the same.
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() in {
            "ascii",
            "us-ascii",
            "ansi_x3.4-1968",
        }:
            stream.reconfigure(encoding="utf-8")
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_PLAINLY)
    # What GDAL remarks on rings and projections is checked row by row; what openpyxl says of styles changes no cell.
    # Switched off for the process: a switch in one thread would undo that of another.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="pyogrio")
    warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
    app()
