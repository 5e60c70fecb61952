import { Controller, Get, Header, Query } from '@nestjs/common';
import { Caller, ForUsers } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { ConnNotes } from '../audit/conn-notes.js';
import { ConnPosts } from '../audit/conn-posts.js';
import { EventPosts } from '../audit/event-posts.js';
import { fieldsOf, text, unsignedText } from '../http/fields.js';
import { JsonBody } from '../http/json-body.js';
import { PostOk, PutOk } from '../http/ok.js';

const MAX_NOTE_CHARS = 256;

/** What happened on devices. New clients send again what is not answered 200 with nothing in it. */
@Controller('api/audit')
export class AuditController {
  constructor(
    private readonly connections: ConnPosts,
    private readonly events: EventPosts,
    private readonly notes: ConnNotes,
  ) {}

  @PostOk('conn')
  connection(@JsonBody() body: unknown): Promise<void> {
    return this.connections.take(fieldsOf(body));
  }

  @PostOk('file')
  file(@JsonBody() body: unknown): Promise<void> {
    return this.events.takeFile(fieldsOf(body));
  }

  @PostOk('alarm')
  alarm(@JsonBody() body: unknown): Promise<void> {
    return this.events.takeAlarm(fieldsOf(body));
  }

  /** Returns JSON text itself, because a plain text would be sent without its quotes. */
  @Get('conn/active')
  @ForUsers()
  @Header('content-type', 'application/json; charset=utf-8')
  async active(
    @Caller() caller: SignedIn,
    @Query() query: Record<string, unknown>,
  ): Promise<string> {
    const session = unsignedText(query['session_id']);
    const type = Number(query['conn_type'] ?? NaN);
    const connType = Number.isInteger(type) ? type : undefined;
    if (session === undefined || session === '0') return 'null';
    const guid = await this.notes.find(caller, text(query, 'id'), session, connType);
    return JSON.stringify(guid);
  }

  @PutOk()
  @ForUsers()
  note(@Caller() caller: SignedIn, @JsonBody() body: unknown): Promise<void> {
    const fields = fieldsOf(body);
    return this.notes.write(caller, text(fields, 'guid'), text(fields, 'note', MAX_NOTE_CHARS));
  }
}
