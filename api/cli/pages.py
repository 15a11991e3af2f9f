"""Commands that show the map: as one file, or served."""

import logging
import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import get_console, open_store

__all__ = ["map_", "serve"]

_SHUTDOWN_S = 3
"""How long open event streams may hold up the end. [s]"""


def map_(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT.html", help="File to write · 输出文件")],
) -> None:
    """Write the map with its data as one file that needs no server · 生成单文件地图."""
    # Imported late, here and below: the other commands start without the page and the server.
    from web.standalone import write_standalone

    console = get_console(context)
    with open_store() as store, console.progress(out.name) as progress:
        report = write_standalone(store, out, lang=console.language.value, progress=progress)
    size_mb = report.size_bytes / 1e6
    typer.echo(
        console.pick(
            f"已写入 {out}：{report.features} 个要素，{size_mb:.1f} MB",
            f"{out}: {report.features} features, {size_mb:.1f} MB",
        )
    )


def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Address to listen at; default 127.0.0.1 · 监听地址")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 chooses a free one · 端口")
    ] = None,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Log every request · 记录每个请求")
    ] = False,
) -> None:
    """Serve the map and the HTTP interface until Ctrl-C · 启动服务."""
    import uvicorn

    from api.main import create_app
    from api.settings import load_settings
    from web.assets import require_assets

    console = get_console(context)
    settings = load_settings(host=host, port=port)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    require_assets()
    # Refused here with a sentence, not with a traceback once the server has begun to start.
    open_store().close()
    listener = _listen(settings.host, settings.port)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{shown}:{listener.getsockname()[1]}"
    console.say(
        f"地图：{address}  接口说明：{address}/docs  按 Ctrl-C 停止",
        f"map: {address}  interface: {address}/docs  Ctrl-C stops",
    )
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=access_log,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    # Ctrl-C is how a server ends: uvicorn has closed everything by then and hands the signal on.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    from api.errors import ListenError

    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family)
        # Inherited by every connection; the loop sets it only on sockets that it opens itself. Without it the end of
        # each answer waits for the browser's delayed acknowledgement of its head, 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        raise ListenError(
            f"cannot listen at {host}:{port} ({error.strerror}); choose another with --port",
            zh=f"无法监听 {host}:{port}（{error.strerror}），请用 --port 换一个端口",
        ) from error
