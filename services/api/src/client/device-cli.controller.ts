import { Controller } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Describe } from '../admin/describe.js';
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
@ApiTags('devices')
@ForTokens('devices', 'rw')
export class DeviceCliController {
  constructor(
    private readonly assignment: Assignment,
    private readonly deployment: Deployment,
  ) {}

  /** An empty answer prints `Done!`. */
  @PostOk('cli')
  @Describe('Assign a device, as `--assign` does', {
    id: 'text',
    uuid: 'text',
    'user_name?': 'text',
    'strategy_name?': 'text',
    'device_group_name?': 'text',
    'address_book_name?': 'text',
    'note?': 'text',
    'device_name?': 'text',
    'device_username?': 'text',
  })
  assign(@Caller() { user }: SignedIn, @JsonBody() body: unknown): Promise<void> {
    return this.assignment.apply(user, fieldsOf(body));
  }

  @PostOk('deploy')
  @Describe('Let a device in, as `--deploy` does', { id: 'text', uuid: 'text', pk: 'text' })
  async deploy(@JsonBody() body: unknown, @ClientAddress() address: string): Promise<object> {
    return { result: await this.deployment.deploy(fieldsOf(body), address) };
  }
}
