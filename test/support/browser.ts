/**
 * A Chromium without a window for tests of report.html, and the pixels of its screenshots. It is Debian's, so
 * that nothing is downloaded; it asks the network for nothing of its own.
 */
import assert from 'node:assert';
import { inflateSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
}

export type Color = readonly [red: number, green: number, blue: number];

export interface Picture {
  readonly width: number;
  readonly height: number;
  at(x: number, y: number): Color;
}

/** Of a PNG as browsers write it: 8 bits a channel, not interlaced. */
export function pictureOf(png: Buffer): Picture {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [depth, type, interlaced] = [png[24], png[25], png[28]];
  assert(depth === 8 && (type === 2 || type === 6) && interlaced === 0, 'a PNG of another kind');
  const bytes = type === 2 ? 3 : 4;
  const raw = inflateSync(Buffer.concat(dataOf(png)));
  const stride = width * bytes;
  const pixels = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x < bytes ? 0 : pixels[at - bytes]!;
      const up = y === 0 ? 0 : pixels[at - stride]!;
      const corner = x < bytes || y === 0 ? 0 : pixels[at - stride - bytes]!;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
      pixels[at] = raw[y * (stride + 1) + 1 + x]! + guess;
    }
  }
  return {
    width,
    height,
    at(x, y) {
      const at = y * stride + x * bytes;
      return [pixels[at]!, pixels[at + 1]!, pixels[at + 2]!];
    },
  };
}

/** The relative luminance of WCAG 2, 0 black to 1 white. */
export function luminanceOf(color: Color): number {
  const [red, green, blue] = color.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** The contrast ratio of WCAG 2, 1 to 21. */
export function contrastOf(a: Color, b: Color): number {
  const [low, high] = [luminanceOf(a), luminanceOf(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

/** The IDAT chunks. */
function dataOf(png: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') {
      chunks.push(png.subarray(at + 8, at + 8 + length));
    }
    at += length + 12;
  }
  return chunks;
}

/** PNG's filter 4: the neighbour that is closest to left + up − corner. */
function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
  return a! <= b! && a! <= c! ? left : b! <= c! ? up : corner;
}
