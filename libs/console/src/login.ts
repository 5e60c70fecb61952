import { call } from './api.js';

/** What the server says to a step of signing in. */
export interface LoginAnswer {
  readonly type: string;
  readonly access_token?: string;
  readonly tfa_type?: string;
  readonly secret?: string;
  readonly user: { readonly name: string; readonly email?: string };
  /** An authenticator app has to be set up first. */
  readonly totp?: TotpOffer;
  /** Of an authenticator app that was just set up. */
  readonly recovery_codes?: readonly string[];
}

/** What an authenticator app is set up with. */
export interface TotpOffer {
  readonly secret: string;
  readonly uri: string;
  readonly qr: string;
  readonly proof: string;
}

/** The console is no device that could be remembered. */
export const NO_DEVICE = {
  id: '',
  uuid: '',
  deviceInfo: { os: 'browser', type: 'browser', name: '' },
};

/** One step of signing in; this side can show how an authenticator app is set up. */
export function login(step: object): Promise<LoginAnswer> {
  return call<LoginAnswer>('POST', 'api/login', { ...NO_DEVICE, enrol: true, ...step });
}

/** Where this console is at home, with a slash at its end. */
export function home(): string {
  return new URL('.', location.href).href;
}
