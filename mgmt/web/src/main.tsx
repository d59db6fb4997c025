import {render} from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style/base.css';
import './style/parts.css';
import './style/map.css';
import {App} from './app';
import {live} from './live';

live.start();
render(<App />, document.getElementById('page')!);
