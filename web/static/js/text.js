/* Sentences from the catalogues; numbers, metres and dates as readers of the language write them. */

const THIN_SPACE = "\u202f";

export class Text {
  constructor(lang, catalogues, words) {
    this.lang = lang;
    this.messages = catalogues[lang];
    this.words = words;
  }

  /** Return the sentence of that key with its {places} filled. */
  t(key, values = {}) {
    const sentence = this.messages[key] ?? key;
    return sentence.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
  }

  /** Return the sentence of that key, or null where the catalogue has none. */
  find(key) {
    return this.messages[key] ?? null;
  }

  /** Return one of the names {zh, en}. */
  pick(names) {
    return names?.[this.lang] || names?.zh || names?.en || "";
  }

  /** Return the name of a word of the data model, such as a verdict or a state. */
  word(field, word) {
    const named = (one) => one.word === word;
    const names = this.words[field]?.find(named) ?? this.words.choice.find(named);
    return names ? this.pick(names) : (this.find(`${field}.${word}`) ?? this.find(`choice.${word}`) ?? word);
  }

  /** Return a value with its unit; metres to the decimetre, others to six figures; or that it is unknown. */
  quantity(value, unit) {
    if (value === null || value === undefined) return this.t("finding.unknown");
    if (unit === "m") return this.metres(value);
    return `${this.number(Number(value.toPrecision(6)))} ${unit ? this.word("unit", unit) : ""}`.trim();
  }

  /** Return a number with thin spaces between thousands; an empty string for a missing one. */
  number(value, digits = null) {
    if (value === null || value === undefined || Number.isNaN(value)) return "";
    const fixed = digits === null ? String(value) : Number(value).toFixed(digits);
    const [whole, fraction] = fixed.split(".");
    if (fixed.includes("e")) return fixed;
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, THIN_SPACE);
    return (fraction ? `${grouped}.${fraction}` : grouped).replace("-", "−");
  }

  /** Return a number of any size as people write it: 3×10⁻⁷ below a thousandth. */
  magnitude(value) {
    if (value === 0 || Math.abs(value) >= 1e-3) return this.number(value);
    const [digits, power] = value.toExponential().split("e-");
    return `${digits}×10⁻${[...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`;
  }

  /** Return metres to the decimetre. */
  metres(value) {
    return `${this.number(value, 1)} m`;
  }

  /** Return a doubt, "±7.0 m", or that it is unknown. */
  doubt(value) {
    if (value === null || value === undefined) return this.t("accuracy.unknown");
    return `±${this.metres(value)}`;
  }

  /** Return the day of an ISO date or moment. */
  day(value) {
    return value ? String(value).slice(0, 10) : "";
  }

  /** Return a plain length for a reader: metres below 10 km, kilometres above. */
  length(metres) {
    return metres < 10000 ? this.metres(metres) : `${this.number(metres / 1000, 3)} km`;
  }

  /** Return a plain area for a reader: square metres below 1 km². */
  area(squareMetres) {
    return squareMetres < 1e6 ? `${this.number(squareMetres, 0)} m²` : `${this.number(squareMetres / 1e6, 3)} km²`;
  }
}

/** Return the language to use: the address, then the reader's last choice, then the page's own. */
export function chooseLanguage(offered) {
  const known = (lang) => (lang === "zh" || lang === "en" ? lang : null);
  const asked = known(new URLSearchParams(location.search).get("lang"));
  return asked ?? known(readChoice()) ?? offered;
}

function readChoice() {
  try {
    return localStorage.getItem("riskmap.lang");
  } catch {
    return null; // storage may be forbidden
  }
}

/** Keep the choice of language and show the page in it. */
export function switchLanguage(lang) {
  try {
    localStorage.setItem("riskmap.lang", lang);
  } catch {
    // storage may be forbidden: the address carries the choice then
  }
  const address = new URL(location.href);
  address.searchParams.set("lang", lang);
  if (address.href === location.href) location.reload();
  else location.replace(address);
}
