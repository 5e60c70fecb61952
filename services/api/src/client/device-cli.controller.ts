import { Controller } from '@nestjs/common';
import { Caller, ForTokens } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { Assignment } from '../devices/assignment.js';
import { Deployment } from '../devices/deployment.js';
import { ClientAddress } from '../http/client-address.js';
import { fieldsOf } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';

/** What a device's command line does with an API token. */
@Controller('api/devices')
@ForTokens('devices', 'rw')
export class DeviceCliController {
  constructor(
    private readonly assignment: Assignment,
    private readonly deployment: Deployment,
  ) {}

  /** An empty answer prints `Done!`. */
  @PostOk('cli')
  assign(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<void> {
    return this.assignment.apply(user, fieldsOf(body));
  }

  @PostOk('deploy')
  async deploy(@JsonBody() body: unknown, @ClientAddress() address: string): Promise<object> {
    return { result: await this.deployment.deploy(fieldsOf(body), address) };
  }
}
