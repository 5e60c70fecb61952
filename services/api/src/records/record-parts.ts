import type { Provider } from '@nestjs/common';
import { CONFIG, LOG, Metrics } from '@waystation/ops';
import { provide } from '../http/provide.js';
import { DeviceStore } from '../store/device-store.js';
import { RecordingFiles } from './recording-files.js';
import { RecordingRoom } from './recording-room.js';
import { Recordings } from './recordings.js';

/** What devices recorded. */
export const recordParts: Provider[] = [
  provide(RecordingFiles, CONFIG),
  provide(RecordingRoom, RecordingFiles, CONFIG, LOG, Metrics),
  provide(Recordings, DeviceStore, RecordingFiles, RecordingRoom, CONFIG, LOG),
];
