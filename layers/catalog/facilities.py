"""Layers of what brings danger: enterprises, ponds, parks, pipelines, mines and stores."""

from layers.catalog.fields import LINE, POINT_OR_POLYGON, POLYGON, count, json, number, text
from layers.catalog.shared import (
    ATTACHED,
    BACKFILL,
    CHARGE,
    COLOUR,
    ENTERPRISE,
    EXTERNAL_DISTANCE,
    FACILITY_CLASS,
    GROUNDWATER,
    KIND,
    MAJOR_SOURCE,
    MINE_KINDS,
    MINERAL,
    MINING_DEPTH,
    OUTLINE,
    OUTPUT,
    PARK,
    PARK_ID,
    PIPELINE_DISTANCE,
    POND,
    PURPOSE,
    RIDGE_BOUNDARY,
    SHIFT,
    SITE_GRADE,
    SLOPE_HEIGHT,
    STATE,
    STORED_MASS,
    SUBSTANCE,
    VAPOUR_RECOVERY,
    YEAR,
)
from layers.codes import check_credit_code, check_industry_code
from layers.model import Field, FieldType, Layer, Theme

__all__ = [
    "CHEMICAL_PARKS",
    "ENTERPRISES",
    "HAZARD_SITES",
    "HAZARD_UNITS",
    "MINES",
    "PARK_ZONES",
    "PIPELINES",
    "PIPELINE_SITES",
    "TAILINGS_PONDS",
]

ENTERPRISES = Layer(
    "enterprises",
    "企业",
    "Enterprises",
    Theme.ENTERPRISES,
    POINT_OR_POLYGON,
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
        KIND,
        STATE,
        PURPOSE,
        COLOUR,
        count("staff", "从业人数", "Staff", "职工人数", "员工人数", unit="人"),
        text("address", "地址", "Address"),
        SUBSTANCE,
        MAJOR_SOURCE,
        EXTERNAL_DISTANCE,
        ATTACHED,
        FACILITY_CLASS,
        OUTLINE,
        STORED_MASS,
        GROUNDWATER,
    ),
)

HAZARD_UNITS = Layer(
    "hazard_units",
    "装置和储存设施",
    "Hazard units",
    Theme.ENTERPRISES,
    POINT_OR_POLYGON,
    (
        ENTERPRISE,
        PARK_ID,
        text(
            "unit_kind",
            "单元类别",
            "Kind of unit",
            "设施类别",
            choices=("process_unit", "tank", "warehouse", "loading", "flare", "building", "other"),
        ),
        KIND,
        STATE,
        COLOUR,
        json(
            "inventory",
            "物质清单",
            "Inventory: list of {cas, mass_kg, phase, temperature_c, pressure_mpa}",
        ),
        number("volume_m3", "容积", "Volume", "m³", "容积(m3)"),
        number("height_m", "高度", "Height", "m", minimum=None),
        number("bund_area_m2", "围堰面积", "Bund area", "m²"),
        MAJOR_SOURCE,
        EXTERNAL_DISTANCE,
        FACILITY_CLASS,
        OUTLINE,
        STORED_MASS,
    ),
)

TAILINGS_PONDS = Layer(
    "tailings_ponds",
    "尾矿库",
    "Tailings ponds",
    Theme.TAILINGS,
    POINT_OR_POLYGON,
    (
        ENTERPRISE,
        STATE,
        PURPOSE,
        number("capacity_m3", "全库容", "Full capacity", "m³", "库容", "全库容(m3)", "库容(立方米)"),
        number("dam_height_m", "总坝高", "Total dam height", "m", "坝高", "坝高(m)", "总坝高(m)"),
        *POND,
        json("dam_axis", "坝轴线", "Dam axis (GeoJSON line)"),
        count("people_downstream", "下游人数", "People downstream", unit="人"),
        YEAR,
        GROUNDWATER,
    ),
    kind="tailings_pond",
)

CHEMICAL_PARKS = Layer(
    "chemical_parks",
    "化工园区",
    "Chemical parks",
    Theme.PARKS,
    POINT_OR_POLYGON,
    (
        STATE,
        PURPOSE,
        *PARK,
        EXTERNAL_DISTANCE,
        GROUNDWATER,
    ),
    kind="chemical_park",
)

PARK_ZONES = Layer(
    "park_zones",
    "园区功能分区",
    "Park zones",
    Theme.PARKS,
    POLYGON,
    (
        PARK_ID,
        text(
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
)

PIPELINES = Layer(
    "pipelines",
    "管道",
    "Pipelines",
    Theme.PIPELINES,
    LINE,
    (
        text(
            "kind",
            "类别",
            "Kind",
            choices=("oil_pipeline", "gas_pipeline", "chemical_pipeline", "town_gas_pipeline"),
        ),
        text("medium", "介质", "Medium", "输送介质"),
        number("diameter_mm", "外径", "Outer diameter", "mm", "管径", "管径(mm)", "外径(mm)"),
        number("pressure_mpa", "设计压力", "Design pressure", "MPa", "压力", "压力(MPa)", "设计压力(MPa)"),
        STATE,
        YEAR,
        PIPELINE_DISTANCE,
    ),
)

PIPELINE_SITES = Layer(
    "pipeline_sites",
    "管道站场阀室",
    "Pipeline sites",
    Theme.PIPELINES,
    POINT_OR_POLYGON,
    (
        text("pipeline_id", "所属管道编号", "Pipeline", "管道编号"),
        text("site_kind", "类别", "Kind", choices=("station", "valve_room", "depot", "other")),
        STATE,
        PIPELINE_DISTANCE,
    ),
    kind="pipeline_station",
)

MINES = Layer(
    "mines",
    "矿山",
    "Mines",
    Theme.ENTERPRISES,
    POINT_OR_POLYGON,
    (
        text("mine_kind", "类别", "Kind", choices=MINE_KINDS),
        MINERAL,
        STATE,
        SLOPE_HEIGHT,
        MINING_DEPTH,
        ENTERPRISE,
        OUTPUT,
        SHIFT,
        BACKFILL,
        GROUNDWATER,
        RIDGE_BOUNDARY,
    ),
)

HAZARD_SITES = Layer(
    "hazard_sites",
    "油气站库与爆炸品库",
    "Fuel and explosives sites",
    Theme.ENTERPRISES,
    POINT_OR_POLYGON,
    (
        text(
            "kind",
            "类别",
            "Kind",
            "类型",
            choices=("fuel_station", "oil_depot", "lpg_depot", "fireworks_store", "explosives_store"),
        ),
        SITE_GRADE,
        number("capacity_m3", "总容量", "Capacity", "m³"),
        CHARGE,
        MAJOR_SOURCE,
        EXTERNAL_DISTANCE,
        STATE,
        FACILITY_CLASS,
        OUTLINE,
        VAPOUR_RECOVERY,
        GROUNDWATER,
        PIPELINE_DISTANCE,
    ),
)
