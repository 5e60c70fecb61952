import { BadRequestException, Controller } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForAdmins } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { fieldsOf, optionalText, textList } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';
import { Describe } from './describe.js';
import { RelayAdmin } from './relay-admin.js';

/** Sessions that run over a relay. */
@Controller('api/v1/relay-sessions')
@ApiTags('relays')
@ForAdmins()
export class RelaySessionsController {
  constructor(private readonly relays: RelayAdmin) {}

  @PostOk('close')
  @Describe(
    'End the relayed sessions that fit everything named: one device, two devices, an attempt, a user',
    {
      'uuid?': 'text',
      'attempt?': 'text',
      'devices?': 'texts',
      'user?': 'text',
    },
  )
  close(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    const [uuid, attempt] = [optionalText(fields, 'uuid'), optionalText(fields, 'attempt')];
    const user = optionalText(fields, 'user');
    const devices = textList(fields['devices'] ?? [], 2);
    const choice = {
      ...(uuid === undefined ? {} : { uuid }),
      ...(attempt === undefined ? {} : { attempt }),
      ...(devices.length === 0 ? {} : { devices }),
      ...(user === undefined ? {} : { user }),
    };
    if (Object.keys(choice).length === 0) {
      throw new BadRequestException('Name a uuid, an attempt, a user or one or two devices');
    }
    return this.relays.close(caller, choice);
  }
}
