// A list of names and values. What is long takes the width of two.

import {ComponentChildren} from 'preact';

export type Figure = [name: string, value: ComponentChildren, long?: 'long'];

export const Figures = ({of}: {of: Figure[]}) => (
  <dl class="figures">
    {of.map(([name, value, long]) => (
      <div key={name} class={long}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);
