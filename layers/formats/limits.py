"""Sizes that a file may have, and archives that are safe to unpack.

The limits keep a wrong or hostile file from filling memory or disk: it is refused before it is parsed.
"""

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from layers.errors import FormatError

__all__ = [
    "MAX_DISK_BYTES",
    "MAX_TEXT_BYTES",
    "check_archive",
    "check_size",
    "check_start",
    "open_archive",
    "refuse_doctype",
    "unpack",
]

MAX_DISK_BYTES = 4 * 1024**3
"""Largest file of a format that is read record by record (GeoPackage, shapefile, Parquet). [B]"""

MAX_TEXT_BYTES = 512 * 1024**2
"""Largest file of a format that is parsed in memory (CSV, GeoJSON, KML, DXF, sheet of a workbook). [B]"""

MAX_ENTRIES = 1000
"""Largest number of files in an archive."""

MAX_RATIO = 200
"""Largest ratio of unpacked to packed size, above :data:`RATIO_FREE_BYTES`. Sheets and DBF files stay below 100."""

RATIO_FREE_BYTES = 32 * 1024**2
"""Unpacked size up to which the ratio does not matter. [B]"""

_CHUNK_BYTES = 1024**2
_ARCHIVE_SUFFIXES = (".zip", ".kmz", ".7z", ".rar", ".gz", ".tar", ".tgz")


def check_size(path: Path, limit_bytes: int) -> None:
    """Refuse a file that is not there, empty or too large.

    Raises
    ------
    FormatError
    """
    if not path.is_file():
        raise FormatError(f"no file {path}", zh=f"找不到文件 {path}")
    size = path.stat().st_size
    if size == 0:
        raise FormatError(f"{path.name} is empty", zh=f"文件 {path.name} 是空的")
    if size > limit_bytes:
        raise FormatError(
            f"{path.name} has {size} bytes, more than the {limit_bytes} that are read; split it",
            zh=f"{path.name} 大小为 {size} 字节，超过上限 {limit_bytes} 字节；请拆分后导入",
        )


def check_start(path: Path, starts: tuple[bytes, ...], what: str) -> None:
    """Refuse a file whose first bytes are not those of its kind.

    Raises
    ------
    FormatError
    """
    with path.open("rb") as file:
        head = file.read(max(map(len, starts)))
    if not head.startswith(starts):
        raise FormatError(
            f"{path.name} is not a {what} file: it begins with {head[:8]!r}",
            zh=f"{path.name} 不是 {what} 文件：文件头为 {head[:8]!r}",
        )


def open_archive(path: Path, limit_bytes: int = MAX_DISK_BYTES) -> zipfile.ZipFile:
    """Open a zip archive that has passed :func:`check_archive`.

    Raises
    ------
    FormatError
        If it is no zip archive, broken, or unsafe to unpack.
    """
    check_size(path, MAX_DISK_BYTES)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise FormatError(
            f"{path.name} is not a zip archive that can be read: {error}",
            zh=f"{path.name} 不是可读取的压缩文件：{error}",
        ) from error
    try:
        check_archive(archive, path.name, limit_bytes)
    except FormatError:
        archive.close()
        raise
    return archive


def check_archive(archive: zipfile.ZipFile, name: str, limit_bytes: int) -> None:
    """Refuse zip bombs, archives in archives, encrypted entries and entries that would land elsewhere.

    Raises
    ------
    FormatError
    """
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _unsafe(
            name,
            f"holds {len(entries)} files, at most {MAX_ENTRIES} are read",
            f"含 {len(entries)} 个文件，上限为 {MAX_ENTRIES}",
        )
    for entry in entries:
        _check_entry(entry, name)
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > limit_bytes:
        raise _unsafe(
            name,
            f"unpacks to {unpacked} bytes, at most {limit_bytes} are read",
            f"解压后为 {unpacked} 字节，上限为 {limit_bytes} 字节",
        )
    if unpacked > RATIO_FREE_BYTES and unpacked / packed > MAX_RATIO:
        raise _unsafe(
            name,
            f"unpacks to {unpacked / packed:.0f} times its size, at most {MAX_RATIO} is read",
            f"解压比为 {unpacked / packed:.0f} 倍，上限为 {MAX_RATIO} 倍",
        )


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
        raise _unsafe(
            name,
            f"has an entry that would leave the folder: {entry.filename!r}",
            f"含有越出目录的条目：{entry.filename!r}",
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _unsafe(name, f"has a symbolic link: {entry.filename!r}", f"含有符号链接：{entry.filename!r}")
    if entry.flag_bits & 0x1:
        raise _unsafe(name, "is encrypted; give it without a password", "已加密；请提供未加密的文件")
    if path.suffix.lower() in _ARCHIVE_SUFFIXES:
        raise _unsafe(
            name,
            f"has an archive in it: {entry.filename!r}; unpack it first",
            f"含有嵌套压缩文件：{entry.filename!r}；请先解压",
        )


def _unsafe(name: str, en: str, zh: str) -> FormatError:
    return FormatError(f"{name} {en}", zh=f"{name} {zh}")


def unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Write the files of a checked archive flat into a folder.

    Raises
    ------
    FormatError
        If an entry is broken, larger than it says, or two have the same name.
    """
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        target = folder / decode_entry_name(entry)
        if target.exists():
            raise _unsafe(
                str(archive.filename), f"has two files named {target.name}", f"含有同名文件 {target.name}"
            )
        try:
            with archive.open(entry) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, _CHUNK_BYTES)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise _unsafe(
                str(archive.filename),
                f"is broken at {entry.filename!r}: {error}",
                f"在 {entry.filename!r} 处损坏：{error}",
            ) from error


def decode_entry_name(entry: zipfile.ZipInfo) -> str:
    """Return the last part of an entry's name; names without the UTF-8 flag are tried as UTF-8, then GB18030."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return PurePosixPath(name.replace("\\", "/")).name


def refuse_doctype(head: bytes, name: str) -> None:
    """Refuse XML that declares a document type: entities in it can grow without bound or name other files.

    Raises
    ------
    FormatError
    """
    if b"<!DOCTYPE" in head.upper() or b"<!ENTITY" in head.upper():
        raise FormatError(
            f"{name} declares a document type (DOCTYPE), which is not read; save it without",
            zh=f"{name} 含有 DOCTYPE 声明，不予读取；请去除后保存",
        )
