import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CONFIG } from '@waystation/ops';
import { accountParts } from './accounts/account-parts.js';
import { adminParts } from './admin/admin-parts.js';
import { AccessRulesController } from './admin/access-rules.controller.js';
import { AddressBooksController } from './admin/address-books.controller.js';
import { AuditsController } from './admin/audits.controller.js';
import { ControlRolesController } from './admin/control-roles.controller.js';
import { DeviceAdminController } from './admin/device-admin.controller.js';
import { DeviceGroupsController, UserGroupsController } from './admin/group-admin.controller.js';
import { InviteController } from './admin/invite.controller.js';
import { MeController } from './admin/me.controller.js';
import { connectionParts } from './connections/connection-parts.js';
import { ExportController } from './exports/export.controller.js';
import { PendingDevicesController } from './admin/pending-devices.controller.js';
import { RecordingsController } from './admin/recordings.controller.js';
import { RelaysController } from './admin/relays.controller.js';
import { SignInController } from './admin/sign-in.controller.js';
import { SettingsController } from './admin/settings.controller.js';
import { ClientConfigController } from './client-config/client-config.controller.js';
import { RelaySessionsController } from './admin/relay-sessions.controller.js';
import { RelaySettingsController } from './admin/relay-settings.controller.js';
import { AttemptsController, SessionsController } from './admin/sessions.controller.js';
import { SharedBooksController } from './admin/shared-books.controller.js';
import { StrategiesController } from './admin/strategies.controller.js';
import { TokensController } from './admin/tokens.controller.js';
import { UserAdminController } from './admin/user-admin.controller.js';
import { auditParts } from './audit/audit-parts.js';
import { AvatarController } from './avatars/avatar.controller.js';
import { bookParts } from './books/book-parts.js';
import { AccessibleController } from './client/accessible.controller.js';
import { AddressBookChangesController } from './client/address-book-changes.controller.js';
import { AddressBookController } from './client/address-book.controller.js';
import { AuditController } from './client/audit.controller.js';
import { DeviceCliController } from './client/device-cli.controller.js';
import { DeviceController } from './client/device.controller.js';
import { InvitationsController } from './client/invitations.controller.js';
import { LegacyBookController } from './client/legacy-book.controller.js';
import { LoginOptionsController } from './client/login-options.controller.js';
import { LoginController } from './client/login.controller.js';
import { OidcController } from './client/oidc.controller.js';
import { RecordController } from './client/record.controller.js';
import { UsersController } from './client/users.controller.js';
import { SwitchGrantController } from './client/switch-grant.controller.js';
import { deviceParts } from './devices/device-parts.js';
import { HealthzController } from './http/healthz.controller.js';
import { HttpDrain } from './http/http-drain.js';
import { provide } from './http/provide.js';
import { recordParts } from './records/record-parts.js';
import { sessionParts } from './sessions/session-parts.js';
import { signInParts } from './sign-in/sign-in-parts.js';
import { storeParts } from './store/store-parts.js';

/** The parts list of the api. */
@Module({
  controllers: [
    HealthzController,
    LoginOptionsController,
    LoginController,
    OidcController,
    DeviceController,
    AddressBookController,
    AddressBookChangesController,
    LegacyBookController,
    AccessibleController,
    AuditController,
    DeviceCliController,
    UsersController,
    InviteController,
    InvitationsController,
    UserAdminController,
    UserGroupsController,
    DeviceGroupsController,
    DeviceAdminController,
    StrategiesController,
    AccessRulesController,
    ControlRolesController,
    AuditsController,
    SessionsController,
    AttemptsController,
    ExportController,
    RecordingsController,
    PendingDevicesController,
    RelaysController,
    SettingsController,
    SignInController,
    ClientConfigController,
    AddressBooksController,
    SharedBooksController,
    TokensController,
    MeController,
    AvatarController,
    RelaySettingsController,
    RelaySessionsController,
    SwitchGrantController,
    RecordController,
  ],
  providers: [
    provide(HttpDrain, HttpAdapterHost, CONFIG),
    ...storeParts,
    ...connectionParts,
    ...accountParts,
    ...signInParts,
    ...deviceParts,
    ...bookParts,
    ...auditParts,
    ...recordParts,
    ...sessionParts,
    ...adminParts,
  ],
})
export class ApiModule {}
