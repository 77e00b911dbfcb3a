/**
 * Cover art from a course's id: a small grid of circles, quarters, triangles and stripes in one of a few palettes.
 * The same id always gives the same picture, so a course keeps its face without any image file.
 */

const TILE = 40;
const SEAM = 0.3;
const PALETTES = [
  ["cobalt", "cream", "marigold", "vermilion"],
  ["cream", "cobalt", "vermilion", "ink"],
  ["marigold", "ink", "cream", "cobalt"],
  ["teal", "cream", "marigold", "ink"],
  ["rose", "vermilion", "ink", "cream"],
  ["sky", "cobalt", "cream", "vermilion"],
  ["ink", "cream", "teal", "marigold"],
  ["vermilion", "cream", "ink", "sky"],
];

/** `{ground, shapes}`: the ground's colour, and shapes as `{tag, colour, attributes}` for SVG elements. */
export function coverOf(seed, columns = 6, rows = 3) {
  const chance = chanceFrom(seed);
  const [ground, ...colours] = PALETTES[Math.floor(chance() * PALETTES.length)];
  const shapes = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const colour = colours[Math.floor(chance() * colours.length)];
      const other = colours[Math.floor(chance() * colours.length)];
      shapes.push(...tileOf(chance, column * TILE, row * TILE, colour, other));
    }
  }
  return { ground, shapes, width: columns * TILE, height: rows * TILE };
}

function tileOf(chance, x, y, colour, other) {
  const make = MOTIFS[Math.floor(chance() * MOTIFS.length)];
  return make(x, y, colour, other, Math.floor(chance() * 4));
}

const MOTIFS = [
  () => [],
  (x, y, colour, _other, turn) => [quarter(x, y, colour, turn)],
  (x, y, colour, other, turn) => [square(x, y, other), quarter(x, y, colour, turn)],
  (x, y, colour, _other, turn) => [quarter(x, y, colour, turn), quarter(x, y, colour, turn + 2)],
  (x, y, colour) => [disc(x, y, colour, 20)],
  (x, y, colour, other) => [disc(x, y, colour, 20), disc(x, y, other, 9)],
  (x, y, colour, _other, turn) => [triangle(x, y, colour, turn)],
  (x, y, colour) => [0, 1, 2].map((n) => bar(x, y + 4 + n * 13, colour)),
  (x, y, colour) => [square(x, y, colour)],
];

/* Flat shapes reach a little into the next tile, else the ground shines through the seam. */
function square(x, y, colour) {
  return { tag: "rect", colour, attributes: { x, y, width: TILE + SEAM, height: TILE + SEAM } };
}

function bar(x, y, colour) {
  return { tag: "rect", colour, attributes: { x, y, width: TILE + SEAM, height: 6 } };
}

function disc(x, y, colour, r) {
  return { tag: "circle", colour, attributes: { cx: x + TILE / 2, cy: y + TILE / 2, r } };
}

function quarter(x, y, colour, turn) {
  const paths = [
    `M${x} ${y}h40a40 40 0 0 1-40 40z`,
    `M${x + 40} ${y}v40a40 40 0 0 1-40-40z`,
    `M${x + 40} ${y + 40}h-40a40 40 0 0 1 40-40z`,
    `M${x} ${y + 40}v-40a40 40 0 0 1 40 40z`,
  ];
  return { tag: "path", colour, attributes: { d: paths[turn % 4] } };
}

function triangle(x, y, colour, turn) {
  const corners = [`${x} ${y}`, `${x + 40} ${y}`, `${x + 40} ${y + 40}`, `${x} ${y + 40}`];
  const [first, second, third] = [0, 1, 2].map((n) => corners[(turn + n) % 4]);
  return { tag: "path", colour, attributes: { d: `M${first}L${second}L${third}z` } };
}

/* A small seeded generator (FNV-1a into mulberry32): numbers from 0 to 1, always the same for one seed. */
function chanceFrom(seed) {
  let hash = 2166136261;
  for (const character of String(seed)) hash = Math.imul(hash ^ character.codePointAt(0), 16777619);
  return () => {
    hash = (hash + 0x6d2b79f5) | 0;
    let mixed = Math.imul(hash ^ (hash >>> 15), 1 | hash);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
