"""Text encodings of Chinese files: what is stated, what is found, and when the two cannot both be right."""

import codecs
import re
from collections.abc import Sequence

from layers.errors import FormatError
from layers.formats.source import Note

__all__ = ["canonical_encoding", "choose_encoding", "decode_cut", "decode_text", "find_mojibake"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODE_PAGES = {"65001": "utf-8", "936": "gb18030", "54936": "gb18030", "950": "cp950", "1252": "cp1252"}
_SUBSETS_OF_GB18030 = frozenset({"gbk", "gb2312", "cp936", "gb18030"})
_CHINESE = re.compile("[\u4e00-\u9fff]")
_MOJIBAKE = re.compile("\ufffd|锟斤拷|烫烫烫|屯屯屯")


def canonical_encoding(name: str) -> str | None:
    """Return Python's name of an encoding as files state it (``GBK``, ``936``, ``ANSI 936``), ``None`` if unknown.

    GBK and GB2312 are read as GB18030, which holds them both.
    """
    text = name.strip().strip("\x00").casefold()
    digits = re.fullmatch(r"(?:ansi|oem|cp|windows-)?[ _-]?(\d{3,5})", text)
    if digits and digits[1] in _CODE_PAGES:
        return _CODE_PAGES[digits[1]]
    try:
        found = codecs.lookup(text).name
    except (LookupError, ValueError):
        return None
    return "gb18030" if found in _SUBSETS_OF_GB18030 else found


def choose_encoding(
    samples: Sequence[bytes],
    stated: str | None,
    hint: str | None,
    where: str,
    notes: list[Note],
    *,
    may_be_cut: bool = False,
) -> str:
    """Return the encoding of the texts of one file.

    Parameters
    ----------
    samples : sequence of bytes
        All texts of the file.
    stated : str or None
        What the user says; it wins.
    hint : str or None
        What the file says (``.cpg``, language byte of the DBF).
    where : str
        What the hint stands in, else the file; for messages.
    may_be_cut : bool
        The last character of a text may be incomplete, because its field is too narrow for it.
    notes : list of Note
        Gets a note on what was taken and why, when a text is not plain ASCII.

    Returns
    -------
    str
        Python's name of the encoding.

    Raises
    ------
    FormatError
        If the stated encoding is unknown or does not fit the bytes, or none fits.
    """
    data = b"\n".join(samples)
    whole = samples if may_be_cut else ()
    if stated is not None:
        return _check_stated(data, whole, stated, "encoding", where)
    if data.isascii():
        return "utf-8"
    if hint is not None and canonical_encoding(hint) is not None:
        encoding = _check_stated(data, whole, hint, where)
        notes.append(Note(f"text encoding {encoding}, as {where} says", f"文本编码 {encoding}（按 {where}）"))
        return encoding
    encoding = _detect(data, whole, where)
    said = f"; {where} says {hint!r}, which is no known encoding" if hint else ""
    said_zh = f"；{where} 标注的“{hint}”无法识别" if hint else ""
    notes.append(
        Note(
            f"text encoding {encoding}, detected from the bytes{said}; state another (encoding) if it is wrong",
            f"文本编码 {encoding}（由字节内容判断{said_zh}）；如不正确请另行指定（encoding）",
        )
    )
    return encoding


def _decode(data: bytes, whole: Sequence[bytes], encoding: str) -> str:
    """Text of the joined samples; where that fails, of each sample as far as its last complete character."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        if not whole:
            raise
        return "\n".join(decode_cut(sample, encoding) for sample in whole)


def decode_cut(data: bytes, encoding: str) -> str:
    """Text without an incomplete last character; ``UnicodeDecodeError`` for anything else that does not fit."""
    return codecs.getincrementaldecoder(encoding)().decode(data, final=False)


def _check_stated(data: bytes, whole: Sequence[bytes], stated: str, where: str, name: str = "") -> str:
    encoding = canonical_encoding(stated)
    en, zh = _naming(name)
    if encoding is None:
        raise FormatError(f"{en}unknown encoding {stated!r}", zh=f"{zh}未知的文本编码“{stated}”")
    try:
        text = _decode(data, whole, encoding)
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{en}the text is not {encoding}, as {where} says: byte {error.object[error.start]:#04x} does not fit; "
            "state the right one (encoding)",
            zh=f"{zh}文本不是 {where} 所述的 {encoding} 编码；请指定正确的编码（encoding）",
        ) from error
    _refuse_misread(data, whole, text, encoding, where, name)
    return encoding


def _naming(name: str) -> tuple[str, str]:
    """Return what stands before an English and a Chinese message about a file."""
    return (f"{name}: ", f"{name}：") if name else ("", "")


def _refuse_misread(
    data: bytes, whole: Sequence[bytes], text: str, encoding: str, where: str, name: str
) -> None:
    """Refuse a stated encoding that fits the bytes only because it fits almost any bytes."""
    if encoding.startswith("utf") or data.isascii():
        return
    others = ("utf-8",) if encoding == "gb18030" or _CHINESE.search(text) else ("utf-8", "gb18030")
    for other in others:
        try:
            readable = _CHINESE.search(_decode(data, whole, other))
        except UnicodeDecodeError:
            continue
        if readable:
            en, zh = _naming(name)
            raise FormatError(
                f"{en}{where} says {encoding}, but the bytes are Chinese text in {other}; "
                f"state it (encoding={other})",
                zh=f"{zh}{where} 标注为 {encoding}，但内容是 {other} 编码的中文；请指定 encoding={other}",
            )


def _detect(data: bytes, whole: Sequence[bytes], name: str) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            _decode(data, whole, encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    en, zh = _naming(name)
    raise FormatError(
        f"{en}the text is neither UTF-8 nor GB18030; state which it is (encoding)",
        zh=f"{zh}文本既不是 UTF-8 也不是 GB18030 编码；请指定编码（encoding）",
    )


def decode_text(
    data: bytes, stated: str | None, name: str, notes: list[Note], *, usual: str | None = None
) -> str:
    """Text of a whole file, without its byte order mark.

    Parameters
    ----------
    data : bytes
    stated : str or None
        What the user says.
    name : str
        Of the file.
    notes : list of Note
        Gets a note on what was taken, unless it is the ``usual`` encoding of the format.
    usual : str, optional

    Raises
    ------
    FormatError
        If it is binary, or no encoding fits.
    """
    bom = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), None)
    if bom == "utf-16" and stated is None:
        stated = bom
    if bom == "utf-8-sig":
        data = data[len(codecs.BOM_UTF8) :]
        stated = stated or "utf-8"
    if b"\x00" in data[:65536] and canonical_encoding(stated or "") not in (
        "utf-16",
        "utf-16-le",
        "utf-16-be",
    ):
        raise FormatError(
            f"{name} is not a text file: it holds zero bytes", zh=f"{name} 不是文本文件：含有零字节"
        )
    said: list[Note] = []
    encoding = choose_encoding([data], stated, None, name, said)
    if encoding != usual:
        notes.extend(said)
    return data.decode(encoding)


def find_mojibake(text: str) -> str | None:
    """Return the first sign of a text that was decoded wrongly before it was written, or ``None``."""
    found = _MOJIBAKE.search(text)
    return found.group() if found else None
