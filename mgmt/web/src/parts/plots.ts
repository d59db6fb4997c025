// The lines that several pages plot.

import {count} from '../format';
import {Line} from './plot';

/** Of sessions: commands, bytes read, bytes written. */
export const kCommands: Line[] = [{of: 0, text: 'commands', colour: 'line-commands'}];
export const kBytes: Line[] = [
  {of: 1, text: 'read', colour: 'line-read'},
  {of: 2, text: 'written', colour: 'line-write'},
];
/** Of volumes: reads, writes, bytes read, bytes written. */
export const kUnitCommands: Line[] = [
  {of: 0, text: 'reads', colour: 'line-read'},
  {of: 1, text: 'writes', colour: 'line-write'},
];
export const kUnitBytes: Line[] = [
  {of: 2, text: 'read', colour: 'line-read'},
  {of: 3, text: 'written', colour: 'line-write'},
];
/** Of copies: bytes done, bytes preserved. */
export const kCopyBytes: Line[] = [
  {of: 0, text: 'copied', colour: 'map-copied'},
  {of: 1, text: 'preserved', colour: 'map-preserved'},
];

export const perSecond = (value: number) => `${count(value)}/s`;
