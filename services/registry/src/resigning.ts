import type { Identities, IdentityWriter, ServerKey } from '@waystation/state';
import type { Signer } from './signer.js';

/**
 * Signs every identity anew after the server key has changed; else clients would be handed
 * signatures of the old key and fall back to unencrypted sessions. A run that was cut short starts
 * again with the next leader. Returns the number of identities signed.
 */
export async function resignAll(
  identities: Identities,
  writer: IdentityWriter,
  serverKey: ServerKey,
  signer: Signer,
): Promise<number> {
  if ((await serverKey.signer()) === signer.name) return 0;
  let resigned = 0;
  for await (const batch of identities.all()) {
    const changes = batch.map(({ id, pk }) => writer.resign(id, pk, signer.signIdPk(id, pk)));
    resigned += (await Promise.all(changes)).filter(Boolean).length;
  }
  await serverKey.setSigner(signer.name);
  return resigned;
}
