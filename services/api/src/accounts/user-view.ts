import type { UserTable } from '../store/account-tables.js';

/** A user as clients parse it; every field has exactly this type in every answer. */
export interface UserView {
  readonly name: string;
  readonly display_name: string;
  readonly avatar: string;
  readonly email: string;
  readonly note: string;
  readonly status: number;
  readonly is_admin: boolean;
  /** Always there: clients that signed in elsewhere (OIDC) refuse an answer without it. */
  readonly info: Readonly<Record<string, unknown>>;
}

/** The user as he sees himself. */
export function ownView(user: UserTable): UserView {
  return {
    name: user.name,
    display_name: user.display_name,
    avatar: user.avatar,
    email: user.email,
    note: user.note,
    status: user.status,
    is_admin: user.is_admin === 1,
    info: {
      email_verification: user.mail_code === 1,
      email_alarm_notification: false,
      login_device_whitelist: [],
      other: {},
    },
  };
}

/** The user as others see him: nothing that is between him and the operators. */
export function publicView(user: UserTable): UserView {
  return { ...ownView(user), email: '', note: '', info: {} };
}
