import { BadRequestException, Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ForOperators } from '../accounts/access.guard.js';
import { fieldsOf, optionalText } from '../http/fields.js';
import { parseJson } from '../http/json-body.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { type AuditFilter, AuditListStore } from '../store/audit-list-store.js';
import { Describe } from './describe.js';

type Query = Record<string, unknown>;

/** What happened, newest first. Times are in seconds since 1970, as scripts expect them. */
@Controller('api/audits')
@ApiTags('audits')
@ForOperators('audits', 'r')
export class AuditsController {
  constructor(private readonly audits: AuditListStore) {}

  @Get('conn')
  @Describe('List connections')
  async connections(@Query() query: Query, @PageQuery() page: Page): Promise<Paged<object>> {
    const { total, data } = await this.audits.list('audit_conns', filterOf(query), page);
    const rows = data.map(({ created_at, ended_at, session_id, seen_at: _, ...row }) => ({
      ...row,
      session_id,
      created_at: seconds(created_at),
      end_time: ended_at === null ? null : seconds(ended_at),
    }));
    return { total, data: rows };
  }

  @Get('file')
  @Describe('List transferred files')
  async files(@Query() query: Query, @PageQuery() page: Page): Promise<Paged<object>> {
    const { total, data } = await this.audits.list('audit_files', filterOf(query), page);
    const rows = data.map((row) => ({
      ...row,
      files: parseJson(row.files),
      created_at: seconds(row.created_at),
    }));
    return { total, data: rows };
  }

  @Get('alarm')
  @Describe('List alarms')
  async alarms(@Query() query: Query, @PageQuery() page: Page): Promise<Paged<object>> {
    const { total, data } = await this.audits.list('audit_alarms', filterOf(query), page);
    const rows = data.map(({ kind, info, created_at, ...row }) => ({
      ...row,
      typ: kind,
      info,
      created_at: seconds(created_at),
    }));
    return { total, data: rows };
  }

  @Get('console')
  @Describe('List what operators did')
  async console(@Query() query: Query, @PageQuery() page: Page): Promise<Paged<object>> {
    const { total, data } = await this.audits.list('audit_console', filterOf(query), page);
    const rows = data.map(({ subject_kind, operation, created_at, ...row }) => ({
      ...row,
      typ: subject_kind,
      iop: operation,
      created_at: seconds(created_at),
    }));
    return { total, data: rows };
  }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function filterOf(query: Query): AuditFilter {
  const fields = fieldsOf(query);
  const filter: { -readonly [K in keyof AuditFilter]: AuditFilter[K] } = {};
  for (const name of ['remote', 'device', 'operator'] as const) {
    const value = optionalText(fields, name);
    if (value !== undefined && value !== '') filter[name] = value;
  }
  const connType = optionalText(fields, 'conn_type') ?? '';
  if (/^\d{1,4}$/.test(connType)) filter.connType = Number(connType);
  const since = optionalText(fields, 'created_at') ?? '';
  if (since !== '') filter.since = moment(since);
  return filter;
}

/** `YYYY-MM-DD HH:MM:SS.000`, in UTC. */
function moment(text: string): number {
  const ms = Date.parse(`${text.trim().replace(' ', 'T')}Z`);
  if (Number.isNaN(ms)) throw new BadRequestException('created_at is YYYY-MM-DD HH:MM:SS in UTC');
  return ms;
}
