import { Controller, Get, NotFoundException, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ForOperators } from '../accounts/access.guard.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { SessionFiles } from '../sessions/session-files.js';
import { attemptView, sessionView } from '../sessions/views.js';
import { listShapes } from '../store/list-shapes.js';
import { Lists } from '../store/lists.js';
import { Describe } from './describe.js';
import { DescribeList } from './describe-list.js';
import { listWish } from './list-query.js';

/** Sessions, as servers saw them or devices report them. Times are in milliseconds since 1970. */
@Controller('api/v1/sessions')
@ApiTags('sessions')
@ForOperators('audits', 'r')
export class SessionsController {
  constructor(
    private readonly lists: Lists,
    private readonly files: SessionFiles,
  ) {}

  @Get()
  @Describe('List sessions, the newest first')
  @DescribeList(listShapes.sessions)
  async list(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    const wish = listWish(listShapes.sessions, query);
    const { total, data } = await this.lists.page('sessions', wish, page);
    return { total, data: data.map(sessionView) };
  }

  @Get(':guid')
  @Describe('Show a session with its attempt and what the device reports')
  async show(@Param('guid') guid: string): Promise<object> {
    const found = await this.files.session(guid);
    if (found === undefined) throw new NotFoundException('There is no such session');
    return found;
  }
}

/** Attempts of callers to reach devices, with the answer to "why did this fail?". */
@Controller('api/v1/attempts')
@ApiTags('sessions')
@ForOperators('audits', 'r')
export class AttemptsController {
  constructor(
    private readonly lists: Lists,
    private readonly files: SessionFiles,
  ) {}

  @Get()
  @Describe('List attempts, the newest first, each with what became of it and why')
  @DescribeList(listShapes.attempts)
  async list(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    const wish = listWish(listShapes.attempts, query);
    const { total, data } = await this.lists.page('attempts', wish, page);
    return { total, data: data.map(attemptView) };
  }

  @Get(':attempt')
  @Describe('Show an attempt by the id that its caller was shown, with its session')
  async show(@Param('attempt') attempt: string): Promise<object> {
    const found = await this.files.attempt(attempt);
    if (found === undefined) throw new NotFoundException('There is no such attempt');
    return found;
  }
}
