/**
 * The marks of lines: a circle, a square, a triangle or a diamond, filled. As a path on a canvas, and as the
 * small picture in the legend, so that lines can be told apart without colours.
 */

type Point = readonly [x: number, y: number];

/** Corners around (0, 0) with radius 1; empty: a circle. */
const SHAPES: readonly (readonly Point[])[] = [
  [],
  [
    [-0.85, -0.85],
    [0.85, -0.85],
    [0.85, 0.85],
    [-0.85, 0.85],
  ],
  [
    [0, -1.1],
    [1.1, 0.85],
    [-1.1, 0.85],
  ],
  [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ],
];

function drawShape(
  context: CanvasRenderingContext2D,
  line: number,
  x: number,
  y: number,
  radius: number,
): void {
  const corners = SHAPES[line % SHAPES.length]!;
  context.beginPath();
  if (corners.length === 0) context.arc(x, y, radius, 0, 2 * Math.PI);
  corners.forEach(([dx, dy], at) => {
    const [toX, toY] = [x + dx * radius, y + dy * radius];
    if (at === 0) context.moveTo(toX, toY);
    else context.lineTo(toX, toY);
  });
  context.closePath();
  context.fill();
}

interface Swatch {
  readonly color: string;
  /** Null: a line without marks. */
  readonly shape: number | null;
  readonly dash: string | null;
  /** Behind the line. */
  readonly band: string | null;
}

/** The picture beside a name in the legend and the tooltip. */
function swatchOf({ color, shape, dash, band }: Swatch): SVGSVGElement {
  const picture = svg('svg', {
    width: 26,
    height: 12,
    viewBox: '0 0 26 12',
    'aria-hidden': 'true',
  });
  if (band !== null) picture.append(svg('rect', { width: 26, height: 12, fill: band }));
  const stroke = {
    stroke: color,
    'stroke-width': 2,
    ...(dash !== null && { 'stroke-dasharray': dash }),
  };
  picture.append(svg('path', { d: 'M1 6H25', ...stroke }));
  const corners = shape === null ? null : SHAPES[shape % SHAPES.length]!;
  if (corners?.length === 0) picture.append(svg('circle', { cx: 13, cy: 6, r: 4, fill: color }));
  else if (corners !== null) {
    const points = corners.map(([x, y]) => `${13 + 4 * x},${6 + 4 * y}`).join(' ');
    picture.append(svg('polygon', { points, fill: color }));
  }
  return picture as SVGSVGElement;
}

function svg(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
