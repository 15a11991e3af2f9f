/* A plant file that is being changed: every step makes a new file, so that each can be taken back. */

import { fromGaussKruger, gaussKruger } from "riskmap/geodesy.js";

const MOST_STEPS = 200;
const COPY_SHIFT_M = 20;

export class Draft {
  #past = [];

  /** `present` is the file that changes are compared with. */
  constructor(present) {
    this.present = present;
    this.file = present;
  }

  get isChanged() {
    return this.file !== this.present;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  /** Return all equipment as {unit, item}. */
  items() {
    return this.file.units.flatMap((unit) => unit.equipment.map((item) => ({ unit, item })));
  }

  find(id) {
    return this.items().find(({ item }) => item.id === id)?.item ?? null;
  }

  /** Return what an equipment was in the present layout, or null. */
  before(id) {
    return this.present.units.flatMap((unit) => unit.equipment).find((item) => item.id === id) ?? null;
  }

  /** Return the file with some fields of an equipment changed; nothing is kept. */
  changed(id, fields) {
    return this.#mapped(id, (item) => [without({ ...item, ...fields })]);
  }

  /** Keep a file as the next step. */
  keep(file) {
    this.#past.push(this.file);
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.file = file;
  }

  undo() {
    this.file = this.#past.pop() ?? this.file;
  }

  /** Return to the present layout; that, too, can be taken back. */
  reset() {
    this.keep(this.present);
  }

  /** Add a copy of an equipment beside it and return its id. */
  copy(id) {
    const taken = new Set(this.items().map(({ item }) => item.id));
    let number = 2;
    while (taken.has(`${id}-${number}`)) number += 1;
    const made = { id: `${id}-${number}` };
    this.keep(
      this.#mapped(id, (item) => {
        const position = shifted(item.position, COPY_SHIFT_M, 0);
        return [item, { ...item, ...made, name: `${item.name} ${number}`, position }];
      }),
    );
    return made.id;
  }

  /** Remove an equipment, and its unit with the last one; return whether something is left of the plant. */
  remove(id) {
    const file = this.#mapped(id, () => []);
    const units = file.units.filter((unit) => unit.equipment.length);
    if (!units.length) return false;
    this.keep({ ...file, units });
    return true;
  }

  /** The plant was stored: changes are compared with this from now on. */
  settle(file) {
    this.present = file;
    this.file = file;
    this.#past = [];
  }

  #mapped(id, change) {
    const units = this.file.units.map((unit) =>
      unit.equipment.some((item) => item.id === id)
        ? { ...unit, equipment: unit.equipment.flatMap((item) => (item.id === id ? change(item) : [item])) }
        : unit,
    );
    return { ...this.file, units };
  }
}

/** What is null is not stated. */
function without(item) {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null && value !== undefined));
}

/** Return a position moved by metres to the east and to the north. */
export function shifted([lon, lat], eastM, northM) {
  const { zone, easting, northing } = gaussKruger(lon, lat);
  const moved = fromGaussKruger(easting - zone * 1e6 + eastM, northing + northM, zone * 3);
  return rounded([moved.lon, moved.lat]);
}

/** Return a position to the centimetre. */
export function rounded([lon, lat]) {
  return [Number(lon.toFixed(7)), Number(lat.toFixed(7))];
}

/** Whether a position lies inside a plant's boundary. */
export function isInside({ plant: { boundary } }, [lon, lat]) {
  let inside = false;
  for (let i = 1; i < boundary.length; i += 1) {
    const [[x1, y1], [x2, y2]] = [boundary[i - 1], boundary[i]];
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
