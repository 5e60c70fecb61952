import { Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CONFIG } from '@waystation/ops';
import { accountParts } from './accounts/account-parts.js';
import { auditParts } from './audit/audit-parts.js';
import { bookParts } from './books/book-parts.js';
import { AccessibleController } from './client/accessible.controller.js';
import { AddressBookChangesController } from './client/address-book-changes.controller.js';
import { AddressBookController } from './client/address-book.controller.js';
import { AuditController } from './client/audit.controller.js';
import { DeviceCliController } from './client/device-cli.controller.js';
import { DeviceController } from './client/device.controller.js';
import { LegacyBookController } from './client/legacy-book.controller.js';
import { LoginOptionsController } from './client/login-options.controller.js';
import { LoginController } from './client/login.controller.js';
import { RecordController } from './client/record.controller.js';
import { SwitchGrantController } from './client/switch-grant.controller.js';
import { deviceParts } from './devices/device-parts.js';
import { HealthzController } from './http/healthz.controller.js';
import { HttpDrain } from './http/http-drain.js';
import { provide } from './http/provide.js';
import { storeParts } from './store/store-parts.js';

/** The parts list of the api. */
@Module({
  controllers: [
    HealthzController,
    LoginOptionsController,
    LoginController,
    DeviceController,
    AddressBookController,
    AddressBookChangesController,
    LegacyBookController,
    AccessibleController,
    AuditController,
    DeviceCliController,
    SwitchGrantController,
    RecordController,
  ],
  providers: [
    provide(HttpDrain, HttpAdapterHost, CONFIG),
    ...storeParts,
    ...accountParts,
    ...deviceParts,
    ...bookParts,
    ...auditParts,
  ],
})
export class ApiModule {}
