// Volumes, the LUNs they are seen as, and what hosts do to them.

import {Volume} from '../api';
import {bytes, rate} from '../format';
import {useLive} from '../live';
import {Plot} from '../parts/plot';
import {kUnitBytes, kUnitCommands, perSecond} from '../parts/plots';
import {Figure, Figures} from '../parts/figures';

function VolumeCard({volume}: {volume: Volume}) {
  const {luns, ofVolume} = useLive();
  const seen = luns.filter((lun) => lun.volume === volume.name);
  const history = ofVolume.get(volume.name);
  const flags = [
    volume.read_only ? 'read-only' : '',
    volume.write_protected ? 'write-protected: a copy is being written to it' : '',
  ].filter((text) => text !== '');
  return (
    <article class="card" aria-label={`Volume ${volume.name}`}>
      <div class="card-head">
        <h2>{volume.name}</h2>
        {flags.map((text) => <span key={text} class="badge">{text}</span>)}
      </div>
      <Figures
        of={[
          ['size', bytes(volume.size)],
          ['blocks', bytes(volume.block_size)],
          ['kind', volume.kind],
          ['cache', volume.cache],
          ['location', <code>{volume.location}</code>, 'long'],
          ...seen.map((lun): Figure => [`LUN ${lun.lun} of`, lun.target, 'long']),
        ]}
      />
      {history !== undefined && (
        <div class="columns">
          <Plot title="Throughput" history={history} lines={kUnitBytes} format={rate} binary height={120} />
          <Plot title="Commands" history={history} lines={kUnitCommands} format={perSecond} height={120} />
        </div>
      )}
    </article>
  );
}

export function Volumes() {
  const {volumes} = useLive();
  return (
    <>
      <h1>Volumes</h1>
      {volumes.map((volume) => <VolumeCard key={volume.name} volume={volume} />)}
    </>
  );
}
