import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiQuery, ApiTags } from '@nestjs/swagger';
import { ForOperators } from '../accounts/access.guard.js';
import { AccessCheck } from '../accounts/access-check.js';
import { fieldsOf, text } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { DeleteOk, PostOk, PutOk } from '../http/ok.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { Refusal } from '../http/refusal.js';
import { AccessRuleStore, accessRuleId, accessRulesShape } from '../store/access-rule-store.js';
import { NameStore } from '../store/name-store.js';
import { ruleOfFields, ruleOfId } from './access-rule-input.js';
import { Audited } from './audited.js';
import { Describe } from './describe.js';
import { DescribeList } from './describe-list.js';
import { listWish } from './list-query.js';

const NOT_FOUND = 404;
const CONFLICT = 409;
const RULE = { from_kind: 'text', from: 'text', to_kind: 'text', to: 'text' } as const;

/**
 * Who may reach what besides his own devices and those of his group. A rule only ever allows: what no
 * rule allows is denied, where rules are in force (ACCESS_RULES).
 */
@Controller('api/v1/access-rules')
@ApiTags('access rules')
@ForOperators('groups', 'rw')
export class AccessRulesController {
  constructor(
    private readonly rules: AccessRuleStore,
    private readonly names: NameStore,
    private readonly check: AccessCheck,
  ) {}

  @Get()
  @ForOperators('groups', 'r')
  @Describe('List access rules')
  @DescribeList(accessRulesShape)
  async list(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    const { total, data } = await this.rules.list(listWish(accessRulesShape, query), page);
    const rows = data.map(({ id, from_kind, from_name, to_kind, to_name }) => {
      return { guid: id, from_kind, from: from_name, to_kind, to: to_name };
    });
    return { total, data: rows };
  }

  @Get('explain')
  @ForOperators('groups', 'r')
  @Describe('Say whether a user, or a caller without a login, may reach a device, and why')
  @ApiQuery({ name: 'user', required: false, type: String })
  @ApiQuery({ name: 'device', required: true, type: String })
  explain(@Query() query: Record<string, unknown>): Promise<object> {
    return this.check.explain(text(query, 'user').trim(), text(query, 'device').trim());
  }

  @PostOk()
  @Audited('accessRule', 'addAccessRule')
  @Describe('Let a user or a user group reach a device group, or the devices of a user group', RULE)
  async add(@JsonBody() body: unknown): Promise<object> {
    const rule = await ruleOfFields(fieldsOf(body), this.names);
    if (await this.rules.add(rule)) return { guid: accessRuleId(rule) };
    throw new Refusal('There is this access rule', CONFLICT);
  }

  @PutOk(':guid')
  @Audited('accessRule', 'updateAccessRule')
  @Describe('Put another access rule in the place of this one', RULE)
  async replace(@Param('guid') guid: string, @JsonBody() body: unknown): Promise<object> {
    const [old, rule] = [ruleOfId(guid), await ruleOfFields(fieldsOf(body), this.names)];
    if (await this.rules.replace(old, rule)) return { guid: accessRuleId(rule) };
    throw new Refusal('There is no such access rule', NOT_FOUND);
  }

  @DeleteOk(':guid')
  @Audited('accessRule', 'deleteAccessRule')
  @Describe('Delete an access rule')
  async remove(@Param('guid') guid: string): Promise<void> {
    if (await this.rules.remove(ruleOfId(guid))) return;
    throw new Refusal('There is no such access rule', NOT_FOUND);
  }
}
