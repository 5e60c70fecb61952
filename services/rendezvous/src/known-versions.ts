/** Devices whose version is remembered; the one learned longest ago is forgotten first. */
const VERSIONS_LIMIT = 50_000;

/**
 * The client version of callees, as their answers tell it: RegisterPk carries none, and some fields
 * may only be sent to a callee that is known to understand them (protocol 4.5).
 */
export class KnownVersions {
  private readonly versions = new Map<string, string>();

  constructor(private readonly limit = VERSIONS_LIMIT) {}

  /** Empty when it is not known. */
  of(id: string): string {
    return this.versions.get(id) ?? '';
  }

  learn(id: string, version: string): void {
    if (id === '' || version === '' || version.length > 32) return;
    this.versions.delete(id);
    this.versions.set(id, version);
    if (this.versions.size <= this.limit) return;
    for (const oldest of this.versions.keys()) {
      this.versions.delete(oldest);
      return;
    }
  }
}
