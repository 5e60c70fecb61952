import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ForOperators } from '../accounts/access.guard.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { type ListName, listShapes } from '../store/list-shapes.js';
import { type Listed, Lists } from '../store/lists.js';
import { alarmView, connView, consoleView, fileView } from './audit-views.js';
import { Describe } from './describe.js';
import { DescribeList } from './describe-list.js';
import { listWish } from './list-query.js';

/** What happened, newest first. Times are in seconds since 1970, as scripts expect them. */
@Controller('api/audits')
@ApiTags('audits')
@ForOperators('audits', 'r')
export class AuditsController {
  constructor(private readonly lists: Lists) {}

  @Get('conn')
  @Describe('List connections')
  @DescribeList(listShapes.audit_conns)
  connections(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.#list('audit_conns', query, page, connView);
  }

  @Get('file')
  @Describe('List transferred files')
  @DescribeList(listShapes.audit_files)
  files(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.#list('audit_files', query, page, fileView);
  }

  @Get('alarm')
  @Describe('List alarms')
  @DescribeList(listShapes.audit_alarms)
  alarms(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.#list('audit_alarms', query, page, alarmView);
  }

  @Get('console')
  @Describe('List what operators did')
  @DescribeList(listShapes.audit_console)
  console(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    return this.#list('audit_console', query, page, consoleView);
  }

  async #list<N extends ListName>(
    name: N,
    query: unknown,
    page: Page,
    view: (row: Listed[N]) => object,
  ): Promise<Paged<object>> {
    const { total, data } = await this.lists.page(name, listWish(listShapes[name], query), page);
    return { total, data: data.map(view) };
  }
}
