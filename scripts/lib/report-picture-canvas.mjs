/**
 * Runs in a page before its scripts: canvases whose 2D context draws nothing and writes SVG instead. It knows
 * what uPlot and the report use: paths of lines, circles and rectangles, texts, clips, and transforms.
 */
export function recordCanvases() {
  const realContext = HTMLCanvasElement.prototype.getContext;
  let clips = 0;

  class RecordedPath {
    constructor(from) {
      this.parts = from === undefined ? [] : [...from.parts];
    }
    moveTo(x, y) {
      this.parts.push(['M', x, y]);
    }
    lineTo(x, y) {
      this.parts.push([this.parts.length === 0 ? 'M' : 'L', x, y]);
    }
    rect(x, y, width, height) {
      this.parts.push(
        ['M', x, y],
        ['L', x + width, y],
        ['L', x + width, y + height],
        ['L', x, y + height],
        ['Z'],
      );
    }
    /** Only whole circles. */
    arc(x, y, radius) {
      this.parts.push(['O', x, y, radius]);
    }
    closePath() {
      this.parts.push(['Z']);
    }
  }
  window.Path2D = RecordedPath;

  const number = (value) => String(Number(value.toFixed(1)));

  /** Without points that a straight line passes anyway. */
  function straightened(points) {
    const kept = [];
    points.forEach((point, at) => {
      const [before, after] = [kept.at(-1), points[at + 1]];
      const isInner = point[0] === 'L' && after?.[0] === 'L' && before?.length >= 3;
      if (!isInner || !isOnWay(before, point, after)) kept.push(point);
    });
    return kept;
  }

  /** Within a twentieth of a pixel. */
  function isOnWay([, x0, y0], [, x, y], [, x1, y1]) {
    const [dx, dy, ex, ey] = [x1 - x0, y1 - y0, x - x0, y - y0];
    const isBetween = ex * dx + ey * dy >= 0 && ex * ex + ey * ey <= dx * dx + dy * dy;
    return isBetween && Math.abs(dx * ey - dy * ex) <= 0.05 * Math.hypot(dx, dy);
  }

  function dataOf(path, [a, b, c, d, e, f]) {
    const parts = path.parts.map(([kind, x, y, ...more]) =>
      x === undefined ? [kind] : [kind, a * x + c * y + e, b * x + d * y + f, ...more],
    );
    return straightened(parts)
      .map(([kind, x, y, radius]) => {
        if (kind === 'Z') return 'Z';
        if (kind !== 'O') return `${kind}${number(x)} ${number(y)}`;
        const [r, across] = [number(radius), number(2 * radius)];
        return `M${number(x - radius)} ${number(y)}a${r} ${r} 0 1 0 ${across} 0a${r} ${r} 0 1 0 -${across} 0`;
      })
      .join('');
  }

  const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

  class RecordingContext {
    constructor(canvas) {
      this.canvas = canvas;
      this.out = [];
      this.path = new RecordedPath();
      this.real = realContext.call(document.createElement('canvas'), '2d');
      this.saved = [];
      this.state = { matrix: [1, 0, 0, 1, 0, 0], clip: null, dash: [] };
      Object.assign(this, {
        strokeStyle: '#000',
        fillStyle: '#000',
        lineWidth: 1,
        font: '10px sans-serif',
        textAlign: 'start',
        textBaseline: 'alphabetic',
        globalAlpha: 1,
      });
    }
    save() {
      const {
        strokeStyle,
        fillStyle,
        lineWidth,
        font,
        textAlign,
        textBaseline,
        globalAlpha,
        state,
      } = this;
      this.saved.push({
        strokeStyle,
        fillStyle,
        lineWidth,
        font,
        textAlign,
        textBaseline,
        globalAlpha,
        state,
      });
    }
    restore() {
      Object.assign(this, this.saved.pop());
    }
    translate(x, y) {
      const [a, b, c, d, e, f] = this.state.matrix;
      this.state = { ...this.state, matrix: [a, b, c, d, a * x + c * y + e, b * x + d * y + f] };
    }
    rotate(angle) {
      const [a, b, c, d, e, f] = this.state.matrix;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const matrix = [
        a * cos + c * sin,
        b * cos + d * sin,
        c * cos - a * sin,
        d * cos - b * sin,
        e,
        f,
      ];
      this.state = { ...this.state, matrix };
    }
    setLineDash(dash) {
      this.state = { ...this.state, dash };
    }
    /** All is drawn anew after it. */
    clearRect() {
      this.out = [];
    }
    beginPath() {
      this.path = new RecordedPath();
    }
    clip(path = this.path) {
      const id = `c${clips++}`;
      this.out.push(
        `<clipPath id="${id}"><path d="${dataOf(path, this.state.matrix)}"/></clipPath>`,
      );
      this.state = { ...this.state, clip: id };
    }
    stroke(path = this.path) {
      const dash =
        this.state.dash.length === 0 ? '' : ` stroke-dasharray="${this.state.dash.join(' ')}"`;
      const width = number(this.lineWidth);
      this.draw(path, `fill="none" stroke="${this.strokeStyle}" stroke-width="${width}"${dash}`);
    }
    fill(path = this.path) {
      const [, rgb, alpha] = /^rgba\((.*), ?([\d.]+)\)$/.exec(this.fillStyle) ?? [];
      const color =
        rgb === undefined ? `"${this.fillStyle}"` : `"rgb(${rgb})" fill-opacity="${alpha}"`;
      this.draw(path, `fill=${color}`);
    }
    draw(path, looks) {
      const data = dataOf(path, this.state.matrix);
      const clip = this.state.clip === null ? '' : ` clip-path="url(#${this.state.clip})"`;
      if (data !== '') this.out.push(`<path d="${data}" ${looks}${clip}/>`);
    }
    measureText(text) {
      this.real.font = this.font;
      return this.real.measureText(text);
    }
    fillText(text, x, y) {
      const [a, b, c, d, e, f] = this.state.matrix;
      const size = Number.parseFloat(this.font);
      const drop = { top: 0.8, middle: 0.35 }[this.textBaseline] ?? 0;
      const anchor = { center: 'middle', right: 'end' }[this.textAlign] ?? 'start';
      const [toX, toY] = [a * x + c * y + e, b * x + d * y + f].map(number);
      const matrix = [...[a, b, c, d].map(number), toX, toY].join(' ');
      const below = number(drop * size);
      const place =
        b === 0
          ? `x="${toX}" y="${number(Number(toY) + drop * size)}"`
          : `transform="matrix(${matrix})" y="${below}"`;
      const looks = `font-size="${number(size)}" fill="${this.fillStyle}" text-anchor="${anchor}"`;
      this.out.push(`<text ${place} ${looks}>${escaped(String(text))}</text>`);
    }
  }
  for (const name of ['moveTo', 'lineTo', 'rect', 'arc', 'closePath']) {
    RecordingContext.prototype[name] = function (...values) {
      this.path[name](...values);
    };
  }

  HTMLCanvasElement.prototype.getContext = function () {
    this.recording ??= new RecordingContext(this);
    return this.recording;
  };
  HTMLCanvasElement.prototype.recorded = function () {
    return this.recording.out.join('\n');
  };
}
