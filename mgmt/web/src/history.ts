// History: what a counter did lately. Counters go in, rates per second come out.

export const kSeconds = 120;
// Events may come in a bunch: what lies closer together says nothing of a rate.
const kSecondsMin = 0.4;

export interface Point {
  time: number; // seconds
  rates: number[]; // one per counter
}

export class History {
  readonly points: Point[] = [];
  private last: {time: number; counters: number[]} | null = null;

  /** `counters` only grow; when one went back, its owner began anew and the sample is left out. */
  add(time: number, counters: number[]): void {
    const before = this.last;
    if (before !== null && time - before.time < kSecondsMin) return;
    this.last = {time, counters};
    if (before === null) return;
    if (counters.some((value, i) => value < before.counters[i])) return;
    const seconds = time - before.time;
    this.points.push({time, rates: counters.map((value, i) => (value - before.counters[i]) / seconds)});
    while (this.points.length > 0 && this.points[0].time < time - kSeconds) this.points.shift();
  }

  get latest(): number[] | null {
    return this.points.length > 0 ? this.points[this.points.length - 1].rates : null;
  }
}
