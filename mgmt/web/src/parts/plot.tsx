// A plot of rates over the last two minutes, by uPlot. It draws from a History in place: the page
// renders it again whenever figures come in.

import {useEffect, useRef} from 'preact/hooks';
import uPlot from 'uplot';
import {History, kSeconds} from '../history';
import {colour, useTheme} from '../theme';
import {useWidth} from './use_width';

export interface Line {
  of: number; // index in the history's rates
  text: string;
  colour: string; // of the style sheet
}

interface Props {
  title: string;
  history: History | undefined;
  lines: Line[];
  format: (value: number) => string;
  binary?: boolean; // counts bytes
  height?: number;
}

// Grid lines at powers of two for bytes, else at 1, 2 and 5 times powers of ten.
const kBinary = Array.from({length: 50}, (_, power) => 2 ** power);
const kDecimal = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].flatMap((power) => [power, 2 * power, 5 * power]);

function options({lines, format, binary = false, height = 150}: Props, width: number): uPlot.Options {
  const ink = colour('muted');
  const grid = {stroke: colour('line'), width: 1};
  const font = '11px system-ui, sans-serif';
  return {
    width,
    height,
    padding: [10, 24, 0, 0],
    legend: {show: false},
    cursor: {show: false},
    scales: {
      x: {time: true, range: (_self, _min, max) => [max - kSeconds, max]},
      y: {range: (_self, _min, max) => [0, Math.max(max * 1.15, binary ? 1024 : 1)]},
    },
    axes: [
      {stroke: ink, font, grid: {show: false}, ticks: {show: false}, size: 26, space: 90,
        values: (_self, ticks) => ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString('en-GB'))},
      {stroke: ink, font, grid, ticks: {show: false}, size: 74, space: 30,
        incrs: binary ? kBinary : kDecimal, values: (_self, ticks) => ticks.map(format)},
    ],
    series: [
      {},
      ...lines.map((line) => ({
        stroke: colour(line.colour),
        fill: colour(line.colour) + '1f',
        width: 1.75,
        points: {show: false},
      })),
    ],
  };
}

export function Plot(props: Props) {
  const {title, history, lines, format} = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const width = useWidth(box);
  const {turn} = useTheme();
  useEffect(() => {
    if (width === 0) return;
    plot.current = new uPlot(options(props, width), [[], ...lines.map(() => [])] as uPlot.AlignedData, box.current!);
    return () => plot.current?.destroy();
  }, [width, turn]);
  useEffect(() => {
    const points = history?.points ?? [];
    plot.current?.setData([
      points.map(({time}) => time),
      ...lines.map(({of}) => points.map(({rates}) => rates[of])),
    ] as uPlot.AlignedData);
  });
  const latest = history?.latest ?? null;
  return (
    <figure class="plot">
      <figcaption>
        <span class="plot-title">{title}</span>
        {lines.map((line) => (
          <span key={line.text} class="plot-now">
            <span class="swatch" style={{background: `var(--${line.colour})`}} aria-hidden="true" />
            {line.text} <b>{latest === null ? '–' : format(latest[line.of])}</b>
          </span>
        ))}
      </figcaption>
      <div ref={box} class="plot-box" aria-hidden="true" />
    </figure>
  );
}
