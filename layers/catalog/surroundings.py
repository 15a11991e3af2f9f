"""Layers of what lies around: waters, people, traffic, protected land, hazards of nature and the base map."""

from layers.catalog.fields import (
    LINE,
    LINE_OR_POLYGON,
    POINT,
    POINT_OR_POLYGON,
    POLYGON,
    count,
    flag,
    json,
    number,
    text,
)
from layers.catalog.shared import (
    BUILDING_CLASS,
    PEOPLE,
    SMALL_PLACE,
    STATE,
    SUBSTANCE,
)
from layers.model import AnyGeometry, Field, FieldType, Layer, Theme
from layers.words import KINDS, LINE_KINDS, RIVER_ROLES

__all__ = [
    "ADMIN_AREAS",
    "BUILDINGS",
    "CROSSINGS",
    "DAMS",
    "GEOHAZARDS",
    "LAKES",
    "POWER_LINES",
    "PROTECTION_TARGETS",
    "RAILWAYS",
    "RASTERS",
    "RIVERS",
    "ROADS",
    "SETTLEMENTS",
    "WIND_ROSES",
    "ZONES",
]

RIVERS = Layer(
    "rivers",
    "河流",
    "Rivers",
    Theme.RIVERS,
    LINE_OR_POLYGON,
    (
        text("role", "干支流", "Role", choices=tuple(RIVER_ROLES)),
        text("important_by", "重要支流依据", "Important by", choices=("statute", "local_list")),
        number("catchment_km2", "流域面积", "Catchment", "km²", "流域面积(km2)"),
        text(
            "basin",
            "流域",
            "Basin",
            choices=("yangtze", "yellow", "mekong", "salween", "irrawaddy", "red", "pearl", "other"),
        ),
        text("reach", "河段编号", "Reach"),
        text("line_kind", "线型", "Kind of line", "岸线类型", choices=tuple(LINE_KINDS)),
        text("water_level_basis", "水位依据", "Water level basis"),
        number("half_width_m", "半宽", "Half width", "m", "半宽(m)"),
    ),
)

LAKES = Layer(
    "lakes",
    "湖泊水库",
    "Lakes and reservoirs",
    Theme.RIVERS,
    POLYGON,
    (
        text("lake_kind", "类别", "Kind", choices=("lake", "reservoir")),
        text("basin", "流域", "Basin"),
        text("water_level_basis", "水位依据", "Water level basis"),
    ),
)

PROTECTION_TARGETS = Layer(
    "protection_targets",
    "防护目标",
    "Protection targets",
    Theme.TARGETS,
    POINT_OR_POLYGON,
    (
        text(
            "target_class",
            "防护目标类别",
            "Class (GB 36894)",
            "类别",
            choices=("high_sensitivity", "important", "general_1", "general_2", "general_3"),
        ),
        text("use", "用途", "Use"),
        *PEOPLE,
        BUILDING_CLASS,
        SMALL_PLACE,
    ),
)

BUILDINGS = Layer(
    "buildings",
    "建筑物",
    "Buildings",
    Theme.TARGETS,
    POINT_OR_POLYGON,
    (
        count("storeys", "层数", "Storeys", "楼层数"),
        count("households", "户数", "Households", unit="户"),
        text("use", "用途", "Use"),
        *PEOPLE,
        BUILDING_CLASS,
        SMALL_PLACE,
        Field("fire_grade", FieldType.INTEGER, "耐火等级", "Fire resistance grade", minimum=1, maximum=4),
    ),
)

SETTLEMENTS = Layer(
    "settlements",
    "居民点",
    "Settlements",
    Theme.TARGETS,
    POINT_OR_POLYGON,
    (
        count("population", "人口", "Population", "常住人口", unit="人"),
        count("households", "户数", "Households", unit="户"),
        text("rank", "级别", "Rank", choices=("province", "prefecture", "county", "town", "village")),
        SMALL_PLACE,
    ),
)

ROADS = Layer(
    "roads",
    "道路",
    "Roads",
    Theme.BASE,
    LINE_OR_POLYGON,
    (
        text(
            "road_class",
            "道路等级",
            "Class",
            choices=("expressway", "national", "provincial", "county", "township", "street", "other"),
        ),
        number("land_half_width_m", "公路用地半宽", "Half width of road land", "m"),
        text(
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
        number("half_width_m", "路面半宽", "Centre line to the edge of the road", "m"),
    ),
)

RAILWAYS = Layer(
    "railways",
    "铁路",
    "Railways",
    Theme.BASE,
    LINE_OR_POLYGON,
    (
        text(
            "railway_class",
            "铁路类别",
            "Class",
            choices=("high_speed", "national", "local", "works", "metro"),
        ),
        text(
            "setting",
            "沿线地区",
            "Land along the line",
            choices=("urban", "suburban", "village", "other"),
        ),
        number("half_width_m", "线路外缘半宽", "Centre line to embankment toe", "m"),
        flag("planned", "是否为规划线路", "Planned, not built", "规划线路"),
    ),
)

CROSSINGS = Layer(
    "crossings",
    "桥隧渡口",
    "Crossings",
    Theme.BASE,
    AnyGeometry,
    (
        text("crossing_kind", "类别", "Kind", choices=("bridge", "tunnel", "ferry")),
        text("size", "规模", "Size", choices=("small", "medium", "large", "extra_large")),
        text("carries", "通行对象", "Carries", choices=("road", "railway", "pipeline", "metro")),
        number("length_m", "长度", "Length", "m", "桥长", "隧道长度"),
        flag("under_water", "是否为过江、过湖隧道", "Tunnel under water", "过江隧道"),
    ),
)

POWER_LINES = Layer(
    "power_lines",
    "电力线",
    "Power lines",
    Theme.BASE,
    LINE,
    (
        number("voltage_kv", "电压", "Voltage", "kV", "电压(kV)"),
        number("pole_height_m", "杆高", "Pole height", "m"),
        text(
            "laying", "敷设方式", "Laying", choices=("overhead", "buried", "river_cable", "small_river_cable")
        ),
        number("half_width_m", "边导线半距", "Centre line to outer conductor", "m"),
    ),
)

DAMS = Layer(
    "dams",
    "水库大坝",
    "Dams",
    Theme.BASE,
    AnyGeometry,
    (
        number("dam_height_m", "坝高", "Dam height", "m"),
        number("storage_m3", "库容", "Storage", "m³"),
        text("river", "所在河流", "River"),
        STATE,
    ),
)

ZONES = Layer(
    "zones",
    "限制区域",
    "Protected and safety zones",
    Theme.ZONES,
    POLYGON,
    (
        text(
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
                "urban_district",
                "city_centre",
                "chemicals_catalogue",
                "other",
            ),
        ),
        text("level", "级别", "Level"),
        text("status", "状态", "Status", choices=("approved", "draft")),
        text("facility_id", "所属设施编号", "Facility whose zone it is"),
        text("basin", "流域", "Basin"),
        text(
            "banned_kind", "目录所列项目类别", "Kind of project on the list of the area", choices=tuple(KINDS)
        ),
        text(
            "banned_substance",
            "目录所列物质",
            "Substance on the list of the area",
            choices=SUBSTANCE.choices,
        ),
    ),
)

GEOHAZARDS = Layer(
    "geohazards",
    "地质灾害",
    "Geohazards",
    Theme.ZONES,
    AnyGeometry,
    (
        text(
            "geohazard_kind",
            "类别",
            "Kind",
            choices=("fault", "landslide", "collapse", "debris_flow", "subsidence", "flood"),
        ),
        text("activity", "活动性", "Activity"),
        number("catchment_km2", "泥石流沟流域面积", "Catchment of the gully", "km²"),
        number("loose_material_m3", "松散固体物质储量", "Loose material in the gully", "m³"),
        number("channel_length_m", "主沟长度", "Length of the main channel", "m"),
        number("relief_m", "流域最大相对高差", "Greatest difference of height", "m"),
        json("mouth_point", "沟口（堆积扇顶点）", "Mouth of the gully, apex of its fan (GeoJSON point)"),
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
)

ADMIN_AREAS = Layer(
    "admin_areas",
    "行政区划",
    "Administrative areas",
    Theme.BASE,
    POLYGON,
    (
        text("level", "级别", "Level", choices=("province", "prefecture", "county", "town")),
        text("parent_adcode", "上级区划代码", "Parent division"),
    ),
)

WIND_ROSES = Layer(
    "wind_roses",
    "风玫瑰",
    "Wind roses",
    Theme.BASE,
    POINT,
    (
        json(
            "frequencies",
            "风频",
            "Frequencies by direction from, speed and stability, adding up to 1",
        ),
        count("year_from", "起始年", "First year"),
        count("year_to", "终止年", "Last year"),
    ),
    geometry_required=False,
)

RASTERS = Layer(
    "rasters",
    "栅格",
    "Rasters",
    Theme.BASE,
    POLYGON,
    (
        text("raster_kind", "类别", "Kind", choices=("elevation", "population", "risk", "other")),
        text("path", "文件", "File"),
        text("unit", "单位", "Unit"),
        number("cell_size_m", "像元大小", "Cell size", "m"),
        text("crs", "坐标系", "CRS"),
        text("sha256", "摘要", "SHA-256 of the file"),
    ),
)
