// A copy's state as a word in its colour.

import {CopyState} from '../api';

export const StateBadge = ({state}: {state: CopyState}) => <span class={`badge state-${state}`}>{state}</span>;
