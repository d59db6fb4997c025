// Events, newest first.

import {EventLine} from '../live';
import {clock} from '../format';

export const EventList = ({lines}: {lines: EventLine[]}) => (
  <ol class="events">
    {lines.map((line) => (
      <li key={line.key} class={line.kind}>
        <time dateTime={line.time}>{clock(line.time)}</time>
        {line.copy === undefined ? <span>{line.text}</span> : <a href={`#/copies/${line.copy}`}>{line.text}</a>}
      </li>
    ))}
  </ol>
);
