import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Lab, type LabHost } from '@waystation/testkit';
import { Inside } from './nat/inside.js';

const RELAYS = 3;
const LANES = 50;
const PROGRAM = fileURLToPath(new URL('rolling/program.js', import.meta.url));
/** In a namespace alone a test may hand waiting connections of a closed port on to the others. */
const obstacle = await Lab.obstacle();

describe(
  'relays behind one port are restarted one after the other',
  { skip: obstacle ?? false },
  () => {
    let lab: Lab;
    let host: LabHost;
    let program: Inside | undefined;

    before(async () => {
      lab = await Lab.create();
      host = await lab.host('rolling');
      // As docker-compose.yml has it: connections that nobody has accepted yet go to the replicas that stay.
      await lab.tune(host, 'net.ipv4.tcp_migrate_req=1');
    });
    after(async () => {
      await program?.stop();
      await lab.close();
    });

    test('under 50 live transfers no byte is lost, no session cut and no new one refused', async (t) => {
      program = new Inside(lab.start(host, process.execPath, [PROGRAM]));
      const seen = await program.ask({ relays: RELAYS, lanes: LANES }, 400_000);
      t.diagnostic(JSON.stringify(seen));
      assert.deepEqual(seen['failures'], []);
      assert.deepEqual(seen['exitCodes'], Array(RELAYS).fill(0));
      assert.equal(seen['cut'], 0);
      const live = seen['livePerRestart'] as number[];
      assert.equal(live.length, RELAYS);
      assert.ok(live.every((count) => count > 0.8 * LANES));
      const [long = 0, short = 0] = seen['whole'] as number[];
      assert.ok(long >= LANES * RELAYS && short > 50, 'too few sessions to show anything');
    });
  },
);
