// Paints the snapshot map: a cell is a vessel that fills from the bottom with what is safe
// (copied, then preserved), with held writes on top. The active segment is framed.

import {Bucket} from '../api';
import {colour} from '../theme';
import {Layout, Range, cellsOf, overlap} from './view';

export interface Shares {
  copied: number;
  preserved: number;
  held: number;
}

export function sharesOf(bucket: Bucket): Shares {
  return {
    copied: bucket.copied / bucket.length,
    preserved: bucket.preserved / bucket.length,
    held: bucket.in_flight / bucket.length,
  };
}

/** Moves `shown` towards `wanted`, so that the map flows rather than jumps. True when it is there. */
export function approach(shown: Shares[], wanted: Shares[], share: number): boolean {
  let there = true;
  for (let i = 0; i < wanted.length; ++i) {
    for (const part of ['copied', 'preserved', 'held'] as const) {
      const gap = wanted[i][part] - shown[i][part];
      if (Math.abs(gap) < 0.004) shown[i][part] = wanted[i][part];
      else {
        shown[i][part] += gap * share;
        there = false;
      }
    }
  }
  return there;
}

export interface Scene {
  layout: Layout;
  buckets: Bucket[];
  shares: Shares[];
  active: Range | null;
  chosen: [number, number] | null; // cells under the pointer
}

export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const scale = devicePixelRatio || 1;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const colours = {
    owed: colour('map-owed'),
    copying: colour('map-copying'),
    copied: colour('map-copied'),
    preserved: colour('map-preserved'),
    held: colour('map-held'),
  };
  scene.buckets.forEach((bucket, i) => {
    const copying = scene.active !== null && overlap(bucket, scene.active) * 2 > bucket.length;
    paintCell(context, scene.layout, i, scene.shares[i], copying ? colours.copying : colours.owed, colours);
  });
  if (scene.active !== null) outline(context, scene.layout, cellsOf(scene.active, scene.buckets), colour('map-frame'));
  if (scene.chosen !== null) outline(context, scene.layout, scene.chosen, colour('ink'));
}

function paintCell(
  context: CanvasRenderingContext2D,
  {columns, step, cell}: Layout,
  i: number,
  shares: Shares,
  ground: string,
  colours: {copied: string; preserved: string; held: string},
): void {
  const x = (i % columns) * step + 1;
  const y = Math.floor(i / columns) * step + 1;
  context.save();
  context.beginPath();
  context.roundRect(x, y, cell, cell, 2.5);
  context.clip();
  context.fillStyle = ground;
  context.fillRect(x, y, cell, cell);
  let level = y + cell;
  for (const part of ['copied', 'preserved', 'held'] as const) {
    if (shares[part] <= 0) continue;
    // However little, what is preserved or held is seen.
    const height = part === 'copied' ? shares[part] * cell : Math.max(shares[part] * cell, 2);
    context.fillStyle = colours[part];
    context.fillRect(x, Math.max(y, level - height), cell, height);
    level = Math.max(y + 2, level - height);
  }
  context.restore();
}

// Around the cells [first, end), which may begin and end in the middle of rows.
function outline(context: CanvasRenderingContext2D, {columns, step}: Layout, [first, end]: [number, number], ink: string): void {
  if (first >= end) return;
  const top = Math.floor(first / columns);
  const bottom = Math.floor((end - 1) / columns);
  const left = first % columns;
  const right = ((end - 1) % columns) + 1;
  const points: [number, number][] =
    top === bottom
      ? [[left, top], [right, top], [right, top + 1], [left, top + 1]]
      : [
          [left, top], [columns, top], [columns, bottom], [right, bottom],
          [right, bottom + 1], [0, bottom + 1], [0, top + 1], [left, top + 1],
        ];
  context.beginPath();
  for (const [column, row] of points) context.lineTo(column * step, row * step);
  context.closePath();
  context.lineWidth = 2; // the whole gap between cells
  context.lineJoin = 'round';
  context.strokeStyle = ink;
  context.stroke();
}
