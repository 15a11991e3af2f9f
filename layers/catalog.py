"""The layers that riskmap knows, with their fields.

Units stand in the field names. Codes: unified social credit code after GB 32100-2015, industry after
GB/T 4754-2017, divisions after GB/T 2260.
"""

from collections.abc import Callable
from typing import Any

from geo.errors import OutOfRangeError, RuleError
from geo.rules.expression import parse_condition
from geo.tailings_warning import read_points
from layers.codes import check_credit_code, check_industry_code
from layers.errors import FeatureError, UnknownLayerError
from layers.model import AnyGeometry, Field, FieldType, GeometryKind, Layer, Theme
from layers.words import KINDS, LINE_KINDS, PURPOSES, RIVER_ROLES, STATES, VERDICTS

__all__ = ["LAYERS", "get_layer", "refuse_computed"]

_POINT = (GeometryKind.POINT,)
_LINE = (GeometryKind.LINE,)
_POLYGON = (GeometryKind.POLYGON,)
_POINT_OR_POLYGON = (GeometryKind.POINT, GeometryKind.POLYGON)
_LINE_OR_POLYGON = (GeometryKind.LINE, GeometryKind.POLYGON)


def _text(name: str, zh: str, en: str, *aliases: str, choices: tuple[str, ...] = ()) -> Field:
    return Field(name, FieldType.TEXT, zh, en, aliases=aliases, choices=choices)


def _number(name: str, zh: str, en: str, unit: str, *aliases: str, minimum: float | None = 0.0) -> Field:
    return Field(name, FieldType.NUMBER, zh, en, unit=unit, aliases=aliases, minimum=minimum)


def _count(name: str, zh: str, en: str, *aliases: str, unit: str | None = None) -> Field:
    return Field(name, FieldType.INTEGER, zh, en, unit=unit, aliases=aliases, minimum=0)


def _date(name: str, zh: str, en: str, *aliases: str) -> Field:
    return Field(name, FieldType.DATE, zh, en, aliases=aliases)


def _json(name: str, zh: str, en: str, check: Callable[[Any], str | None] | None = None) -> Field:
    return Field(name, FieldType.JSON, zh, en, check=check)


def _flag(name: str, zh: str, en: str, *aliases: str) -> Field:
    return Field(name, FieldType.BOOLEAN, zh, en, aliases=aliases)


_KIND = _text("kind", "类别", "Kind", "类型", choices=tuple(KINDS))
_STATE = _text("state", "状态", "State", "建设性质", "项目状态", choices=tuple(STATES))
_PURPOSE = _text("purpose", "改建目的", "Purpose of a rebuild", "目的", choices=tuple(PURPOSES))
_COLOUR = _text(
    "colour_grade",
    "风险等级颜色",
    "Colour grade of risk",
    "风险等级",
    choices=("red", "orange", "yellow", "blue"),
)
_PEOPLE = (
    _count("people_day", "昼间人数", "People by day", "白天人数", "人数", unit="人"),
    _count("people_night", "夜间人数", "People by night", "晚上人数", unit="人"),
)
_SUBSTANCE = _text(
    "key_substance",
    "严格控制的物质",
    "Substance under strict control",
    choices=("phosgene", "chlorine", "ammonia", "ammonium_nitrate", "other"),
)
_MAJOR_SOURCE = _flag("major_hazard_source", "是否构成重大危险源", "Is a major hazard source", "重大危险源")
_EXTERNAL_DISTANCE = _number(
    "external_distance_m", "外部安全防护距离", "External safety distance", "m", "外部安全防护距离(m)"
)
_ATTACHED = _flag("attached_plant", "是否为其他工程的配套装置", "Attached to other works", "配套装置")
_FACILITY_CLASS = _text(
    "facility_class",
    "间距表设施类别",
    "Class of the facility in spacing tables",
    choices=(
        "depot_above_ground",
        "depot_class_c",
        "depot_buried",
        "buried_tank",
        "dispenser",
        "store_a_3_4",
        "store_a_other",
        "store_b",
        "workshop_a",
        "hydrocarbon_tank",
        "liquid_tank",
        "flare",
        "unit_ab",
        "key_facility",
        "lpg_pressure_tank",
        "lpg_bottle_store",
        "store_1_1",
        "store_1_3",
        "other",
    ),
)
_BUILDING_CLASS = _text(
    "building_class",
    "间距表建筑类别",
    "Class of the building in spacing tables",
    choices=(
        "important_public",
        "high_rise",
        "home",
        "public",
        "protected_1",
        "protected_2",
        "protected_3",
        "open_flame",
        "works_ab",
        "works_cde",
        "store_a",
        "substation",
        "power_plant",
        "water_works",
        "fire_station",
        "management_centre",
        "control_room",
        "office",
        "rest_room",
        "crowded_place",
        "other",
    ),
)
_OUTLINE = _text(
    "outline", "图形范围", "What the geometry shows", "范围", choices=("site_boundary", "equipment")
)
_VAPOUR_RECOVERY = _flag("vapour_recovery", "是否有卸油和加油油气回收", "Full vapour recovery", "油气回收")
_STORED_MASS = _number("stored_mass_kg", "储存量", "Mass stored", "kg", "储存量(kg)")
_SITE_GRADE = _text("site_grade", "等级", "Grade")
_CHARGE = _number("charge_kg", "存药量", "Explosive charge", "kg")
_SMALL_PLACE = _flag(
    "small_place",
    "是否属于小于规范规模的居住区",
    "In a place under the size that the standard sets",
)
_OUTPUT = _number("output_t_per_a", "年生产规模", "Output a year", "t/a", "生产规模", "年产量")
_SHIFT = _count("shift_people", "单班入井或作业人数", "People a shift", "单班人数", unit="人")
_METHODS = ("upstream", "centreline", "downstream", "one_step", "dry_stack")
_PIPELINE_DISTANCE = _number(
    "pipeline_distance_m",
    "按国家技术规范确定的与管道的距离",
    "Distance from pipelines by the national technical rules",
    "m",
)
_RIDGE_BOUNDARY = _flag("ridge_boundary", "是否以山脊为界", "A ridge bounds it", "山脊为界")


def _check_points(value: object) -> str | None:
    """Say what is wrong with the monitoring points of a pond."""
    try:
        read_points(value)
    except OutOfRangeError as exc:
        return str(exc)
    return None


_POND = (
    _text("method", "筑坝方式", "Method of dam raising", choices=_METHODS),
    _text(
        "operation",
        "运行状况",
        "Operation",
        choices=("depositing", "idle", "closed", "abandoned"),
    ),
    _date("idle_since", "停用日期", "Idle since"),
    _text("design_grade", "设计等别", "Design grade", "等别", choices=("I", "II", "III", "IV", "V")),
    _json("toe_point", "初期坝坡脚点", "Toe of the starter dam (GeoJSON point)"),
    _json("monitoring", "在线监测项目", "Monitored items"),
    _number("floor_slope_percent", "库底平均纵坡", "Mean longitudinal slope of the pond floor", "%"),
    _text(
        "stacking",
        "干式堆存型式",
        "Type of dry stack",
        choices=("tail_end", "mid_pond", "front", "around"),
    ),
    _number("annual_rain_mm", "多年平均降雨量", "Mean annual rain", "mm"),
    _number("day_rain_mm", "年最大24小时降雨量均值", "Mean annual-maximum 24 h rain", "mm"),
    _flag("standalone_concentrator", "是否为独立选矿厂尾矿库", "Serves a stand-alone concentrator"),
    _flag("shares_valley", "同一沟谷内是否另有尾矿库", "Another pond lies in the same valley"),
    _flag("leader_assigned", "是否落实领导包保责任", "A local leader is responsible for it"),
    _number("phreatic_depth_m", "浸润线最小埋深", "Least depth of the phreatic line", "m"),
    _number("freeboard_m", "安全超高", "Safety freeboard", "m", "安全超高(m)"),
    _number("beach_m", "干滩长度", "Length of the dry beach", "m", "干滩长度(m)", "滩长"),
    _flag("beach_shortened", "干滩长度是否经论证缩短", "A shorter beach was proved to do"),
    _json(
        "monitoring_points",
        "监测点预警",
        "Monitoring points: list of {item, point, level, value, unit}",
        check=_check_points,
    ),
    _date("in_service_since", "投入使用日期", "In service since", "投运日期"),
    _text("former_method", "变更前的筑坝或堆存方式", "Method before the change", choices=_METHODS),
    _flag("departs_from_design", "运行是否偏离设计", "Its operation departs from its design"),
    _flag("final_elevation_reached", "是否已达最终设计标高", "Final elevation reached"),
    _date("licence_until", "安全生产许可证有效期至", "Licence valid until", "许可证有效期"),
)
"""Of a tailings pond, built or proposed."""
_PARK = (
    _text("park_grade", "安全风险等级", "Safety grade", choices=("A", "B", "C", "D")),
    _flag("recognised", "是否认定", "Recognised by the province", "认定"),
    _date("assessed_on", "整体性安全风险评价日期", "Whole-park assessment"),
    _flag("in_development_zone", "是否位于开发区内", "Inside a development zone"),
)
"""Of a chemical park, built or proposed."""
_BACKFILL = _flag(
    "backfill_considered", "是否优先论证尾矿充填", "Backfilling with tailings was considered first"
)
_GROUNDWATER = _flag(
    "groundwater_surveyed", "是否纳入地下水环境风险调查", "Surveyed for ground-water risk by the county"
)
_YEAR = Field(
    "built_year", FieldType.INTEGER, "建成年份", "Year built", aliases=("年份", "投产年份"), minimum=1800
)


def _check_surveyed_layer(slug: str) -> str | None:
    """Say what is wrong with a layer that a declaration names."""
    layer = LAYERS.get(slug)
    if layer is None:
        return f"unknown layer {slug!r}; layers are: {', '.join(LAYERS)}"
    return f"layer {slug} holds results, nobody surveys it" if layer.computed else None


def _check_condition(text: str) -> str | None:
    """Say what is wrong with the condition of a declaration."""
    try:
        parse_condition(text)
    except RuleError as exc:
        return str(exc)
    return None


LAYERS: dict[str, Layer] = {
    layer.slug: layer
    for layer in (
        Layer(
            "enterprises",
            "企业",
            "Enterprises",
            Theme.ENTERPRISES,
            _POINT_OR_POLYGON,
            (
                Field(
                    "credit_code",
                    FieldType.TEXT,
                    "统一社会信用代码",
                    "Unified social credit code",
                    aliases=("信用代码", "社会信用代码"),
                    check=check_credit_code,
                ),
                Field(
                    "industry_code",
                    FieldType.TEXT,
                    "行业代码",
                    "Industry (GB/T 4754)",
                    aliases=("国民经济行业代码", "行业"),
                    check=check_industry_code,
                ),
                _KIND,
                _STATE,
                _PURPOSE,
                _COLOUR,
                _count("staff", "从业人数", "Staff", "职工人数", "员工人数", unit="人"),
                _text("address", "地址", "Address"),
                _SUBSTANCE,
                _MAJOR_SOURCE,
                _EXTERNAL_DISTANCE,
                _ATTACHED,
                _FACILITY_CLASS,
                _OUTLINE,
                _STORED_MASS,
                _GROUNDWATER,
            ),
        ),
        Layer(
            "hazard_units",
            "装置和储存设施",
            "Hazard units",
            Theme.ENTERPRISES,
            _POINT_OR_POLYGON,
            (
                _text("enterprise_id", "所属企业编号", "Enterprise", "企业编号"),
                _text("park_id", "所属园区编号", "Park", "园区编号"),
                _text(
                    "unit_kind",
                    "单元类别",
                    "Kind of unit",
                    "设施类别",
                    choices=("process_unit", "tank", "warehouse", "loading", "flare", "building", "other"),
                ),
                _KIND,
                _STATE,
                _COLOUR,
                _json(
                    "inventory",
                    "物质清单",
                    "Inventory: list of {cas, mass_kg, phase, temperature_c, pressure_mpa}",
                ),
                _number("volume_m3", "容积", "Volume", "m³", "容积(m3)"),
                _number("height_m", "高度", "Height", "m", minimum=None),
                _number("bund_area_m2", "围堰面积", "Bund area", "m²"),
                _MAJOR_SOURCE,
                _EXTERNAL_DISTANCE,
                _FACILITY_CLASS,
                _OUTLINE,
                _STORED_MASS,
            ),
        ),
        Layer(
            "tailings_ponds",
            "尾矿库",
            "Tailings ponds",
            Theme.TAILINGS,
            _POINT_OR_POLYGON,
            (
                _text("enterprise_id", "所属企业编号", "Enterprise", "企业编号"),
                _STATE,
                _PURPOSE,
                _number("capacity_m3", "全库容", "Full capacity", "m³", "库容", "全库容(m3)", "库容(立方米)"),
                _number("dam_height_m", "总坝高", "Total dam height", "m", "坝高", "坝高(m)", "总坝高(m)"),
                *_POND,
                _json("dam_axis", "坝轴线", "Dam axis (GeoJSON line)"),
                _count("people_downstream", "下游人数", "People downstream", unit="人"),
                _YEAR,
                _GROUNDWATER,
            ),
            kind="tailings_pond",
        ),
        Layer(
            "chemical_parks",
            "化工园区",
            "Chemical parks",
            Theme.PARKS,
            _POINT_OR_POLYGON,
            (
                _STATE,
                _PURPOSE,
                *_PARK,
                _EXTERNAL_DISTANCE,
                _GROUNDWATER,
            ),
            kind="chemical_park",
        ),
        Layer(
            "park_zones",
            "园区功能分区",
            "Park zones",
            Theme.PARKS,
            _POLYGON,
            (
                _text("park_id", "所属园区编号", "Park", "园区编号"),
                _text(
                    "zone_kind",
                    "功能",
                    "Function",
                    choices=(
                        "production",
                        "storage",
                        "logistics",
                        "office",
                        "control",
                        "living",
                        "utility",
                        "other",
                    ),
                ),
            ),
        ),
        Layer(
            "pipelines",
            "管道",
            "Pipelines",
            Theme.PIPELINES,
            _LINE,
            (
                _text(
                    "kind",
                    "类别",
                    "Kind",
                    choices=("oil_pipeline", "gas_pipeline", "chemical_pipeline", "town_gas_pipeline"),
                ),
                _text("medium", "介质", "Medium", "输送介质"),
                _number("diameter_mm", "外径", "Outer diameter", "mm", "管径", "管径(mm)", "外径(mm)"),
                _number(
                    "pressure_mpa", "设计压力", "Design pressure", "MPa", "压力", "压力(MPa)", "设计压力(MPa)"
                ),
                _STATE,
                _YEAR,
                _PIPELINE_DISTANCE,
            ),
        ),
        Layer(
            "pipeline_sites",
            "管道站场阀室",
            "Pipeline sites",
            Theme.PIPELINES,
            _POINT_OR_POLYGON,
            (
                _text("pipeline_id", "所属管道编号", "Pipeline", "管道编号"),
                _text("site_kind", "类别", "Kind", choices=("station", "valve_room", "depot", "other")),
                _STATE,
                _PIPELINE_DISTANCE,
            ),
            kind="pipeline_station",
        ),
        Layer(
            "rivers",
            "河流",
            "Rivers",
            Theme.RIVERS,
            _LINE_OR_POLYGON,
            (
                _text("role", "干支流", "Role", choices=tuple(RIVER_ROLES)),
                _text("important_by", "重要支流依据", "Important by", choices=("statute", "local_list")),
                _number("catchment_km2", "流域面积", "Catchment", "km²", "流域面积(km2)"),
                _text(
                    "basin",
                    "流域",
                    "Basin",
                    choices=("yangtze", "yellow", "mekong", "salween", "irrawaddy", "red", "pearl", "other"),
                ),
                _text("reach", "河段编号", "Reach"),
                _text("line_kind", "线型", "Kind of line", "岸线类型", choices=tuple(LINE_KINDS)),
                _text("water_level_basis", "水位依据", "Water level basis"),
                _number("half_width_m", "半宽", "Half width", "m", "半宽(m)"),
            ),
        ),
        Layer(
            "lakes",
            "湖泊水库",
            "Lakes and reservoirs",
            Theme.RIVERS,
            _POLYGON,
            (
                _text("lake_kind", "类别", "Kind", choices=("lake", "reservoir")),
                _text("basin", "流域", "Basin"),
                _text("water_level_basis", "水位依据", "Water level basis"),
            ),
        ),
        Layer(
            "protection_targets",
            "防护目标",
            "Protection targets",
            Theme.TARGETS,
            _POINT_OR_POLYGON,
            (
                _text(
                    "target_class",
                    "防护目标类别",
                    "Class (GB 36894)",
                    "类别",
                    choices=("high_sensitivity", "important", "general_1", "general_2", "general_3"),
                ),
                _text("use", "用途", "Use"),
                *_PEOPLE,
                _BUILDING_CLASS,
                _SMALL_PLACE,
            ),
        ),
        Layer(
            "buildings",
            "建筑物",
            "Buildings",
            Theme.TARGETS,
            _POINT_OR_POLYGON,
            (
                _count("storeys", "层数", "Storeys", "楼层数"),
                _count("households", "户数", "Households", unit="户"),
                _text("use", "用途", "Use"),
                *_PEOPLE,
                _BUILDING_CLASS,
                _SMALL_PLACE,
                Field(
                    "fire_grade", FieldType.INTEGER, "耐火等级", "Fire resistance grade", minimum=1, maximum=4
                ),
            ),
        ),
        Layer(
            "settlements",
            "居民点",
            "Settlements",
            Theme.TARGETS,
            _POINT_OR_POLYGON,
            (
                _count("population", "人口", "Population", "常住人口", unit="人"),
                _count("households", "户数", "Households", unit="户"),
                _text(
                    "rank", "级别", "Rank", choices=("province", "prefecture", "county", "town", "village")
                ),
                _SMALL_PLACE,
            ),
        ),
        Layer(
            "roads",
            "道路",
            "Roads",
            Theme.BASE,
            _LINE_OR_POLYGON,
            (
                _text(
                    "road_class",
                    "道路等级",
                    "Class",
                    choices=("expressway", "national", "provincial", "county", "township", "street", "other"),
                ),
                _number("land_half_width_m", "公路用地半宽", "Half width of road land", "m"),
                _text(
                    "road_grade",
                    "道路技术等级",
                    "Technical grade",
                    choices=(
                        "expressway",
                        "class_1",
                        "class_2",
                        "class_3",
                        "class_4",
                        "urban_trunk",
                        "urban_minor",
                    ),
                ),
                _number("half_width_m", "路面半宽", "Centre line to the edge of the road", "m"),
            ),
        ),
        Layer(
            "railways",
            "铁路",
            "Railways",
            Theme.BASE,
            _LINE_OR_POLYGON,
            (
                _text(
                    "railway_class",
                    "铁路类别",
                    "Class",
                    choices=("high_speed", "national", "local", "works", "metro"),
                ),
                _text(
                    "setting",
                    "沿线地区",
                    "Land along the line",
                    choices=("urban", "suburban", "village", "other"),
                ),
                _number("half_width_m", "线路外缘半宽", "Centre line to embankment toe", "m"),
            ),
        ),
        Layer(
            "crossings",
            "桥隧渡口",
            "Crossings",
            Theme.BASE,
            AnyGeometry,
            (
                _text("crossing_kind", "类别", "Kind", choices=("bridge", "tunnel", "ferry")),
                _text("size", "规模", "Size", choices=("small", "medium", "large", "extra_large")),
                _text("carries", "通行对象", "Carries", choices=("road", "railway", "pipeline", "metro")),
                _number("length_m", "长度", "Length", "m", "桥长", "隧道长度"),
            ),
        ),
        Layer(
            "power_lines",
            "电力线",
            "Power lines",
            Theme.BASE,
            _LINE,
            (
                _number("voltage_kv", "电压", "Voltage", "kV", "电压(kV)"),
                _number("pole_height_m", "杆高", "Pole height", "m"),
                _text("laying", "敷设方式", "Laying", choices=("overhead", "buried", "river_cable")),
                _number("half_width_m", "边导线半距", "Centre line to outer conductor", "m"),
            ),
        ),
        Layer(
            "mines",
            "矿山",
            "Mines",
            Theme.ENTERPRISES,
            _POINT_OR_POLYGON,
            (
                _text(
                    "mine_kind",
                    "类别",
                    "Kind",
                    choices=("open_pit", "underground", "quarry", "licence_area", "dump"),
                ),
                _text("mineral", "矿种", "Mineral"),
                _STATE,
                _number("slope_height_m", "边坡高度", "Slope height", "m"),
                _number("depth_m", "开采深度", "Depth", "m"),
                _text("enterprise_id", "所属企业编号", "Enterprise", "企业编号"),
                _OUTPUT,
                _SHIFT,
                _BACKFILL,
                _GROUNDWATER,
                _RIDGE_BOUNDARY,
            ),
        ),
        Layer(
            "dams",
            "水库大坝",
            "Dams",
            Theme.BASE,
            AnyGeometry,
            (
                _number("dam_height_m", "坝高", "Dam height", "m"),
                _number("storage_m3", "库容", "Storage", "m³"),
                _text("river", "所在河流", "River"),
                _STATE,
            ),
        ),
        Layer(
            "hazard_sites",
            "油气站库与爆炸品库",
            "Fuel and explosives sites",
            Theme.ENTERPRISES,
            _POINT_OR_POLYGON,
            (
                _text(
                    "kind",
                    "类别",
                    "Kind",
                    "类型",
                    choices=("fuel_station", "oil_depot", "lpg_depot", "fireworks_store", "explosives_store"),
                ),
                _SITE_GRADE,
                _number("capacity_m3", "总容量", "Capacity", "m³"),
                _CHARGE,
                _MAJOR_SOURCE,
                _EXTERNAL_DISTANCE,
                _STATE,
                _FACILITY_CLASS,
                _OUTLINE,
                _VAPOUR_RECOVERY,
                _GROUNDWATER,
                _PIPELINE_DISTANCE,
            ),
        ),
        Layer(
            "zones",
            "限制区域",
            "Protected and safety zones",
            Theme.ZONES,
            _POLYGON,
            (
                _text(
                    "zone_kind",
                    "类别",
                    "Kind",
                    choices=(
                        "water_source",
                        "nature_reserve",
                        "scenic_area",
                        "ecological_redline",
                        "basic_farmland",
                        "safety_distance",
                        "metro_protection",
                        "railway_protection",
                        "dam_protection",
                        "bank_control",
                        "airport_clearance",
                        "other",
                    ),
                ),
                _text("level", "级别", "Level"),
                _text("status", "状态", "Status", choices=("approved", "draft")),
                _text("facility_id", "所属设施编号", "Facility whose zone it is"),
                _text("basin", "流域", "Basin"),
            ),
        ),
        Layer(
            "geohazards",
            "地质灾害",
            "Geohazards",
            Theme.ZONES,
            AnyGeometry,
            (
                _text(
                    "geohazard_kind",
                    "类别",
                    "Kind",
                    choices=("fault", "landslide", "collapse", "debris_flow", "subsidence", "flood"),
                ),
                _text("activity", "活动性", "Activity"),
                _number("catchment_km2", "泥石流沟流域面积", "Catchment of the gully", "km²"),
                _number("loose_material_m3", "松散固体物质储量", "Loose material in the gully", "m³"),
                _number("channel_length_m", "主沟长度", "Length of the main channel", "m"),
                _number("relief_m", "流域最大相对高差", "Greatest difference of height", "m"),
                _json(
                    "mouth_point", "沟口（堆积扇顶点）", "Mouth of the gully, apex of its fan (GeoJSON point)"
                ),
                Field(
                    "fan_azimuth_deg",
                    FieldType.NUMBER,
                    "出沟方向方位角",
                    "Azimuth in which the flow leaves the mouth",
                    unit="°",
                    minimum=0.0,
                    maximum=360.0,
                ),
            ),
        ),
        Layer(
            "admin_areas",
            "行政区划",
            "Administrative areas",
            Theme.BASE,
            _POLYGON,
            (
                _text("level", "级别", "Level", choices=("province", "prefecture", "county", "town")),
                _text("parent_adcode", "上级区划代码", "Parent division"),
            ),
        ),
        Layer(
            "wind_roses",
            "风玫瑰",
            "Wind roses",
            Theme.BASE,
            _POINT,
            (
                _json(
                    "frequencies",
                    "风频",
                    "Frequencies by direction from, speed and stability, adding up to 1",
                ),
                _count("year_from", "起始年", "First year"),
                _count("year_to", "终止年", "Last year"),
            ),
            geometry_required=False,
        ),
        Layer(
            "proposals",
            "选址项目",
            "Siting proposals",
            Theme.FINDINGS,
            AnyGeometry,
            (
                _KIND,
                _STATE,
                _PURPOSE,
                _number("capacity_m3", "全库容", "Full capacity", "m³", "库容"),
                _number("dam_height_m", "总坝高", "Total dam height", "m", "坝高"),
                *_POND,
                *_PARK,
                _number("diameter_mm", "外径", "Outer diameter", "mm", "管径", "管径(mm)"),
                _number("pressure_mpa", "设计压力", "Design pressure", "MPa", "压力", "压力(MPa)"),
                _text(
                    "case_status",
                    "办理状态",
                    "Status of the case",
                    choices=("draft", "checked", "submitted", "decided", "withdrawn"),
                ),
                _text("facility_id", "改扩建的现有设施编号", "Existing facility that it changes"),
                _text("enterprise_id", "所属企业编号", "Enterprise", "企业编号"),
                _SUBSTANCE,
                _MAJOR_SOURCE,
                _EXTERNAL_DISTANCE,
                _ATTACHED,
                *_PEOPLE,
                _flag("discharges", "是否排放污染物", "Discharges pollutants", "排放污染物"),
                _flag(
                    "water_supply", "是否为供水设施和保护水源的项目", "Supplies water or protects its source"
                ),
                _text(
                    "mine_kind",
                    "矿山类别",
                    "Kind of mine",
                    choices=("open_pit", "underground", "quarry", "licence_area", "dump"),
                ),
                _text("mineral", "矿种", "Mineral"),
                _number("slope_height_m", "边坡高度", "Slope height", "m"),
                _number("depth_m", "开采深度", "Depth", "m"),
                _OUTPUT,
                _SHIFT,
                _FACILITY_CLASS,
                _OUTLINE,
                _SITE_GRADE,
                _CHARGE,
                _STORED_MASS,
                _VAPOUR_RECOVERY,
                _BACKFILL,
                _GROUNDWATER,
                _PIPELINE_DISTANCE,
                _RIDGE_BOUNDARY,
            ),
        ),
        Layer(
            "coverage",
            "普查完整声明",
            "Declarations of complete surveys",
            Theme.ZONES,
            _POLYGON,
            (
                Field(
                    "surveyed_layer",
                    FieldType.TEXT,
                    "普查图层",
                    "Surveyed layer",
                    aliases=("图层", "layer"),
                    required=True,
                    check=_check_surveyed_layer,
                ),
                Field(
                    "condition",
                    FieldType.TEXT,
                    "普查要素条件",
                    "Features that it is about, as a condition (all of the layer where empty)",
                    aliases=("条件", "filter"),
                    check=_check_condition,
                ),
                Field(
                    "complete",
                    FieldType.BOOLEAN,
                    "是否完整",
                    "Survey is complete",
                    aliases=("完整",),
                    required=True,
                ),
                Field(
                    "surveyed_on",
                    FieldType.DATE,
                    "普查日期",
                    "Day of the survey",
                    aliases=("调查日期",),
                    required=True,
                ),
                Field(
                    "declared_by",
                    FieldType.TEXT,
                    "声明单位",
                    "Declared by",
                    aliases=("声明人", "责任单位"),
                    required=True,
                ),
            ),
        ),
        Layer(
            "findings",
            "检查结果",
            "Findings",
            Theme.FINDINGS,
            AnyGeometry,
            (
                _text("run_id", "运行编号", "Run"),
                _text("rule", "规则", "Rule"),
                _text("subject_layer", "对象图层", "Layer of the subject"),
                _text("subject_id", "对象编号", "Subject"),
                _text("verdict", "结论", "Verdict", choices=tuple(VERDICTS)),
                _flag("decided", "是否可判定", "Decided"),
                _flag("advisory", "仅供参考", "Advisory"),
                _number("limit_m", "限值", "Limit", "m"),
                _number("distance_m", "距离", "Distance", "m"),
                _number("margin_m", "余量", "Margin", "m", minimum=None),
                _number("doubt_m", "不确定度", "Doubt", "m"),
                _text("target_layer", "目标图层", "Layer of the target"),
                _text("target_id", "目标编号", "Target"),
                _json("finding", "完整结果", "The finding as published"),
            ),
            geometry_required=False,
            computed=True,
        ),
        Layer(
            "risk_contours",
            "个人风险等值线",
            "Individual-risk contours",
            Theme.ZONES,
            _LINE_OR_POLYGON,
            (
                _text("run_id", "运行编号", "Run"),
                _text("subject_id", "对象编号", "Subject"),
                _number("risk_per_year", "个人风险", "Individual risk", "/a"),
            ),
            computed=True,
        ),
        Layer(
            "plants",
            "企业布局方案",
            "Plants and their layouts",
            Theme.PARKS,
            _POLYGON,
            (
                _STATE,
                _text("layout", "方案名称", "Name of the layout"),
                _text("variant_of", "所属企业描述", "Plant of which it is another layout"),
                _count("equipment_count", "设备数", "Number of vessels, pipes and stores"),
                _json("document", "企业描述文件", "Plant file"),
            ),
        ),
        Layer(
            "grid_runs",
            "网格运行",
            "Grid runs",
            Theme.GRIDS,
            _POLYGON,
            (
                _text("metric", "指标", "Metric"),
                _count("resolution", "分辨率", "H3 resolution"),
                _json("parameters", "参数", "Parameters"),
                _text("input_digest", "输入摘要", "Digest of the inputs"),
                _text("code_version", "程序版本", "Version of the code"),
                _count("cells", "单元数", "Cells"),
                _number("mass", "总量", "Total mass", "", minimum=None),
            ),
            geometry_required=False,
            computed=True,
        ),
        Layer(
            "grid_cells",
            "网格单元",
            "Grid cells",
            Theme.GRIDS,
            _POLYGON,
            (
                Field("run_id", FieldType.TEXT, "运行编号", "Run", required=True),
                Field("resolution", FieldType.INTEGER, "分辨率", "H3 resolution", minimum=0, required=True),
                _text("h3_hex", "H3编号", "H3 index"),
                _number("area_km2", "面积", "Area", "km²"),
                _number("mass", "总量", "Mass", "", minimum=None),
                _number("density", "密度", "Density", "/km²", minimum=None),
                _json("columns", "其他列", "The metric's own columns"),
            ),
            geometry_required=False,
            computed=True,
        ),
        Layer(
            "rasters",
            "栅格",
            "Rasters",
            Theme.BASE,
            _POLYGON,
            (
                _text("raster_kind", "类别", "Kind", choices=("elevation", "population", "risk", "other")),
                _text("path", "文件", "File"),
                _text("unit", "单位", "Unit"),
                _number("cell_size_m", "像元大小", "Cell size", "m"),
                _text("crs", "坐标系", "CRS"),
                _text("sha256", "摘要", "SHA-256 of the file"),
            ),
        ),
    )
}
"""Every layer by its slug, in the order of the layer tree's themes."""


def get_layer(slug: str) -> Layer:
    """Return the layer of that slug.

    Raises
    ------
    UnknownLayerError
        If there is none.
    """
    try:
        return LAYERS[slug]
    except KeyError:
        known = ", ".join(LAYERS)
        raise UnknownLayerError(
            f"unknown layer {slug!r}; layers are: {known}", zh=f"没有图层“{slug}”；可用图层：{known}"
        ) from None


def refuse_computed(layer: Layer) -> None:
    """Refuse to let people write into a layer of results.

    Raises
    ------
    FeatureError
        If its features are computed: a forged finding would look like a computed one.
    """
    if layer.computed:
        raise FeatureError(
            f"layer {layer.slug} holds results that riskmap computes; they cannot be written or imported",
            zh=f"图层 {layer.slug}（{layer.zh}）保存系统计算的结果，不能直接写入或导入",
        )
