/* Findings by subject, and what they amount to. An undecided finding counts as the worse of its two sides. */

/** The four answers on screen, worst first. */
export const CONCLUSIONS = ["fail", "undecidable", "conditional", "pass"];

const OPEN = new Set(["depends_on_bank_line", "insufficient_data"]);
const DUE = new Set(["conditional", "permit_needed", "legacy_rectify"]);

/** Return which of the four answers a finding is. */
export function conclude(finding) {
  const sides = finding.decided ? [finding.verdict] : [finding.verdict, finding.if_crossed];
  if (sides.some((side) => OPEN.has(side))) return "undecidable";
  if (sides.includes("prohibited")) return finding.decided ? "fail" : "undecidable";
  return sides.some((side) => DUE.has(side)) ? "conditional" : "pass";
}

export class VerdictIndex {
  #bySubject = new Map();
  #marks = new Map();

  /** `order` is the verdict words, worst first. */
  constructor(order) {
    this.order = order;
  }

  /** Take in findings' features and return the layers in which a subject got a finding that is new. */
  add(features) {
    const changed = new Set();
    for (const feature of features) {
      const { subject, rule } = feature.properties;
      const key = subjectKey(subject.layer, subject.id);
      if (!this.#bySubject.has(key)) this.#bySubject.set(key, new Map());
      const rules = this.#bySubject.get(key);
      if (!rules.has(rule)) changed.add(subject.layer);
      rules.set(rule, feature);
    }
    return changed;
  }

  /** Take in marks {layer: {id: [verdict, decided, if_crossed]}} and return the layers in which one is new or other. */
  setMarks(marks) {
    const changed = new Set();
    for (const [layer, ofLayer] of Object.entries(marks)) {
      for (const [id, [verdict, decided, crossed]] of Object.entries(ofLayer)) {
        const [key, mark] = [subjectKey(layer, id), this.mark({ verdict, decided, if_crossed: crossed })];
        if (JSON.stringify(this.#marks.get(key)) !== JSON.stringify(mark)) changed.add(layer);
        this.#marks.set(key, mark);
      }
    }
    return changed;
  }

  /** Forget all findings and marks: others are to come. */
  forget() {
    this.#bySubject.clear();
    this.#marks.clear();
  }

  /** Return a subject's findings, worst first. */
  findings(layer, id) {
    const found = this.#bySubject.get(subjectKey(layer, id));
    return found ? this.sorted([...found.values()], (feature) => feature.properties) : [];
  }

  /** Return the mark {verdict, decided, conclusion} of a subject, or null where nothing has been found about it. */
  whole(layer, id) {
    const known = this.#marks.get(subjectKey(layer, id));
    return known ?? this.worst(this.findings(layer, id).map((feature) => feature.properties));
  }

  /** Return the mark of the worst of some findings; advisory ones do not count. */
  worst(findings) {
    const counted = findings.filter((finding) => !finding.advisory);
    return counted.length ? this.mark(this.sorted(counted)[0]) : null;
  }

  /** Return the mark of a finding: for an undecided one the worse of its two sides. */
  mark(finding) {
    const { verdict, if_crossed: crossed } = finding;
    const decided = finding.decided || (crossed ?? verdict) === verdict; // the doubt may change nothing
    const worse = !decided && this.order.indexOf(crossed) < this.order.indexOf(verdict) ? crossed : verdict;
    return { verdict: worse, decided, conclusion: conclude(finding) };
  }

  /** Return things sorted by their findings: those that count, worst first, then the advisory ones. */
  sorted(things, findingOf = (thing) => thing) {
    const grade = (finding) =>
      (finding.advisory ? 1000 : 0) +
      100 * CONCLUSIONS.indexOf(conclude(finding)) +
      this.#rank(this.mark(finding).verdict);
    return things.sort((a, b) => grade(findingOf(a)) - grade(findingOf(b)));
  }

  /** A rule that is not in force says nothing about a site: for readers it comes last. */
  #rank(verdict) {
    return verdict === "not_in_force" ? this.order.length : this.order.indexOf(verdict);
  }
}

/** Return the catalogue's key of the letter on a mark. */
export function letterKey({ verdict, decided }) {
  return decided || OPEN.has(verdict) ? `letter.${verdict}` : "letter.undecided";
}

/** Return the catalogue's key of why a finding is or is not decided: data missing, within the doubt, or decided. */
export function certaintyKey({ verdict, decided }) {
  if (OPEN.has(verdict)) return "finding.open";
  return decided ? "finding.decided" : "finding.undecided";
}

/** Return how bad a mark is, 1 (passes) to 4 (fails). */
export function severity({ conclusion }) {
  return CONCLUSIONS.length - CONCLUSIONS.indexOf(conclusion);
}

function subjectKey(layer, id) {
  return `${layer}/${id}`;
}
