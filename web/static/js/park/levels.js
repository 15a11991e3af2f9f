/* Levels of individual risk: how a number of them is written, and how its contour is told from the others in grey. */

/** Line of each level, highest first: colour for the screen, dashes for print. */
const LEVELS = [
  { risk: 3e-5, color: "#a50f15", weight: 3.4, dashArray: null, bearing: 70 },
  { risk: 1e-5, color: "#c4161c", weight: 3, dashArray: "15 5", bearing: 40 },
  { risk: 3e-6, color: "#d96a00", weight: 2.8, dashArray: "12 4 2 4", bearing: 10 },
  { risk: 1e-6, color: "#a88400", weight: 2.4, dashArray: "6 4", bearing: -20 },
  { risk: 3e-7, color: "#2a6fb5", weight: 2.4, dashArray: "1 5", bearing: -50 },
];

const OTHER = { color: "#3c4246", weight: 2, dashArray: "3 3", bearing: 100 };
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Return the look of a level's line. */
export function levelStyle(risk) {
  return LEVELS.find((level) => Math.abs(level.risk / risk - 1) < 1e-9) ?? OTHER;
}

/** Return a risk as people write it: 3×10⁻⁷. */
export function riskText(text, risk) {
  if (risk === null || risk === undefined) return text.t("finding.unknown");
  if (risk === 0) return "0";
  const [digits, exponent] = risk.toExponential(1).split("e");
  const power = [...String(Math.abs(Number(exponent)))].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `${digits.replace(".0", "")}×10${Number(exponent) < 0 ? "⁻" : ""}${power}`;
}

/** Return a finding's number or limit: a risk a year, or an overpressure. */
export function measureText(text, value, unit) {
  if (value === null || value === undefined) return text.t("finding.unknown");
  return unit === "/a" ? text.t("park.per_year", { risk: riskText(text, value) }) : text.quantity(value, unit);
}
