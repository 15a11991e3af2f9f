/* Rectangles of words on the map in pixels, so that none covers another. */

/** Return the rectangle of a width and height around a point. */
export function boxAround({ x, y }, width, height) {
  return { west: x - width / 2, east: x + width / 2, north: y - height / 2, south: y + height / 2 };
}

/** Whether a rectangle has a part in common with any of others. */
export function meetsAny(box, others) {
  return others.some(
    (other) => box.west < other.east && other.west < box.east && box.north < other.south && other.north < box.south,
  );
}
