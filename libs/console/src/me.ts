/** The own account, as the server shows it. */
export interface Me {
  readonly name: string;
  readonly email: string;
  readonly is_admin: boolean;
  readonly tfa: boolean;
  readonly tfa_required: boolean;
  readonly has_password: boolean;
  readonly password_change_advised: boolean;
  readonly info: { readonly email_verification: boolean };
}
