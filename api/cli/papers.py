"""Command that writes the white paper of an area."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import get_console, open_store

__all__ = ["report"]


def report(
    context: typer.Context,
    area: Annotated[str, typer.Argument(metavar="AREA", help="Division code, or all · 行政区划代码，或 all")],
    out: Annotated[Path, typer.Argument(metavar="OUT.docx|.pdf", help="File to write · 输出文件")],
) -> None:
    """Write the safety-risk white paper of an area · 生成安全风险白皮书."""
    from layers.papers import write_white_paper

    console = get_console(context)
    with open_store() as store:
        write_white_paper(store, area, out, language=console.language.value)
    typer.echo(console.pick(f"已写入 {out}", f"written: {out}"))
