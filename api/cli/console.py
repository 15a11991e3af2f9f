"""What all commands share: language, progress, answers as table or JSON, errors without traceback."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import rich.console
import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from typer.core import TyperGroup

from geo.errors import RiskmapError
from geo.text import say_number

if TYPE_CHECKING:
    from layers.store import Store

__all__ = [
    "AnswerFormat",
    "Console",
    "ErrorReportingGroup",
    "FormatOption",
    "Language",
    "get_console",
    "guess_language",
    "open_store",
]


_T = TypeVar("_T")

_FAILED = 4
"""Exit code of what could not be done."""


class Language(StrEnum):
    """Language of messages."""

    ZH = "zh"
    EN = "en"


class AnswerFormat(StrEnum):
    """How a command answers."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[
    AnswerFormat, typer.Option("--format", help="Answer for people or for programs · 输出格式")
]


def guess_language() -> Language:
    """Return the language of the terminal: Chinese where its locale is, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return Language.ZH if value.lower().startswith("zh") else Language.EN
    return Language.EN


class Console:
    """Where a command speaks: answers to standard output, all else to standard error.

    Parameters
    ----------
    language : Language
    """

    def __init__(self, language: Language) -> None:
        self.language = language

    def pick(self, zh: _T, en: _T) -> _T:
        """Return what is in the language of the person."""
        return zh if self.language is Language.ZH else en

    def say(self, zh: str, en: str) -> None:
        """Tell the person something that is not part of the answer."""
        typer.echo(self.pick(zh, en), err=True)

    def answer_json(self, value: object) -> None:
        """Print a value as JSON, the same bytes for the same value."""
        typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2))

    def answer_table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], note: str = ""
    ) -> None:
        """Print rows as a table; missing values are a dash."""
        table = Table()
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        out = _rich(sys.stdout)
        out.print(title, style="bold", markup=False)
        out.print(table)
        if note:
            out.print(note, markup=False)

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[float, str], None]]:
        """Show a bar while the block runs; gives ``progress(fraction, message)``."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[message]}"),
        )
        stream = _rich(sys.stderr)
        with Progress(*columns, console=stream, transient=True, disable=not stream.is_terminal) as bar:
            task = bar.add_task(escape(title), total=1.0, message="")

            def show(fraction: float, message: str) -> None:
                bar.update(task, completed=fraction, message=escape(message))

            yield show


def get_console(context: typer.Context) -> Console:
    """Return the console of a command."""
    console: Console = context.find_root().obj or Console(guess_language())
    return console


def open_store() -> "Store":
    """Return the store that the settings name.

    Raises
    ------
    SettingsError, StoreError
        If a setting does not fit, or the database is not there.
    """
    from api.settings import load_settings
    from layers.store import Store

    settings = load_settings()
    return Store.open(settings.database_url.get_secret_value(), settings.raster_folders)


class ErrorReportingGroup(TyperGroup):
    """Ends a command that fails on purpose with one sentence and its exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except RiskmapError as error:
            from api.errors import exit_code

            console: Console = ctx.obj or Console(guess_language())
            console.say(f"错误：{error.zh}", f"error: {error.message}")
            raise typer.Exit(exit_code(error)) from None
        except BrokenPipeError:  # whoever read the answer has left
            raise
        except OSError as error:
            console = ctx.obj or Console(guess_language())
            where, why = error.filename or "-", error.strerror or str(error)
            console.say(
                f"错误：无法读写 {where}：{why}；请检查路径、权限和磁盘空间",
                f"error: cannot read or write {where}: {why}; check the path, its permissions and the space on disk",
            )
            raise typer.Exit(_FAILED) from None


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return say_number(value, 3).rstrip("0").rstrip(".") if isinstance(value, float) else escape(str(value))


def _rich(stream: Any) -> rich.console.Console:
    # Made when it is needed: the stream may have been replaced since the start. Without a terminal lines stay whole.
    width = None if stream.isatty() else 200
    return rich.console.Console(file=stream, width=width, highlight=False)
