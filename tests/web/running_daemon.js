// A tidemarkd of one's own, on ports that the system chose, with three volumes; and a host that
// writes to the first.
import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

const kPrograms = resolve(process.env.TIDEMARK_BIN ?? '../../build/bin');
const kTarget = 'iqn.2026-11.dev.tidemark:main';

const configuration = (state, management) => ({
  portals: ['127.0.0.1:0'],
  management: {listen: '127.0.0.1:0', ...management},
  state_dir: state,
  volumes: [
    {name: 'source', location: 'file:source.img', size: '256MiB'},
    {name: 'copy', location: 'file:copy.img', size: '256MiB'},
    {name: 'database', location: 'file:database.img', size: '64MiB'},
  ],
  targets: [
    {
      name: kTarget,
      access: [{initiator: '*'}],
      luns: [
        {lun: 0, volume: 'source'},
        {lun: 1, volume: 'copy'},
        {lun: 2, volume: 'database'},
      ],
    },
  ],
});

const over = (child) => new Promise((done) => child.once('exit', done));

export class RunningDaemon {
  static async start(management = {}) {
    const daemon = new RunningDaemon();
    daemon.folder = mkdtempSync(join(tmpdir(), 'tidemark-web-'));
    const file = join(daemon.folder, 'tidemark.json');
    writeFileSync(file, JSON.stringify(configuration(join(daemon.folder, 'state'), management)));
    daemon.child = spawn(join(kPrograms, 'tidemarkd'), ['--config', file]);
    daemon.children = [];
    [daemon.portal, daemon.url] = await daemon.addresses();
    return daemon;
  }

  /** The first token, an administrator's. */
  token() {
    return readFileSync(join(this.folder, 'state', 'admin.token'), 'utf8').trim();
  }

  /** From its log: where it listens. */
  addresses() {
    return new Promise((found, failed) => {
      let log = '';
      const read = (data) => {
        log += data;
        const portal = log.match(/portal at (\S+)/);
        const url = log.match(/management at (\S+)/);
        if (portal && url) found([portal[1], url[1]]);
      };
      this.child.stdout.on('data', read);
      this.child.stderr.on('data', read);
      this.child.once('exit', () => failed(new Error(`tidemarkd ended:\n${log}`)));
    });
  }

  /** Runs `tidemark bench` against a LUN; resolves when it has ended. */
  load(lun, ...options) {
    const child = spawn(join(kPrograms, 'tidemark'), ['bench', ...options, `iscsi://${this.portal}/${kTarget}/${lun}`]);
    this.children.push(child);
    return over(child);
  }

  async call(method, path, body) {
    const response = await fetch(`${this.url}/api/v1${path}`, {method, body: body && JSON.stringify(body)});
    return response.json();
  }

  async stop() {
    for (const child of this.children) child.kill();
    const ended = over(this.child);
    this.child.kill();
    await ended;
    rmSync(this.folder, {recursive: true});
  }
}
