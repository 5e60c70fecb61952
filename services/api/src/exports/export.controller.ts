import type { ServerResponse } from 'node:http';
import { BadRequestException, Controller, Get, Query, Res } from '@nestjs/common';
import { ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Caller, ForOperators } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { ConsoleAudit } from '../admin/console-audit.js';
import { Describe } from '../admin/describe.js';
import { DescribeList } from '../admin/describe-list.js';
import { listWish } from '../admin/list-query.js';
import { fieldsOf, text } from '../http/fields.js';
import { type ListName, listShapes } from '../store/list-shapes.js';
import { Lists } from '../store/lists.js';
import { exportColumns } from './export-columns.js';
import { FORMATS, type Format, writeRows } from './export-text.js';

/** Whole lists as files, `?format=csv` or `?format=jsonl`, with the filters of the list. */
@Controller('api/v1/export')
@ApiTags('exports')
@ForOperators('audits', 'r')
export class ExportController {
  constructor(
    private readonly lists: Lists,
    private readonly audit: ConsoleAudit,
  ) {}

  @Get('devices')
  @ForOperators('devices', 'r')
  @DescribeExport('devices')
  devices(@Query() query: unknown, @Caller() caller: SignedIn, @Res() response: ServerResponse) {
    return this.#send('devices', query, caller, response);
  }

  @Get('users')
  @ForOperators('users', 'r')
  @DescribeExport('users')
  users(@Query() query: unknown, @Caller() caller: SignedIn, @Res() response: ServerResponse) {
    return this.#send('users', query, caller, response);
  }

  @Get('sessions')
  @DescribeExport('sessions')
  sessions(@Query() query: unknown, @Caller() caller: SignedIn, @Res() response: ServerResponse) {
    return this.#send('sessions', query, caller, response);
  }

  @Get('attempts')
  @DescribeExport('attempts')
  attempts(@Query() query: unknown, @Caller() caller: SignedIn, @Res() response: ServerResponse) {
    return this.#send('attempts', query, caller, response);
  }

  @Get('audit-conn')
  @DescribeExport('audit_conns')
  conns(@Query() query: unknown, @Caller() caller: SignedIn, @Res() response: ServerResponse) {
    return this.#send('audit_conns', query, caller, response);
  }

  @Get('audit-file')
  @DescribeExport('audit_files')
  files(@Query() query: unknown, @Caller() caller: SignedIn, @Res() response: ServerResponse) {
    return this.#send('audit_files', query, caller, response);
  }

  @Get('audit-alarm')
  @DescribeExport('audit_alarms')
  alarms(@Query() query: unknown, @Caller() caller: SignedIn, @Res() response: ServerResponse) {
    return this.#send('audit_alarms', query, caller, response);
  }

  @Get('audit-console')
  @DescribeExport('audit_console')
  console(@Query() query: unknown, @Caller() caller: SignedIn, @Res() response: ServerResponse) {
    return this.#send('audit_console', query, caller, response);
  }

  async #send<N extends ListName>(
    name: N,
    query: unknown,
    caller: SignedIn,
    response: ServerResponse,
  ): Promise<void> {
    const format = formatOf(query);
    const rows = this.lists.all(name, listWish(listShapes[name], query));
    await this.audit.note(caller, 'list', 'exportList', name);
    const file = `${name.replace('_', '-')}-${new Date().toISOString().slice(0, 10)}.${format}`;
    response.writeHead(200, {
      'content-type': FORMATS[format],
      'content-disposition': `attachment; filename="${file}"`,
      'cache-control': 'no-store',
    });
    await writeRows(rows, exportColumns[name], format, response);
  }
}

function formatOf(query: unknown): Format {
  const format = text(fieldsOf(query), 'format');
  if (format === '' || format === 'csv') return 'csv';
  if (format === 'jsonl') return 'jsonl';
  throw new BadRequestException('format is csv or jsonl');
}

function DescribeExport(name: ListName): MethodDecorator {
  const decorators = [
    Describe(`Export ${name.replace('_', ' ')} as a file`),
    DescribeList(listShapes[name], true),
    ApiQuery({ name: 'format', required: false, enum: Object.keys(FORMATS) }),
    ApiProduces('text/csv', 'application/x-ndjson'),
  ];
  return (...place) => {
    for (const decorate of decorators) decorate(...place);
  };
}
