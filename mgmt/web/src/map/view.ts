// MapView: which part of the source the map shows, and how it is laid out in cells. Numbers only;
// painting is paint.ts.

import {Bucket} from '../api';

export interface Range {
  offset: number;
  length: number;
}

export interface Layout {
  columns: number;
  rows: number;
  step: number; // CSS pixels from cell to cell
  cell: number; // of which the cell takes this much
}

const kCell = 11;
const kGap = 2;
const kRowsMax = 18;
const kRowsMin = 8;
/** The port's limit. */
const kBucketsMax = 4096;

export function layout(width: number): Layout {
  const step = kCell + kGap;
  const columns = Math.max(8, Math.floor((width + kGap) / step));
  const rows = Math.max(kRowsMin, Math.min(kRowsMax, Math.floor(kBucketsMax / columns)));
  return {columns, rows, step, cell: kCell};
}

export const cells = ({columns, rows}: Layout) => columns * rows;

/** Keeps a range inside the source, on whole grains, and not smaller than some cells' worth. */
export function fit(range: Range, size: number, grain: number, atLeast: number): Range {
  const grains = Math.ceil(size / grain);
  const count = Math.min(grains, Math.max(atLeast, Math.ceil(range.length / grain)));
  const first = Math.max(0, Math.min(grains - count, Math.floor(range.offset / grain)));
  const end = Math.min(size, (first + count) * grain);
  return {offset: first * grain, length: end - first * grain};
}

export function zoomed(range: Range, factor: number): Range {
  const length = range.length * factor;
  return {offset: range.offset + (range.length - length) / 2, length};
}

export const panned = (range: Range, share: number): Range => ({
  offset: range.offset + range.length * share,
  length: range.length,
});

/** The cells [first, end) that a range of the source touches; empty when none. */
export function cellsOf(range: Range, buckets: Bucket[]): [number, number] {
  if (buckets.length === 0 || range.length === 0) return [0, 0];
  const from = buckets[0].offset;
  const step = buckets[0].length;
  const first = Math.max(0, Math.floor((range.offset - from) / step));
  const end = Math.min(buckets.length, Math.ceil((range.offset + range.length - from) / step));
  return first < end ? [first, end] : [0, 0];
}

export interface Totals {
  owed: number;
  copying: number;
  held: number;
  preserved: number;
  copied: number;
}

/** What is owed inside the active segment is being copied; what is in flight holds host writes. */
export function totals(buckets: Bucket[], active: Range | null): Totals {
  const sum: Totals = {owed: 0, copying: 0, held: 0, preserved: 0, copied: 0};
  for (const bucket of buckets) {
    const copying = active !== null && overlap(bucket, active) * 2 > bucket.length;
    sum[copying ? 'copying' : 'owed'] += bucket.owed;
    sum.held += bucket.in_flight;
    sum.preserved += bucket.preserved;
    sum.copied += bucket.copied;
  }
  return sum;
}

export function overlap(a: Range, b: Range): number {
  return Math.max(0, Math.min(a.offset + a.length, b.offset + b.length) - Math.max(a.offset, b.offset));
}
