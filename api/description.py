"""The OpenAPI description: its summaries, and a plain list of its operations for the page ``/docs``."""

from dataclasses import dataclass
from typing import Any

__all__ = ["Operation", "Parameter", "list_operations", "summarize_operations"]

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Parameter:
    """What an operation is told: where it stands, its type and what it means."""

    name: str
    place: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    """One method on one address.

    Attributes
    ----------
    tag, method, path, summary : str
    description : str
        What there is to say beyond the summary.
    parameters : tuple of Parameter
        Those of the address, the query and the headers, then the fields of the body.
    body : str
        Media type of the body; empty without one.
    answers : tuple of (str, str)
        Status codes and what they mean.
    """

    tag: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: str
    answers: tuple[tuple[str, str], ...]


def summarize_operations(schema: dict[str, Any]) -> dict[str, Any]:
    """Let the summary of each operation be the first sentence of its description, and return the same schema."""
    for item in schema["paths"].values():
        for operation in item.values():
            operation["summary"] = _first_sentence(operation["description"])
    return schema


def _first_sentence(description: str) -> str:
    paragraph = " ".join(description.partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].removesuffix(".").replace("``", "`")


def list_operations(schema: dict[str, Any]) -> list[Operation]:
    """Return the operations of an OpenAPI 3.1 description, in its order."""
    return [
        _describe(schema, path, method, item[method])
        for path, item in schema["paths"].items()
        for method in _METHODS
        if method in item
    ]


def _describe(schema: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    media_type = next(iter(content), "")
    given = [
        Parameter(
            one["name"],
            one["in"],
            _type_name(schema, one["schema"]),
            one.get("required", False),
            one.get("description") or one["schema"].get("description", ""),
        )
        for one in operation.get("parameters", ())
    ]
    fields = _fields(schema, content[media_type]["schema"]) if media_type else []
    return Operation(
        tag=operation.get("tags", ["other"])[0],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=_after_summary(operation),
        parameters=(*given, *fields),
        body=media_type,
        answers=tuple((code, answer["description"]) for code, answer in operation["responses"].items()),
    )


def _after_summary(operation: dict[str, Any]) -> str:
    text: str = operation["description"].replace("``", "`")
    return text.removeprefix(operation["summary"]).lstrip(". \n")


def _fields(schema: dict[str, Any], body: dict[str, Any]) -> list[Parameter]:
    described = _resolve(schema, body)
    required = described.get("required", ())
    return [
        Parameter(name, "body", _type_name(schema, field), name in required, field.get("description", ""))
        for name, field in described.get("properties", {}).items()
    ]


def _resolve(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference; of alternatives take the one that is not null."""
    if "$ref" in part:
        return _resolve(schema, schema["components"]["schemas"][part["$ref"].rpartition("/")[2]])
    alternatives = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    return _resolve(schema, alternatives[0]) if alternatives else part


def _type_name(schema: dict[str, Any], part: dict[str, Any]) -> str:
    resolved = _resolve(schema, part)
    if "enum" in resolved or "const" in resolved:
        return " | ".join(map(str, resolved.get("enum") or [resolved["const"]]))
    if resolved.get("type") == "array" and "items" in resolved:
        return f"list of {_type_name(schema, resolved['items'])}"
    return str(resolved.get("format") or resolved.get("type", "any"))
