"""Options of the commands that read a file of features: how it is to be read."""

from typing import Annotated

import typer

__all__ = [
    "AccuracyOption",
    "CrsOption",
    "EncodingOption",
    "MapOption",
    "SetOption",
    "SourceLayerOption",
]

SourceLayerOption = Annotated[str | None, typer.Option(help="Layer or sheet of the file · 源图层")]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=COLUMN", help="Column of a field · 字段对应的列"),
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Value for all rows · 固定值")
]
AccuracyOption = Annotated[
    float | None, typer.Option(metavar="M", help="Accuracy of position, 95 % radius in metres · 位置精度")
]
CrsOption = Annotated[
    str | None, typer.Option(help="Coordinate system of the file: EPSG:4490, GCJ-02, WKT … · 坐标系")
]
EncodingOption = Annotated[str | None, typer.Option(help="Encoding of texts: GB18030 … · 编码")]
