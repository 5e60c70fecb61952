import type { Presences } from '@waystation/state';
import { forgetOldest } from './forget-oldest.js';

/** Devices whose version is remembered; the one learned longest ago is forgotten first. */
const VERSIONS_LIMIT = 50_000;

/** A longer text is no version. */
const VERSION_LIMIT = 32;

/**
 * The client version of callees, as their answers tell it: RegisterPk carries none, and some fields
 * may only be sent to a callee that is known to understand them (protocol 4.5). Other replicas learn
 * it from the presence of the callee.
 */
export class KnownVersions {
  private readonly versions = new Map<string, string>();

  constructor(
    private readonly presences: Pick<Presences, 'noteVersion' | 'versionOf'>,
    private readonly failed: (error: unknown) => void,
    private readonly limit = VERSIONS_LIMIT,
  ) {}

  /** Empty when it is not known, or Redis would have to be asked and cannot. Never rejects. */
  async of(id: string): Promise<string> {
    const known = this.versions.get(id);
    if (known !== undefined) return known;
    try {
      return await this.presences.versionOf(id);
    } catch (error) {
      this.failed(error);
      return '';
    }
  }

  learn(id: string, version: string): void {
    if (id === '' || version === '' || version.length > VERSION_LIMIT) return;
    if (this.versions.get(id) !== version) {
      this.presences.noteVersion(id, version).catch(this.failed);
    }
    this.versions.delete(id);
    this.versions.set(id, version);
    forgetOldest(this.versions, this.limit);
  }
}
