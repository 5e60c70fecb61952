import type { Provider } from '@nestjs/common';
import { GenuineDevices } from '../devices/genuine-devices.js';
import { provide } from '../http/provide.js';
import { ConnAuditStore } from '../store/conn-audit-store.js';
import { DeviceStore } from '../store/device-store.js';
import { EventAuditStore } from '../store/event-audit-store.js';
import { ConnNotes } from './conn-notes.js';
import { ConnPosts } from './conn-posts.js';
import { EventPosts } from './event-posts.js';

/** What happened. */
export const auditParts: Provider[] = [
  provide(ConnPosts, ConnAuditStore, GenuineDevices),
  provide(EventPosts, EventAuditStore, GenuineDevices),
  provide(ConnNotes, ConnAuditStore, DeviceStore),
];
