// Makes the pictures in docs/images: node screenshots.js
import {mkdirSync} from 'node:fs';
import {openBrowser} from './browser.js';
import {RunningDaemon} from './running_daemon.js';

const kFolder = '../../docs/images';

const daemon = await RunningDaemon.start();
const browser = await openBrowser();
const page = await browser.newPage({viewport: {width: 1120, height: 760}});
const picture = async (name) => page.screenshot({path: `${kFolder}/${name}.png`});

mkdirSync(kFolder, {recursive: true});
await daemon.load(0, '--workload', 'seqwrite', '--block-size', '1MiB', '--depth', '4', '--count', '256');
void daemon.load(0, '--workload', 'mixed', '--read-share', '99', '--depth', '1', '--seconds', '600');
void daemon.load(2, '--workload', 'randread', '--depth', '2', '--seconds', '600');
await page.goto(`${daemon.url}/`);
await page.waitForTimeout(25_000);
await daemon.call('POST', '/copies', {source: 'source', destination: 'copy', rate_limit: '6MiB', segment_size: '32MiB'});
await page.waitForTimeout(10_000);
await picture('web-overview');
await page.goto(`${daemon.url}/#/copies/1`);
await page.waitForTimeout(8_000);
await picture('web-copy');
await page.emulateMedia({colorScheme: 'dark'});
await page.waitForTimeout(1_000);
await page.setViewportSize({width: 390, height: 844});
await page.waitForTimeout(2_000);
await picture('web-phone');
await browser.close();
await daemon.stop();
