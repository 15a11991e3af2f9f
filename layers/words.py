"""The words that features, rules and verdicts use, each with its Chinese and English name.

One table for all: a rule that names a kind, state or purpose that is not here is refused.
"""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "CHOICES",
    "CONCLUSIONS",
    "KINDS",
    "LINE_KINDS",
    "MINE_KINDS",
    "PURPOSES",
    "RIVER_ROLES",
    "STATES",
    "UNIT_KINDS",
    "VERDICTS",
    "Word",
    "find_choice",
]


class Word(NamedTuple):
    """Names of a word for people; ``aliases`` are further ones that tables use."""

    zh: str
    en: str
    aliases: tuple[str, ...] = ()


KINDS: dict[str, Word] = {
    "tailings_pond": Word("尾矿库", "Tailings pond"),
    "chemical_park": Word("化工园区", "Chemical park"),
    "chemical_project": Word("化工项目", "Chemical project"),
    "chemical_enterprise": Word("化工企业", "Chemical enterprise"),
    "chemical_unit": Word("危险化学品装置", "Hazardous-chemicals unit", ("化工装置", "危化品装置")),
    "chemical_tank": Word("危险化学品储罐", "Hazardous-chemicals tank", ("危化品储罐",)),
    "oil_depot": Word("油库", "Oil depot"),
    "fuel_station": Word("加油加气站", "Fuel station", ("加油站", "加气站")),
    "lpg_depot": Word("液化石油气站", "LPG depot"),
    "fireworks_store": Word("烟花爆竹仓库", "Fireworks store"),
    "explosives_store": Word("民用爆炸物品库", "Civil explosives store", ("炸药库", "民爆库")),
    "smelter": Word("冶炼企业", "Smelter"),
    "concentrator": Word("选矿厂", "Concentrator"),
    "mine": Word("矿山", "Mine"),
    "quarry": Word("采石场", "Quarry"),
    "waste_site": Word("固体废物处置场", "Waste disposal site"),
    "slag_store": Word("冶炼渣库", "Smelting-slag store", ("冶炼渣场",)),
    "phosphogypsum_store": Word("磷石膏库", "Phosphogypsum store", ("磷石膏堆场", "磷石膏渣库")),
    "oil_pipeline": Word("输油管道", "Oil pipeline"),
    "gas_pipeline": Word("输气管道", "Gas pipeline"),
    "chemical_pipeline": Word("危险化学品管道", "Hazardous-chemicals pipeline"),
    "town_gas_pipeline": Word("城镇燃气管道", "Town-gas pipeline", ("燃气管道",)),
    "chemical_store": Word("危险化学品仓库", "Hazardous-chemicals store", ("危化品仓库",)),
    "hazardous_waste_site": Word(
        "危险废物贮存处置场", "Hazardous-waste site", ("危险废物处置场", "危废处置场")
    ),
    "landfill": Word("生活垃圾填埋场", "Landfill", ("垃圾填埋场",)),
    "dump": Word("排土场", "Dump", ("废石场", "弃渣场")),
    "sand_digging": Word("采砂场", "Sand digging", ("采砂", "河道采砂")),
    "river_works": Word("拦河筑坝、架设浮桥等涉河工程", "Damming, floating bridges", ("拦河坝", "浮桥")),
    "blasting": Word("爆破作业", "Blasting", ("爆破",)),
    "drilling": Word("钻探勘探作业", "Drilling or seismic survey", ("钻探", "地震法勘探")),
    "earthwork": Word("挖掘作业", "Earthwork", ("挖掘", "取土")),
    "groundwater_well": Word("地下水取水井", "Ground-water well", ("取水井",)),
    "construction": Word("建筑物或构筑物", "Building or structure", ("建设工程", "房屋建筑")),
    "linear_works": Word(
        "铁路、公路、河渠、电力线路等线性工程",
        "Linear works",
        ("线性工程", "公路工程", "铁路工程", "电力线路工程"),
    ),
    "pipeline_station": Word("管道站场或阀室", "Pipeline station or valve room", ("管道站场", "阀室")),
    "housing": Word("居住区", "Housing", ("住宅", "村庄", "居民区")),
    "school": Word("学校", "School", ("幼儿园",)),
    "hospital": Word("医院", "Hospital"),
    "market": Word("集贸市场", "Market", ("集市",)),
    "crowded_place": Word("人员密集场所", "Crowded place"),
    "labour_intensive": Word("劳动密集型企业", "Labour-intensive firm"),
    "development_zone": Word("开发区", "Development zone", ("工业园区",)),
    "other": Word("其他", "Other"),
}
"""Kinds of facility and project."""

MINE_KINDS: dict[str, str] = {
    "open_pit": "mine",
    "underground": "mine",
    "licence_area": "mine",
    "quarry": "quarry",
    "dump": "dump",
}
"""Kind of facility of each kind of mine."""

UNIT_KINDS: dict[str, str] = {
    "process_unit": "chemical_unit",
    "loading": "chemical_unit",
    "flare": "chemical_unit",
    "tank": "chemical_tank",
    "warehouse": "chemical_store",
}
"""Kind of facility of each kind of hazard unit, where it states none itself; other units have to."""

STATES: dict[str, Word] = {
    "new": Word("新建", "New"),
    "rebuild": Word("改建", "Rebuild"),
    "expand": Word("扩建", "Expansion"),
    "in_service": Word("在役", "In service", ("在用", "运行", "现有", "既有")),
    "re_mining": Word("回采", "Re-mining of a closed pond", ("尾矿回采",)),
    "closed": Word("已闭库或关闭", "Closed", ("闭库", "已闭库", "关闭", "已关闭")),
}
"""States of a project or facility."""

PURPOSES: dict[str, Word] = {
    "safety": Word("提升安全水平", "To raise safety"),
    "ecology": Word("提升生态环境保护水平", "To raise ecological protection"),
    "other": Word("其他目的", "Other purpose"),
}
"""Purposes of a rebuild."""

RIVER_ROLES: dict[str, Word] = {
    "main_stem": Word("干流", "Main stem"),
    "tributary": Word("支流", "Tributary"),
    "other": Word("其他水系", "Other water"),
}
"""Roles of a river line."""

LINE_KINDS: dict[str, Word] = {
    "outer": Word("外缘边界线", "Outer line"),
    "water_side": Word("临水边界线", "Water-side line"),
    "centre": Word("中心线", "Centre line"),
    "unknown": Word("线型不明", "Kind of line unknown"),
}
"""Kinds of line that stand for a bank, best first."""

VERDICTS: dict[str, Word] = {
    "prohibited": Word("禁止", "Prohibited"),
    "depends_on_bank_line": Word("取决于岸线", "Depends on the bank line"),
    "insufficient_data": Word("资料不足", "Insufficient data"),
    "conditional": Word("有条件", "Conditional"),
    "permit_needed": Word("须经许可", "Permit needed"),
    "legacy_rectify": Word("存量整改", "Existing facility to rectify"),
    "not_in_force": Word("条款不在有效期", "Not in force"),
    "no_ban": Word("未禁止", "Not banned by this rule"),
}
"""Verdict words, worst first."""

CONCLUSIONS: dict[str, Word] = {
    "fail": Word("不通过", "Fails"),
    "undecidable": Word("无法判定", "Undecidable"),
    "conditional": Word("有条件", "Conditional"),
    "pass": Word("通过", "Passes"),
}
"""What a person reads of a facility, worst first."""

CHOICES: dict[str, Word] = {
    **VERDICTS,
    **LINE_KINDS,
    **RIVER_ROLES,
    **PURPOSES,
    **STATES,
    **KINDS,
    # colour grades of risk
    "red": Word("红", "Red", ("红色", "重大风险", "红河", "红河流域")),
    "orange": Word("橙", "Orange", ("橙色", "较大风险")),
    "yellow": Word("黄", "Yellow", ("黄色", "一般风险", "黄河", "黄河流域")),
    "blue": Word("蓝", "Blue", ("蓝色", "低风险")),
    # hazard units
    "process_unit": Word("生产装置", "Process unit", ("装置",)),
    "tank": Word("储罐", "Tank", ("罐区",)),
    "warehouse": Word("仓库", "Warehouse", ("库房",)),
    "loading": Word("装卸设施", "Loading facility", ("装卸站",)),
    "flare": Word("火炬", "Flare"),
    "building": Word("建筑物", "Building"),
    # tailings ponds
    "normal": Word("正常", "Normal"),
    "upstream": Word("上游式", "Upstream", ("上游法",)),
    "centreline": Word("中线式", "Centreline", ("中线法",)),
    "downstream": Word("下游式", "Downstream", ("下游法",)),
    "one_step": Word("一次建坝", "One step", ("一次性筑坝", "一次筑坝")),
    "dry_stack": Word("干式堆存", "Dry stack", ("干堆", "干排")),
    "tail_end": Word("库尾式", "Tail end", ("库尾排矿",)),
    "mid_pond": Word("库中式", "Mid-pond", ("库中排矿",)),
    "front": Word("库前式", "Front", ("库前排矿",)),
    "around": Word("周边式", "Around", ("周边排矿",)),
    "depositing": Word("正常运行", "Depositing", ("运行", "在用", "生产")),
    "idle": Word("停用", "Idle", ("停产",)),
    "abandoned": Word("废弃", "Abandoned"),
    "I": Word("一等", "Grade I", ("1", "一等库")),
    "II": Word("二等", "Grade II", ("2", "二等库")),
    "III": Word("三等", "Grade III", ("3", "三等库")),
    "IV": Word("四等", "Grade IV", ("4", "四等库")),
    "V": Word("五等", "Grade V", ("5", "五等库")),
    # chemical parks and their zones
    "A": Word("A级", "Grade A"),
    "B": Word("B级", "Grade B"),
    "C": Word("C级", "Grade C"),
    "D": Word("D级", "Grade D"),
    "production": Word("生产区", "Production"),
    "storage": Word("仓储区", "Storage", ("储存区",)),
    "logistics": Word("物流区", "Logistics"),
    "office": Word("办公区", "Office"),
    "control": Word("控制区", "Control", ("中央控制区",)),
    "living": Word("生活区", "Living"),
    "utility": Word("公用工程区", "Utilities", ("公用工程",)),
    # pipeline sites
    "station": Word("站场", "Station"),
    "valve_room": Word("阀室", "Valve room"),
    "depot": Word("油气库", "Depot"),
    # rivers and lakes
    "statute": Word("法律法规", "Statute", ("法定",)),
    "local_list": Word("地方名录", "Local list"),
    "yangtze": Word("长江", "Yangtze", ("长江流域",)),
    "mekong": Word("澜沧江", "Mekong", ("澜沧江流域", "湄公河")),
    "salween": Word("怒江", "Salween", ("怒江流域",)),
    "irrawaddy": Word("伊洛瓦底江", "Irrawaddy", ("独龙江", "伊洛瓦底江流域")),
    "pearl": Word("珠江", "Pearl River", ("珠江流域",)),
    "lake": Word("湖泊", "Lake"),
    "reservoir": Word("水库", "Reservoir"),
    # protection targets
    "high_sensitivity": Word("高敏感防护目标", "High sensitivity", ("高敏感",)),
    "important": Word("重要防护目标", "Important", ("重要",)),
    "general_1": Word("一般防护目标一类", "General, class 1", ("一类", "一般防护目标中的一类防护目标")),
    "general_2": Word("一般防护目标二类", "General, class 2", ("二类", "一般防护目标中的二类防护目标")),
    "general_3": Word("一般防护目标三类", "General, class 3", ("三类", "一般防护目标中的三类防护目标")),
    # divisions and settlements
    "province": Word("省", "Province", ("省级",)),
    "prefecture": Word("地市", "Prefecture", ("地级", "市级", "市", "州")),
    "county": Word("县", "County", ("县级", "县道", "区县")),
    "town": Word("乡镇", "Town", ("乡级", "镇", "乡", "街道")),
    "village": Word("村", "Village", ("村级",)),
    # roads and railways
    "expressway": Word("高速公路", "Expressway", ("高速",)),
    "national": Word("国道", "National", ("国铁", "国家铁路")),
    "provincial": Word("省道", "Provincial"),
    "township": Word("乡道", "Township"),
    "street": Word("城市道路", "Street"),
    "high_speed": Word("高速铁路", "High-speed", ("高铁",)),
    "local": Word("地方铁路", "Local"),
    "works": Word("专用线", "Works railway", ("铁路专用线",)),
    "metro": Word("城市轨道交通", "Metro", ("地铁",)),
    "urban": Word("城市市区", "Urban", ("市区",)),
    "suburban": Word("城市郊区居民居住区", "Suburban homes", ("郊区",)),
    # crossings
    "road": Word("公路", "Road"),
    "railway": Word("铁路", "Railway"),
    "pipeline": Word("管道", "Pipeline"),
    "bridge": Word("桥梁", "Bridge", ("桥",)),
    "tunnel": Word("隧道", "Tunnel"),
    "ferry": Word("渡口", "Ferry"),
    "small": Word("小型", "Small", ("小",)),
    "medium": Word("中型", "Medium", ("中",)),
    "large": Word("大型", "Large", ("大",)),
    "extra_large": Word("特大型", "Extra large", ("特大",)),
    # power lines
    "overhead": Word("架空线路", "Overhead line", ("架空",)),
    "buried": Word("地下电缆", "Buried cable", ("电缆",)),
    "river_cable": Word("水底电缆", "River cable", ("江河电缆",)),
    "small_river_cable": Word("中小河流水底电缆", "Cable in a small river", ("中小河流电缆",)),
    # substances under strict control
    "phosgene": Word("光气", "Phosgene"),
    "chlorine": Word("氯气", "Chlorine", ("液氯",)),
    "ammonia": Word("氨", "Ammonia", ("液氨", "氨气")),
    "ammonium_nitrate": Word("硝酸铵", "Ammonium nitrate", ("硝铵",)),
    # mines
    "open_pit": Word("露天矿", "Open pit", ("露天开采", "露天")),
    "underground": Word("地下矿", "Underground", ("地下开采", "井工")),
    "licence_area": Word("矿区范围", "Licence area", ("采矿权",)),
    "bare_charge": Word("裸露药包爆破", "Bare charge"),
    "short_hole": Word("浅孔爆破", "Short holes"),
    "short_hole_bench": Word("浅孔台阶爆破", "Short holes on a bench"),
    "long_hole": Word("深孔爆破", "Long holes"),
    "chamber": Word("硐室爆破", "Chamber"),
    # zones
    "water_source": Word("饮用水水源保护区", "Water source", ("水源地", "水源保护区")),
    "nature_reserve": Word("自然保护区", "Nature reserve"),
    "scenic_area": Word("风景名胜区", "Scenic area"),
    "ecological_redline": Word("生态保护红线", "Ecological redline"),
    "basic_farmland": Word("永久基本农田", "Permanent basic farmland", ("基本农田",)),
    "safety_distance": Word("安全防护距离", "Safety distance", ("安全防护区",)),
    "metro_protection": Word("轨道交通保护区", "Metro protection zone", ("地铁保护区",)),
    "railway_protection": Word("铁路安全保护区", "Railway protection zone"),
    "airport_clearance": Word("机场净空保护区", "Airport clearance zone", ("净空保护区",)),
    "bank_control": Word("河湖岸线管控范围", "Bank-line control range", ("岸线管控范围",)),
    "urban_district": Word("城市市区和人口密集区", "Urban district", ("城市建成区", "人口密集区")),
    "city_centre": Word("城市中心区", "City centre", ("城市建成区的中心区域",)),
    "chemicals_catalogue": Word("危险化学品禁限控目录区域", "Area of a list of chemicals", ("禁限控区域",)),
    "dam_protection": Word("水库大坝管理和保护范围", "Dam protection range"),
    "approved": Word("已批复", "Approved", ("批复",)),
    "draft": Word("草案", "Draft", ("草稿", "拟定")),
    # classes of spacing tables
    "depot_above_ground": Word("甲B、乙类液体地上罐组等", "Above-ground tanks, class A(B), B"),
    "depot_class_c": Word("丙类液体罐组等", "Class C tanks, docks with vapour recovery"),
    "depot_buried": Word("覆土卧式油罐等", "Buried horizontal tanks, unloading only"),
    "buried_tank": Word("埋地油罐", "Buried tank"),
    "dispenser": Word("加油机、通气管管口", "Dispensers and vents"),
    "store_a_3_4": Word("甲类仓库第3、4项", "Class A store, items 3 and 4"),
    "store_a_other": Word("甲类仓库第1、2、5、6项", "Class A store, items 1, 2, 5, 6"),
    "store_b": Word("乙类仓库", "Class B store"),
    "workshop_a": Word("甲类厂房", "Class A workshop"),
    "hydrocarbon_tank": Word("液化烃罐组", "Liquefied-hydrocarbon tanks"),
    "liquid_tank": Word("甲、乙类液体罐组", "Class A, B liquid tanks"),
    "unit_ab": Word("甲、乙类工艺装置", "Class A, B unit"),
    "key_facility": Word("全厂性或区域性重要设施", "Plant-wide key facility"),
    "lpg_pressure_tank": Word("液化石油气全压力式储罐", "LPG pressure tanks"),
    "lpg_bottle_store": Word("瓶装液化石油气供应站", "LPG bottle store"),
    "store_1_1": Word("1.1级仓库", "Store of hazard class 1.1"),
    "store_1_3": Word("1.3级仓库", "Store of hazard class 1.3"),
    "important_public": Word("重要公共建筑物", "Important public building", ("重要公共建筑",)),
    "high_rise": Word("高层民用建筑", "High-rise building", ("高层建筑",)),
    "home": Word("居住建筑", "Homes", ("住宅", "民房")),
    "public": Word("公共建筑物", "Public building", ("公共建筑",)),
    "protected_1": Word("一类保护物", "Protected, class 1"),
    "protected_2": Word("二类保护物", "Protected, class 2"),
    "protected_3": Word("三类保护物", "Protected, class 3"),
    "open_flame": Word("明火或散发火花地点", "Open flame or sparks"),
    "works_ab": Word("甲、乙类厂房、库房和储罐", "Class A, B works and stores"),
    "works_cde": Word("丙、丁、戊类厂房和库房", "Class C, D, E works and stores"),
    "store_a": Word("甲类仓库", "Class A store"),
    "substation": Word("室外变配电站", "Outdoor substation", ("变电站", "变配电站")),
    "power_plant": Word("电厂", "Power plant", ("发电厂",)),
    "water_works": Word("净水厂", "Water works", ("水厂",)),
    "fire_station": Word("消防站", "Fire station"),
    "management_centre": Word("园区管理中心", "Park management centre", ("管理中心",)),
    "control_room": Word("控制室", "Control room", ("交接班室", "中央控制室")),
    "rest_room": Word("休息室、值班室", "Rest or duty room", ("休息室", "值班室")),
    "site_boundary": Word("用地边界", "Site boundary", ("厂界", "站界", "库界")),
    "equipment": Word("设备外缘", "Equipment edge", ("储罐外壁", "设备")),
    "class_1": Word("一级公路", "Class 1 road"),
    "class_2": Word("二级公路", "Class 2 road"),
    "class_3": Word("三级公路", "Class 3 road"),
    "class_4": Word("四级公路", "Class 4 road"),
    "urban_trunk": Word("城市快速路或主干路", "Urban trunk road", ("主干路", "快速路")),
    "urban_minor": Word("城市次干路或支路", "Urban minor road", ("次干路", "支路")),
    # geological hazards
    "fault": Word("断层", "Fault", ("断裂",)),
    "landslide": Word("滑坡", "Landslide"),
    "collapse": Word("崩塌", "Collapse"),
    "debris_flow": Word("泥石流", "Debris flow"),
    "subsidence": Word("地面塌陷", "Subsidence", ("塌陷",)),
    "flood": Word("洪水", "Flood"),
    # cases and rasters
    "checked": Word("已检查", "Checked"),
    "submitted": Word("已报送", "Submitted", ("已提交",)),
    "decided": Word("已决定", "Decided"),
    "withdrawn": Word("已撤回", "Withdrawn"),
    "elevation": Word("高程", "Elevation"),
    "population": Word("人口", "Population"),
    "risk": Word("风险", "Risk"),
}
"""Names of every word that a field with choices may hold, rules' words included."""


def find_choice(text: str, choices: Iterable[str]) -> str | None:
    """Return the word among ``choices`` that a text means: the word itself, or any of its names in :data:`CHOICES`.

    Examples
    --------
    >>> find_choice("新建", STATES)
    'new'
    """
    wanted = _fold(text)
    for choice in choices:
        word = CHOICES.get(choice, Word("", ""))
        if wanted in map(_fold, (choice, word.zh, word.en, *word.aliases)):
            return choice
    return None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
