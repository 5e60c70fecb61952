import { Controller } from '@nestjs/common';
import { type SwitchGrantAnswer, SwitchGrants } from '../devices/switch-grants.js';
import { fieldsOf } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk } from '../http/ok.js';

/** "Switch sides": the user's own device lets the other side connect back. */
@Controller('api/switch-grant')
export class SwitchGrantController {
  constructor(private readonly grants: SwitchGrants) {}

  @PostOk()
  request(@JsonBody() body: unknown): Promise<SwitchGrantAnswer> {
    return this.grants.request(fieldsOf(body));
  }
}
