/* Names of equipment on the map, where they cover neither each other nor a symbol. */

import { boxAround, meetsAny } from "riskmap/park/boxes.js";

/** Names of stored features stand below their places, so that above is tried first. */
const SIDES = { above: [0, -1], below: [0, 1], right: [1, 0], left: [-1, 0] };
const SYMBOL_PX = 26;
const GAP_PX = 2;

/** Give each name a free side of its symbol; one that has none is shown only while it is pointed at or selected. */
export function arrangeNames(map, markers) {
  const places = markers.flatMap((marker) => {
    const name = marker.getElement()?.querySelector("i");
    return name ? [{ name, at: map.latLngToContainerPoint(marker.getLatLng()) }] : [];
  });
  const taken = places.map(({ at }) => boxAround(at, SYMBOL_PX, SYMBOL_PX));
  for (const { name, at } of places) {
    const free = Object.keys(SIDES).find((side) => !meetsAny(beside(at, name, side), taken));
    name.dataset.side = free ?? "none";
    if (free) taken.push(beside(at, name, free));
  }
}

function beside({ x, y }, { offsetWidth: width, offsetHeight: height }, side) {
  const [right, down] = SIDES[side];
  const middle = {
    x: x + right * (SYMBOL_PX / 2 + GAP_PX + width / 2),
    y: y + down * (SYMBOL_PX / 2 + GAP_PX + height / 2),
  };
  return boxAround(middle, width, height);
}
