"""Fields that several layers have, or a proposal and what is built from it."""

from geo.errors import OutOfRangeError
from geo.tailings_warning import read_points
from layers.catalog.fields import count, day, flag, json, number, text
from layers.model import Field, FieldType
from layers.words import KINDS, PURPOSES, STATES

__all__ = [
    "ATTACHED",
    "BACKFILL",
    "BLASTING",
    "BUILDING_CLASS",
    "CHARGE",
    "COLOUR",
    "DOMINO_DISTANCE",
    "DUST_WORKERS",
    "ENTERPRISE",
    "EXIT_LISTED",
    "EXTERNAL_DISTANCE",
    "FACILITY_CLASS",
    "GROUNDWATER",
    "KIND",
    "MAJOR_SOURCE",
    "MINERAL",
    "MINE_KINDS",
    "MINING_DEPTH",
    "OUTLINE",
    "OUTPUT",
    "PARK",
    "PARK_ID",
    "PEOPLE",
    "PIPELINE_DISTANCE",
    "POND",
    "PURPOSE",
    "RIDGE_BOUNDARY",
    "SEISMIC_INTENSITY",
    "SHIFT",
    "SITE_GRADE",
    "SLOPE_HEIGHT",
    "SMALL_PLACE",
    "SOIL_DISTANCE",
    "STATE",
    "STORED_MASS",
    "SUBSTANCE",
    "VAPOUR_RECOVERY",
    "YEAR",
]

ENTERPRISE = text("enterprise_id", "所属企业编号", "Enterprise", "企业编号")
PARK_ID = text("park_id", "所属园区编号", "Park", "园区编号")
KIND = text("kind", "类别", "Kind", "类型", "项目类别", "Kind of project", choices=tuple(KINDS))
STATE = text("state", "状态", "State", "建设性质", "项目状态", choices=tuple(STATES))
PURPOSE = text("purpose", "改建目的", "Purpose of a rebuild", "目的", choices=tuple(PURPOSES))
COLOUR = text(
    "colour_grade",
    "风险等级颜色",
    "Colour grade of risk",
    "风险等级",
    choices=("red", "orange", "yellow", "blue"),
)
PEOPLE = (
    count("people_day", "昼间人数", "People by day", "白天人数", "人数", unit="人"),
    count("people_night", "夜间人数", "People by night", "晚上人数", unit="人"),
)
SUBSTANCE = text(
    "key_substance",
    "严格控制的物质",
    "Substance under strict control",
    choices=("phosgene", "chlorine", "ammonia", "ammonium_nitrate", "other"),
)
MAJOR_SOURCE = flag("major_hazard_source", "是否构成重大危险源", "Is a major hazard source", "重大危险源")
EXTERNAL_DISTANCE = number(
    "external_distance_m", "外部安全防护距离", "External safety distance", "m", "外部安全防护距离(m)"
)
ATTACHED = flag("attached_plant", "是否为其他工程的配套装置", "Attached to other works", "配套装置")
FACILITY_CLASS = text(
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
BUILDING_CLASS = text(
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
OUTLINE = text(
    "outline", "图形范围", "What the geometry shows", "范围", choices=("site_boundary", "equipment")
)
VAPOUR_RECOVERY = flag("vapour_recovery", "是否有卸油和加油油气回收", "Full vapour recovery", "油气回收")
STORED_MASS = number("stored_mass_kg", "储存量", "Mass stored", "kg", "储存量(kg)")
SITE_GRADE = text("site_grade", "等级", "Grade")
CHARGE = number("charge_kg", "存药量", "Explosive charge", "kg")
SMALL_PLACE = flag(
    "small_place",
    "是否属于小于规范规模的居住区",
    "In a place under the size that the standard sets",
)
MINE_KINDS = ("open_pit", "underground", "quarry", "licence_area", "dump")
MINERAL = text("mineral", "矿种", "Mineral")
SLOPE_HEIGHT = number("slope_height_m", "边坡高度", "Slope height", "m")
MINING_DEPTH = number("depth_m", "开采深度", "Depth", "m")
OUTPUT = number("output_t_per_a", "年生产规模", "Output a year", "t/a", "生产规模", "年产量")
SHIFT = count("shift_people", "单班入井或作业人数", "People a shift", "单班人数", unit="人")
_METHODS = ("upstream", "centreline", "downstream", "one_step", "dry_stack")
PIPELINE_DISTANCE = number(
    "pipeline_distance_m",
    "按国家技术规范确定的与管道的距离",
    "Distance from pipelines by the national technical rules",
    "m",
)
RIDGE_BOUNDARY = flag("ridge_boundary", "是否以山脊为界", "A ridge bounds it", "山脊为界")


SOIL_DISTANCE = number(
    "soil_distance_m",
    "土壤环境影响评价确定的与敏感目标的距离",
    "Distance that the assessment of the soil asks for",
    "m",
)
DOMINO_DISTANCE = number("domino_distance_m", "多米诺效应影响距离", "Reach of domino effects", "m")
EXIT_LISTED = flag("exit_listed", "是否列入关闭、搬迁或退出清单", "On the list of what closes or moves")
DUST_WORKERS = count("dust_workers", "涉粉作业人数", "People working with dust", "涉粉人数", unit="人")
SEISMIC_INTENSITY = Field(
    "seismic_intensity",
    FieldType.INTEGER,
    "抗震设防烈度",
    "Seismic intensity",
    aliases=("设防烈度",),
    minimum=1,
    maximum=12,
)
BLASTING = (
    text(
        "blasting_method",
        "爆破方法",
        "Method of blasting",
        choices=("bare_charge", "short_hole", "short_hole_bench", "long_hole", "chamber"),
    ),
    flag("difficult_ground", "爆破地形地质条件是否复杂", "Difficult ground for blasting"),
)
"""Of a mine or of blasting, built or proposed."""


def _check_points(value: object) -> str | None:
    """Say what is wrong with the monitoring points of a pond."""
    try:
        read_points(value)
    except OutOfRangeError as exc:
        return str(exc)
    return None


POND = (
    text("method", "筑坝方式", "Method of dam raising", choices=_METHODS),
    text(
        "operation",
        "运行状况",
        "Operation",
        choices=("depositing", "idle", "closed", "abandoned"),
    ),
    day("idle_since", "停用日期", "Idle since"),
    text("design_grade", "设计等别", "Design grade", "等别", choices=("I", "II", "III", "IV", "V")),
    json("toe_point", "初期坝坡脚点", "Toe of the starter dam (GeoJSON point)"),
    json("monitoring", "在线监测项目", "Monitored items"),
    number("floor_slope_percent", "库底平均纵坡", "Mean longitudinal slope of the pond floor", "%"),
    text(
        "stacking",
        "干式堆存型式",
        "Type of dry stack",
        choices=("tail_end", "mid_pond", "front", "around"),
    ),
    number("annual_rain_mm", "多年平均降雨量", "Mean annual rain", "mm"),
    number("day_rain_mm", "年最大24小时降雨量均值", "Mean annual-maximum 24 h rain", "mm"),
    flag("standalone_concentrator", "是否为独立选矿厂尾矿库", "Serves a stand-alone concentrator"),
    flag("shares_valley", "同一沟谷内是否另有尾矿库", "Another pond lies in the same valley"),
    flag("leader_assigned", "是否落实领导包保责任", "A local leader is responsible for it"),
    number("phreatic_depth_m", "浸润线最小埋深", "Least depth of the phreatic line", "m"),
    number("freeboard_m", "安全超高", "Safety freeboard", "m", "安全超高(m)"),
    number("beach_m", "干滩长度", "Length of the dry beach", "m", "干滩长度(m)", "滩长"),
    flag("beach_shortened", "干滩长度是否经论证缩短", "A shorter beach was proved to do"),
    json(
        "monitoring_points",
        "监测点预警",
        "Monitoring points: list of {item, point, level, value, unit}",
        check=_check_points,
    ),
    day("in_service_since", "投入使用日期", "In service since", "投运日期"),
    text("former_method", "变更前的筑坝或堆存方式", "Method before the change", choices=_METHODS),
    flag("departs_from_design", "运行是否偏离设计", "Its operation departs from its design"),
    flag("final_elevation_reached", "是否已达最终设计标高", "Final elevation reached"),
    day("licence_until", "安全生产许可证有效期至", "Licence valid until", "许可证有效期"),
    number("seismic_freeboard_m", "安全超高的地震附加值", "What earthquakes add to the freeboard", "m"),
    number("seismic_beach_m", "干滩长度的地震附加值", "What earthquakes add to the dry beach", "m"),
    flag("deposition_ended", "是否已不再排尾", "Deposition has ended for good", "不再排尾"),
)
"""Of a tailings pond, built or proposed."""
PARK = (
    text("park_grade", "安全风险等级", "Safety grade", choices=("A", "B", "C", "D")),
    flag("recognised", "是否认定", "Recognised by the province", "认定"),
    day("assessed_on", "整体性安全风险评价日期", "Whole-park assessment"),
    flag("in_development_zone", "是否位于开发区内", "Inside a development zone"),
    number("safety_capacity_used_percent", "安全容量占用比例", "Share of the safety capacity in use", "%"),
    flag("veto_case", "是否存在否决项情形", "A veto case of the guide applies"),
    flag("closed_management", "是否实行封闭化管理", "Closed management"),
    flag("own_policy", "是否制定“一园一策”", "Has a policy of its own", "一园一策"),
)
"""Of a chemical park, built or proposed."""
BACKFILL = flag(
    "backfill_considered", "是否优先论证尾矿充填", "Backfilling with tailings was considered first"
)
GROUNDWATER = flag(
    "groundwater_surveyed", "是否纳入地下水环境风险调查", "Surveyed for ground-water risk by the county"
)
YEAR = Field(
    "built_year", FieldType.INTEGER, "建成年份", "Year built", aliases=("年份", "投产年份"), minimum=1800
)
