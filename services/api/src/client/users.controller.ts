import { Controller, ForbiddenException, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, ForUsersOrTokens } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { Panel } from '../devices/panel.js';
import { Describe } from '../admin/describe.js';
import { DescribeList } from '../admin/describe-list.js';
import { listWish } from '../admin/list-query.js';
import { UserAdmin } from '../admin/user-admin.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { listShapes } from '../store/list-shapes.js';

/** One path with two meanings: the panel of clients, and the list of operators. */
@Controller('api/users')
@ApiTags('users')
@ForUsersOrTokens('users', 'r')
export class UsersController {
  constructor(
    private readonly panel: Panel,
    private readonly users: UserAdmin,
  ) {}

  @Get()
  @Describe('List users; with the key `accessible` only those that the caller may see')
  @DescribeList(listShapes.users)
  list(
    @Caller() caller: SignedIn,
    @PageQuery() page: Page,
    @Query() query: Record<string, unknown>,
  ): Promise<Paged<object>> {
    if ('accessible' in query) return this.panel.users(caller.user, page);
    if (caller.user.is_admin !== 1) {
      throw new ForbiddenException('Only administrators may list all users');
    }
    return this.users.list(listWish(listShapes.users, query), page);
  }
}
