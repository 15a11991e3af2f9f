"""Page that shows how well the hazard models follow field trials and published tables, and where they do not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from geo.hazard.validation.evaluation import Validation
from geo.hazard.validation.metrics import METRICS
from geo.text import Text

__all__ = ["PICTURE_POLICY", "POLICY", "render_report", "render_validation", "render_waiting"]

POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""``Content-Security-Policy`` of the page."""

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
"""``Content-Security-Policy`` of a picture opened by itself: SVG carries its styles in it."""

_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)

FORMULAS: Mapping[str, str] = {
    "FAC2": "share of pairs with 0.5 ≤ Cp / Co ≤ 2",
    "FB": "2 (mean Co − mean Cp) / (mean Co + mean Cp)",
    "MG": "exp(mean ln Co − mean ln Cp)",
    "VG": "exp(mean (ln Co − ln Cp)²)",
    "NMSE": "mean (Co − Cp)² / (mean Co · mean Cp)",
    "largest_deviation": "max |Cp − Co| / Co",
}
"""Exact formula of each measure; Co observed, Cp predicted."""

_WORDS: Mapping[str, Text] = {
    "title": Text("模型验证", "Validation of the models"),
    "lead": Text(
        "危险后果模型与现场试验、公布数表和算例的比较：观测值对预测值，按公布的限值判定。不合格的也列出。",
        "The hazard models against field trials, published tables and worked examples: observed and predicted, "
        "judged by published limits. What fails is shown as well.",
    ),
    "counted": Text("计入的比较", "comparisons that count"),
    "advisory_counted": Text("仅供参考的比较", "advisory comparisons"),
    "failing": Text("不合格的验证集", "sets that fail"),
    "none": Text("无", "none"),
    "set": Text("验证集", "set"),
    "kind": Text("类别", "kind"),
    "measured": Text("实测", "measured"),
    "published": Text("公布值", "published"),
    "model": Text("模型", "model"),
    "pairs": Text("个数", "pairs"),
    "largest_deviation": Text("最大偏差", "largest deviation"),
    "limits": Text("限值", "limits"),
    "verdict": Text("结论", "verdict"),
    "passes": Text("合格", "pass"),
    "fails": Text("不合格", "fail"),
    "advisory": Text("仅供参考", "advisory"),
    "refused": Text("无法计算", "refused"),
    "quantity": Text("量", "quantity"),
    "source": Text("来源", "source"),
    "read_in": Text("读自", "read in"),
    "standing": Text("来源状况", "standing"),
    "note": Text("说明", "note"),
    "other_limits": Text("按其他限值", "by other limits"),
    "numbers": Text("数值", "values"),
    "trial": Text("试验", "trial"),
    "at": Text("位置", "at"),
    "observed": Text("观测值", "observed"),
    "predicted": Text("预测值", "predicted"),
    "ratio": Text("预测/观测", "predicted / observed"),
    "formulas": Text("度量的公式", "Formulas of the measures"),
    "formula_note": Text(
        "Co 为观测值，Cp 为预测值。无预测的点算在两倍范围之外；低于检出限的点只计入 FAC2，"
        "预测不超过检出限两倍时算在范围内；对数度量不设下限值。",
        "Co is observed, Cp predicted. A point without a prediction is outside of the factor of two; one below the "
        "detection limit counts for FAC2 only, inside when the prediction is at most twice the limit; no floor is put "
        "under the logarithms.",
    ),
    "limit_sets": Text("验收限值", "Acceptance limits"),
    "limit_note": Text(
        "公布的限值互有差异；每个验证集按一套判定，也列出其他各套的结论。",
        "Published limits differ; every set is judged by one and shown by the others too.",
    ),
    "ranges": Text("范围", "ranges"),
    "missing": Text("未能取得的数据", "Not obtainable"),
    "missing_note": Text(
        "下列试验的数值未能取得，没有以其他数值代替。",
        "The values of these trials could not be had; nothing stands in for them.",
    ),
    "wanted": Text("所需", "wanted"),
    "why": Text("原因", "why"),
    "where": Text("所在", "where"),
    "map": Text("地图", "Map"),
    "waiting": Text(
        "正在计算全部比较，完成后本页自动刷新。",
        "All comparisons are being computed; this page reloads by itself.",
    ),
    "failed": Text("计算失败：", "The computation failed: "),
    "download": Text("全部数值（JSON）", "all values (JSON)"),
}


def render_validation(
    validation: Validation,
    language: str,
    nonce: str,
    *,
    pictures: str = "/validation/{key}.svg?lang={language}",
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    validation : Validation
    language : str
        ``zh`` or ``en``.
    nonce : str
        Of the content security policy; empty in a file.
    pictures : str
        Address of the picture of a set.
    """
    content = validation.to_dict()
    addresses = {each.key: pictures.format(key=each.key, language=language) for each in validation.sets}
    return _render(language, nonce, content=content, pictures=addresses, measures=list(METRICS))


def render_report(validation: Validation, language: str) -> str:
    """Return the page as a file that stands beside the pictures ``<set>.svg``."""
    return render_validation(validation, language, "", pictures="{key}.svg")


def render_waiting(language: str, nonce: str, share: float, problem: Text | None = None) -> str:
    """Return the page while the comparisons are computed, or after that went wrong."""
    return _render(language, nonce, content=None, share=share, problem=problem)


def _render(language: str, nonce: str, **values: Any) -> str:
    words = {key: text.zh if language == "zh" else text.en for key, text in _WORDS.items()}
    page = _TEMPLATES.get_template("validation.html")
    return page.render(lang=language, nonce=nonce, t=words, formulas=FORMULAS, **values)
