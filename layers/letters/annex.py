"""The annex to the opinion letter as an Excel workbook: every check, every corner point, as numbers where they are."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geo.standing import Standing
from layers.documents.workbooks import Sheet, fill_workbook
from layers.letters.content import number_findings

__all__ = ["fill_annex"]

_NUMBERS = ("limit", "found", "limit_m", "distance_m", "margin_m", "doubt_m")


def fill_annex(content: Mapping[str, Any], result: Mapping[str, Any]) -> bytes:
    """Return the annex as a workbook.

    Parameters
    ----------
    content : mapping
        From :func:`layers.letters.content.build_content`.
    result : mapping
        The published result that it was built from.
    """
    say = content["labels"]
    keys = ("layer", "count", "newest", "accuracy", "origin", "digest")
    lines = [*content["awaiting"], content["disclaimer"]]
    basis = ("rule", "title", "basis", "in_force", "standing")
    return fill_workbook(
        (
            Sheet(say["conclusion"], *_summary(content)),
            Sheet(say["checks"], *_checks(content, result)),
            Sheet(say["coordinates"], *_points(content)),
            Sheet(say["rules"], *_table(say, content["rules"], basis)),
            Sheet(say["sources"], *_table(say, content["sources"], keys)),
            Sheet(say["awaiting"], [say["awaiting"]], [[line] for line in lines]),
        )
    )


def _summary(content: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    say = content["labels"]
    rows: list[list[object]] = [
        [project["id"], project["name"], project["conclusion"], project["verdict"], project["sentence"]]
        for project in content["projects"]
    ]
    rows += [[], *([name, value] for name, value in content["about"])]
    return [say["id"], say["name"], say["conclusion"], say["verdict_word"], say["explanation"]], rows


def _checks(content: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    say, language = content["labels"], content["language"]
    headers = [
        say[name]
        for name in ("project", "no", "rule", "basis", "matter", "verdict", "verdict_word", "decided")
    ]
    headers += [*_NUMBERS, say["unit"], say["target"]]
    headers += [
        say[name]
        for name in ("from_lon", "from_lat", "to_lon", "to_lat", "standing", "explanation", "remedy")
    ]
    rows: list[list[object]] = []
    for project, proposal in zip(content["projects"], result["proposals"], strict=True):
        described = {check["no"]: check for check in (*project["checks"], *project["advisory"])}
        for number, finding in number_findings(proposal["findings"]):
            check = described.get(number)
            rows.append(
                [
                    project["name"],
                    number,
                    finding["rule"],
                    *(
                        ("", finding["title"][language], "")
                        if check is None
                        else (check["basis"], check["title"], check["verdict"])
                    ),
                    finding["verdict"],
                    say["yes" if finding["decided"] else "no_word"],
                    *(finding[name] for name in _NUMBERS),
                    finding["unit"],
                    None
                    if finding["target"] is None
                    else finding["target"]["name"] or finding["target"]["id"],
                    *(finding["from"] or (None, None)),
                    *(finding["to"] or (None, None)),
                    getattr(Standing(finding["standing"]).text, language),
                    finding["explanation"][language],
                    finding["remedy"][language],
                ]
            )
    return headers, rows


def _points(content: Mapping[str, Any]) -> tuple[list[str], list[list[object]]]:
    say = content["labels"]
    headers = [say[name] for name in ("project", "no", "lon", "lat", "northing", "easting")]
    rows: list[list[object]] = [
        [project["name"], point["no"], *(_number(point[name]) for name in ("lon", "lat", "x", "y"))]
        for project in content["projects"]
        for point in project["points"]
    ]
    return [*headers, "EPSG:4490 / CGCS2000 GK 3°"], rows


def _number(text: str) -> object:
    return text if text == "—" else float(text)


def _table(
    say: Mapping[str, str], rows: Iterable[Mapping[str, str]], keys: Sequence[str]
) -> tuple[list[str], list[list[object]]]:
    titles = {"title": "matter"}
    return [say[titles.get(key, key)] for key in keys], [[row[key] for key in keys] for row in rows]
