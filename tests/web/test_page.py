"""The page of the map: what it names, what it hands over, and that nothing in it leads elsewhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from web.assets import STATIC_FOLDER
from web.catalogues import LANGUAGES, read_messages
from web.config import BaseMap, MapConfig, openstreetmap, tianditu
from web.elements import controls
from web.maps import build_map, content_security_policy, render_page
from web.page_assets import escape_script

JS_FOLDER = STATIC_FOLDER / "js"
SCRIPTS = sorted(JS_FOLDER.rglob("*.js"))


class PageReader(HTMLParser):
    """Collects addresses and scripts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._script: dict[str, str | None] | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.urls += [attributes[name] for name in ("src", "href", "action", "data") if name in attributes]
        if tag == "script":
            self._script = attributes
            self.scripts.append((attributes, ""))

    def handle_endtag(self, tag):
        if tag == "script":
            self._script = None

    def handle_data(self, data):
        if self._script is not None:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)

    def import_map(self):
        return next(json.loads(text) for attrs, text in self.scripts if attrs.get("type") == "importmap")[
            "imports"
        ]


def test_every_address_of_the_page_is_our_own_and_there():
    reader = PageReader(render_page(MapConfig()))
    addresses = [url for url in reader.urls if url != "data:,"] + list(reader.import_map().values())
    assert len(addresses) > 20
    for address in addresses:
        parts = urlsplit(address)
        assert not parts.netloc, address
        assert (STATIC_FOLDER / parts.path.removeprefix("/static/")).is_file(), address


def test_the_page_names_no_foreign_address():
    page = render_page(MapConfig())
    assert re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", page) == []


def test_own_scripts_and_styles_name_no_foreign_address():
    for path in [*SCRIPTS, *(STATIC_FOLDER / "css").glob("*.css")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, path.name


def test_every_import_of_our_modules_is_in_the_import_map():
    known = PageReader(render_page(MapConfig())).import_map()
    for path in SCRIPTS:
        for name in re.findall(r"""(?:\bfrom |import\()["']([^"']+)""", path.read_text(encoding="utf-8")):
            assert name in known, f"{path.name} imports {name}"


def test_an_address_changes_with_the_file_it_names():
    address = PageReader(render_page(MapConfig())).import_map()["riskmap/app.js"]
    assert re.fullmatch(r"/static/js/app\.js\?v=[0-9a-f]{12}", address)


def test_same_configuration_gives_same_bytes():
    config = MapConfig(base_maps=tianditu(), nonce="n")
    assert render_page(config) == render_page(config)


def test_every_control_has_a_module_that_creates_it():
    for name in controls.__all__:
        control = getattr(controls, name)
        if control is not controls.Control:
            assert "export function create(app" in (JS_FOLDER / f"{control.component}.js").read_text(
                encoding="utf-8"
            )


def test_controls_hand_over_their_options_as_json():
    risk_map = build_map(MapConfig())
    controls.StatusBar(note="</script><script>alert(1)</script>").add_to(risk_map)
    page = risk_map.get_root().render()
    assert "<script>alert" not in page
    assert '{"note": "\\u003c/script' in page


def test_configuration_cannot_break_out_of_its_script():
    nasty = "</script><script>alert('x')</script>"
    base_map = BaseMap(nasty, nasty, nasty, (nasty,), nasty)
    page = render_page(MapConfig(base_maps=(base_map,), attributions=((nasty, nasty),), api_url=nasty))
    assert "<script>alert" not in page


def test_every_inline_script_carries_the_nonce():
    reader = PageReader(render_page(MapConfig(nonce="abc-123")))
    run = [
        attrs
        for attrs, text in reader.scripts
        if "src" not in attrs and attrs.get("type") != "application/json"
    ]
    assert run
    assert all(attributes.get("nonce") == "abc-123" for attributes in run)
    assert "'nonce-abc-123'" in content_security_policy(MapConfig(nonce="abc-123"))


def test_policy_admits_only_the_tiles_that_are_configured():
    plain = content_security_policy(MapConfig(base_maps=tianditu()))
    assert "://" not in plain
    with_osm = content_security_policy(
        MapConfig(base_maps=(openstreetmap("https://tiles.example/{z}/{x}/{y}.png"),))
    )
    assert "img-src 'self' data: blob: https://tiles.example;" in with_osm
    assert "https" not in with_osm.replace("https://tiles.example", "")


def test_tianditu_tiles_come_through_our_own_server():
    for base_map in tianditu():
        assert all(url.startswith("/tiles/tianditu/") for url in base_map.urls)


def test_verdicts_reach_the_page_worst_first():
    words = [one["word"] for one in MapConfig().to_dict()["words"]["verdict"]]
    assert words[0] == "prohibited"
    assert words[-1] == "no_ban"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_catalogues_have_the_same_keys_and_places(lang: str):
    own, other = read_messages(lang), read_messages(next(one for one in LANGUAGES if one != lang))
    assert own.keys() == other.keys()
    for key, sentence in own.items():
        assert sentence.strip(), key
        assert sorted(re.findall(r"\{\w+\}", sentence)) == sorted(re.findall(r"\{\w+\}", other[key])), key


def test_unknown_language_is_an_error():
    with pytest.raises(KeyError, match="fr"):
        read_messages("fr")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_message_that_a_script_asks_for_is_there(path: Path):
    keys = set(re.findall(r"""\bt\(["'`]([\w.]+)["'`][,)]""", path.read_text(encoding="utf-8")))
    assert keys <= read_messages("zh").keys()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_small_and_write_no_markup(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 300
    assert not re.search(r"innerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_chinese_sentence_stands_in_a_script(path: Path):
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if path.name != "coordinates.js":  # reads what people type
        assert not re.search(r"[\u4e00-\u9fff]{2,}", code)


def test_escaped_json_reads_back_the_same():
    value = {"name": "</script><!-- \u2028\u2029 <b>"}
    text = escape_script(json.dumps(value, ensure_ascii=False))
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == value
