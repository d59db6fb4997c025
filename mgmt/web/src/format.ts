// Figures as people read them. Powers of two for bytes, as everywhere in Tidemark.

const kUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function short(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function bytes(count: number): string {
  let unit = 0;
  while (count >= 1024 && unit + 1 < kUnits.length) {
    count /= 1024;
    ++unit;
  }
  return `${unit === 0 ? count.toFixed(0) : short(count)} ${kUnits[unit]}`;
}

/** As the daemon takes it: "64MiB". */
export function sizeText(count: number): string {
  let unit = 0;
  while (count > 0 && count % 1024 === 0 && unit < 4) {
    count /= 1024;
    ++unit;
  }
  return unit === 0 ? String(count) : `${count}${kUnits[unit]}`;
}

export const rate = (perSecond: number) => `${bytes(Math.max(0, perSecond))}/s`;

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US').replace(/,/g, '\u202f');
}

/** In the space of four digits. */
export function brief(value: number): string {
  if (value < 1000) return String(value);
  return value < 1e6 ? `${short(value / 1000)} k` : `${short(value / 1e6)} M`;
}

export function micros(us: number): string {
  if (us < 1000) return `${short(us)} µs`;
  if (us < 1e6) return `${short(us / 1000)} ms`;
  return `${short(us / 1e6)} s`;
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function percent(part: number, whole: number): string {
  if (whole <= 0) return '0 %';
  const value = (100 * part) / whole;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  // Not 100 before it is.
  const shown = part < whole ? Math.min(value, 99.9) : value;
  return `${shown >= 99.95 || shown === 0 ? shown.toFixed(0) : shown.toFixed(1)} %`;
}

export function clock(time: string | Date | null): string {
  if (time === null) return '–';
  const date = typeof time === 'string' ? new Date(time) : time;
  return date.toLocaleTimeString('en-GB');
}

export function moment(time: string | null): string {
  if (time === null) return '–';
  const date = new Date(time);
  const day = date.toLocaleDateString('en-CA');
  // Begin times are told to the millisecond: they are what a copy is about.
  return `${day} ${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export const plural = (n: number, one: string, many = one + 's') =>
  `${count(n)} ${n === 1 ? one : many}`;
