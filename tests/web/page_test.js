// The page in a real browser against a real daemon, with a real copy while a host writes.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {openBrowser} from './browser.js';
import {RunningDaemon} from './running_daemon.js';

const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kPlaces = ['', 'volumes', 'copies', 'sessions', 'events'];

let daemon, browser, page;
const complaints = [];

before(async () => {
  daemon = await RunningDaemon.start();
  await daemon.load(0, '--workload', 'seqwrite', '--block-size', '1MiB', '--depth', '4', '--count', '256');
  void daemon.load(0, '--workload', 'mixed', '--read-share', '99', '--depth', '1', '--seconds', '600');
  browser = await openBrowser();
  page = await browser.newPage({viewport: {width: 1240, height: 900}});
  page.setDefaultTimeout(10_000);
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});

after(async () => {
  await browser?.close();
  await daemon?.stop();
});

const go = (place) => page.goto(`${daemon.url}/#/${place}`);
const badge = (state) => page.locator('.title .badge', {hasText: state}).waitFor();
const button = (name) => page.getByRole('button', {name, exact: true});
const copyState = async (id) => (await daemon.call('GET', `/copies/${id}`)).state;

/** How many pixels of the map have the colour of a state. */
const pixels = (state) =>
  page.evaluate((name) => {
    const ink = getComputedStyle(document.documentElement).getPropertyValue(`--map-${name}`).trim();
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(ink.slice(at, at + 2), 16));
    const canvas = document.querySelector('.map canvas');
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) ++count;
    return count;
  }, state);

async function until(what, holds) {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (await holds()) return;
    await page.waitForTimeout(100);
  }
  assert.fail(`within 30 s: ${what}`);
}

test('the overview shows the daemon and what hosts do', async () => {
  await go('');
  await page.getByText('127.0.0.1').first().waitFor();
  const commands = page.locator('.plot', {hasText: 'SCSI commands'}).locator('.plot-now b');
  await until('commands are counted', async () => /^[1-9]/.test(await commands.innerText()));
});

test('a mistake in the form is shown beside its field', async () => {
  await go('copies');
  await button('Start a copy…').click();
  await page.getByLabel('Rate limit per second').fill('fast');
  await button('Start').click();
  await page.locator('label.faulty', {hasText: 'Rate limit'}).locator('.refusal').waitFor();
  assert.deepEqual((await daemon.call('GET', '/copies')).copies, []);
});

test('a copy is started, and its map changes while the host writes', async () => {
  await page.getByLabel('Rate limit per second').fill('2MiB');
  await page.getByRole('textbox', {name: 'Segment'}).fill('32MiB');
  await button('Start').click();
  await page.waitForURL(/#\/copies\/1$/);
  await badge('copying');
  await until('something is copied', async () => (await pixels('copied')) > 200);
  await until('something is preserved', async () => (await pixels('preserved')) > 20);
  assert.ok((await pixels('owed')) > 1000);
  await until('the segment is framed', async () => (await pixels('frame')) > 100);
  const before = await pixels('copied');
  await until('more is copied', async () => (await pixels('copied')) > before + 500);
});

test('pause stops it, resume goes on', async () => {
  await button('Pause').click();
  await badge('paused');
  assert.equal(await copyState(1), 'paused');
  await button('Resume').click();
  await badge('copying');
  assert.equal(await copyState(1), 'copying');
});

test('its limits are changed while it runs', async () => {
  const limits = page.getByRole('region', {name: 'Limits'});
  await limits.getByLabel('Rate limit').fill('plenty');
  await button('Apply').click();
  await limits.locator('.refusal').waitFor();
  await limits.getByLabel('Rate limit').fill('3MiB');
  await limits.getByLabel('Impact').selectOption('low');
  await button('Apply').click();
  await limits.getByText('Applied.').waitFor();
  const {rate_limit, impact} = await daemon.call('GET', '/copies/1');
  assert.deepEqual([rate_limit, impact], [3 << 20, 'low']);
});

test('the map zooms to grains, by buttons, keys and dragging', async () => {
  const where = page.locator('.map-where');
  await where.getByText('256 MiB; a cell is').waitFor();
  await button('Segment').click();
  await where.getByText('32 MiB').waitFor();
  const map = page.getByRole('img', {name: /Snapshot map of copy 1/});
  await map.focus();
  for (let i = 0; i < 5; ++i) await page.keyboard.press('+');
  await where.getByText('a cell is 16 KiB, a grain 16 KiB').waitFor();
  await page.keyboard.press('Home');
  await where.getByText('256 MiB; a cell is').waitFor();
  const box = await map.boundingBox();
  await page.mouse.move(box.x + 30, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + 200, box.y + 45, {steps: 4});
  await page.mouse.up();
  await page.mouse.move(5, 5);
  await where.getByText(' from ').waitFor();
  await button('Whole').click();
  await where.getByText('256 MiB; a cell is').waitFor();
});

for (const scheme of ['light', 'dark'])
  test(`axe finds nothing serious, ${scheme}`, async () => {
    await page.emulateMedia({colorScheme: scheme});
    for (const place of [...kPlaces, 'copies/1']) {
      await go(place);
      await page.locator('main h1').waitFor({state: 'attached'});
      // Through the debugger, which the page's policy does not bind.
      await page.evaluate(kAxe);
      const found = await page.evaluate(() => axe.run(document, {resultTypes: ['violations']}));
      const serious = found.violations.filter(({impact}) => impact === 'serious' || impact === 'critical');
      assert.deepEqual(
        serious.map(({id, nodes}) => `${place}: ${id}: ${nodes.map((node) => node.html).join(' | ')}`),
        [],
      );
    }
  });

test('on a phone nothing is wider than the screen', async () => {
  await page.setViewportSize({width: 360, height: 740});
  for (const place of [...kPlaces, 'copies/1']) {
    await go(place);
    await page.locator('main h1').waitFor({state: 'attached'});
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, place);
  }
  await page.setViewportSize({width: 1240, height: 900});
});

test('cancel asks, then ends the copy', async () => {
  await go('copies/1');
  await button('Cancel…').click();
  await button('Keep copying').click();
  assert.equal(await copyState(1), 'copying');
  await button('Cancel…').click();
  await button('Cancel the copy').click();
  await badge('cancelled');
  assert.equal(await copyState(1), 'cancelled');
});

test('events tell of it', async () => {
  await go('events');
  await page.getByText('copy 1 of source is cancelled').waitFor();
});

test('nothing was written to the console, and no policy was broken', () => {
  // Refusals, which the browser notes: of the mistake in the form, and of the map of a copy that has
  // just ended.
  assert.deepEqual(complaints.filter((text) => !/status of (422|409)/.test(text)), []);
});

test('a daemon that asks for a token gets one, and the page goes on', async () => {
  const closed = await RunningDaemon.start({anonymous: 'none'});
  const other = await browser.newPage();
  other.setDefaultTimeout(10_000);
  try {
    await other.goto(closed.url);
    const field = other.getByLabel('Token');
    await field.fill('tidemark_wrong');
    await other.getByRole('button', {name: 'Log in'}).click();
    await other.getByText('the token is not known').waitFor();
    await field.fill(closed.token());
    await other.getByRole('button', {name: 'Log in'}).click();
    await other.getByText('127.0.0.1').first().waitFor();
    await other.goto(`${closed.url}/#/volumes`);
    await other.getByText('database').first().waitFor();
    // Events come with the token, too.
    await closed.load(0, '--count', '1');
    await other.goto(`${closed.url}/#/events`);
    await other.getByText('logged in to').first().waitFor();
  } finally {
    await other.close();
    await closed.stop();
  }
});
