// Runs before Redis starts: makes the passwords that are not there yet. The volume of these files is
// mounted by the stack's own containers only.
import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '/secrets';

/** Redis runs as another user than the services, so its own files are readable by all of the volume. */
function write(name, text) {
  const path = join(folder, name);
  writeFileSync(`${path}.part`, text, { mode: 0o644 });
  renameSync(`${path}.part`, path);
}

if (!existsSync(join(folder, 'redis-url'))) {
  const password = randomBytes(32).toString('hex');
  write('redis-password', password);
  write('redis.conf', `requirepass ${password}\nappendonly yes\nappendfsync everysec\ndir /data\n`);
  // last: its presence says that the others are whole
  write('redis-url', `redis://:${password}@redis:6379`);
  process.stdout.write('made a Redis password\n');
}

// for deploy/compose.postgres.yml; installations from before it get theirs at their next start
if (!existsSync(join(folder, 'database-url'))) {
  const password = randomBytes(32).toString('hex');
  write('postgres-password', password);
  write('database-url', `postgres://waystation:${password}@postgres:5432/waystation`);
}
