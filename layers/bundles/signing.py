"""Ed25519 signatures (RFC 8032) of manifests, by the library ``cryptography``."""

import base64
import json
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from geo.text import Text
from layers.errors import FormatError, NotFoundError

__all__ = ["SIGNATURES", "SignatureState", "check_signature", "sign"]


class SignatureState(StrEnum):
    """What the signature of a bundle is worth."""

    UNSIGNED = "unsigned"
    VALID = "valid"
    """By the key that was given."""
    ENCLOSED_KEY = "enclosed_key"
    """By the key inside the bundle: unchanged since signing, but by whom is not known."""
    OTHER_KEY = "other_key"
    """Not by the key that was given."""
    BROKEN = "broken"
    """The manifest was changed, or the signature cannot be read."""


SIGNATURES: dict[SignatureState, Text] = {
    SignatureState.UNSIGNED: Text(zh="未签名", en="not signed"),
    SignatureState.VALID: Text(zh="签名有效", en="valid signature"),
    SignatureState.ENCLOSED_KEY: Text(zh="按包内公钥验签", en="signed with the key inside the bundle"),
    SignatureState.OTHER_KEY: Text(zh="由其他密钥签名", en="signed with another key"),
    SignatureState.BROKEN: Text(zh="签名无效", en="broken signature"),
}
"""What each state is called."""


def sign(manifest: bytes, key_file: Path) -> bytes:
    """Return the signature of a manifest as JSON text.

    Raises
    ------
    NotFoundError, FormatError
        If the file is not there, or holds no Ed25519 private key in PEM without a password.
    """
    key = _private_key(key_file)
    signed = {
        "algorithm": "Ed25519",
        "signs": "manifest.json",
        "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "signature": base64.b64encode(key.sign(manifest)).decode(),
    }
    return (json.dumps(signed, indent=2) + "\n").encode()


def check_signature(manifest: bytes, signature: bytes | None, public_key: Path | None) -> SignatureState:
    """Return what the signature of a manifest is worth.

    Raises
    ------
    NotFoundError, FormatError
        If the public key is not there, or is no Ed25519 key in PEM.
    """
    given = None if public_key is None else _public_key(public_key)
    if signature is None:
        return SignatureState.UNSIGNED
    try:
        stated = json.loads(signature)
        enclosed = Ed25519PublicKey.from_public_bytes(base64.b64decode(stated["public_key"]))
        enclosed.verify(base64.b64decode(stated["signature"]), manifest)
    except (InvalidSignature, ValueError, KeyError, TypeError, RecursionError):
        return SignatureState.BROKEN
    if given is None:
        return SignatureState.ENCLOSED_KEY
    same = given.public_bytes_raw() == enclosed.public_bytes_raw()
    return SignatureState.VALID if same else SignatureState.OTHER_KEY


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "private", "私钥") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(path, "private", "私钥")
    return key


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "public", "公钥") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(path, "public", "公钥")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFoundError(
            f"key file {path} cannot be read: {error.strerror}",
            zh=f"无法读取密钥文件 {path}：{error.strerror}",
        ) from error


def _no_key(path: Path, en: str, zh: str) -> FormatError:
    return FormatError(
        f"{path} is no Ed25519 {en} key in PEM without a password; make one with "
        "`openssl genpkey -algorithm ed25519 -out key.pem` (public part: `openssl pkey -in key.pem -pubout`)",
        zh=f"{path} 不是不带口令的 PEM 格式 Ed25519 {zh}；可用 openssl genpkey -algorithm ed25519 -out key.pem 生成，"
        "用 openssl pkey -in key.pem -pubout 导出公钥",
    )
