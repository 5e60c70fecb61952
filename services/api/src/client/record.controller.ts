import type { IncomingMessage } from 'node:http';
import { Controller, Query, Req } from '@nestjs/common';
import { ClientAddress } from '../http/client-address.js';
import { text } from '../http/fields.js';
import { PostOk } from '../http/ok.js';
import { Recordings } from '../records/recordings.js';

/** Upload of recordings: raw bytes without a content type. */
@Controller('api/record')
export class RecordController {
  constructor(private readonly recordings: Recordings) {}

  @PostOk()
  upload(
    @Req() request: IncomingMessage,
    @Query() query: Record<string, unknown>,
    @ClientAddress() address: string,
  ): Promise<void> {
    const [type, file, offset] = [text(query, 'type'), text(query, 'file'), text(query, 'offset')];
    return this.recordings.take({ type, file, offset, address }, request);
  }
}
