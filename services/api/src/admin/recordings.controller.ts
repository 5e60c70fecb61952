import type { ServerResponse } from 'node:http';
import { basename, dirname } from 'node:path';
import {
  Controller,
  Get,
  HttpException,
  NotFoundException,
  Param,
  Query,
  Res,
} from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Caller, ForOperators } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { DeleteOk } from '../http/ok.js';
import { type Page, PageQuery, type Paged } from '../http/page.js';
import { type Recording, RecordingFiles } from '../records/recording-files.js';
import { recordingPage, recordingShape } from '../records/recording-list.js';
import { RecordingRoom } from '../records/recording-room.js';
import { ConsoleAudit } from './console-audit.js';
import { Describe } from './describe.js';
import { DescribeList } from './describe-list.js';
import { listWish } from './list-query.js';
import { RecordingFetches } from './recording-fetches.js';

/** Express sends files with ranges, conditions and all; the types of its answers are not ours. */
type FileResponse = ServerResponse & {
  sendFile(file: string, options: object, done: (error?: SendError) => void): void;
};

/** Recordings of sessions that devices have uploaded. Times are in milliseconds since 1970. */
@Controller('api/v1/recordings')
@ApiTags('recordings')
@ForOperators('recordings', 'rw')
export class RecordingsController {
  constructor(
    private readonly files: RecordingFiles,
    private readonly room: RecordingRoom,
    private readonly fetches: RecordingFetches,
    private readonly audit: ConsoleAudit,
  ) {}

  @Get()
  @ForOperators('recordings', 'r')
  @Describe('List recordings, the newest first')
  @DescribeList(recordingShape)
  async list(@Query() query: unknown, @PageQuery() page: Page): Promise<Paged<object>> {
    const wish = listWish(recordingShape, query);
    const { total, data } = recordingPage(await this.files.all(), wish, page);
    return { total, data: data.map(view) };
  }

  @Get(':address/:file')
  @ForOperators('recordings', 'r')
  @Describe('Fetch a recording, or a range of it')
  @ApiHeader({ name: 'Range', required: false, description: 'bytes=0-1023' })
  @ApiProduces('video/webm', 'video/mp4', 'video/x-matroska')
  async fetch(
    @Caller() caller: SignedIn,
    @Param('address') address: string,
    @Param('file') file: string,
    @Res() response: FileResponse,
  ): Promise<void> {
    const path = this.files.pathOf(await this.#require(address, file)) ?? '';
    await this.fetches.note(caller, `${address}/${file}`);
    response.setHeader('content-disposition', `attachment; filename="${file}"`);
    await send(response, path);
  }

  @DeleteOk(':address/:file')
  @Describe('Delete a recording; one that is being written ends')
  async remove(
    @Caller() caller: SignedIn,
    @Param('address') address: string,
    @Param('file') file: string,
  ): Promise<void> {
    if (!(await this.files.remove({ address, file }))) throw missing();
    await this.audit.note(caller, 'recording', 'deleteRecording', `${address}/${file}`);
    await this.room.run();
  }

  async #require(address: string, file: string): Promise<Recording> {
    const found = await this.files.find({ address, file });
    if (found === undefined) throw missing();
    return found;
  }
}

/** What Express says when it does not send: why, and what such an answer carries. */
type SendError = Error & {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Resolves when it is sent or the reader has gone; rejects while another answer can still be given. */
function send(response: FileResponse, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  response.sendFile(basename(path), { root: dirname(path) }, (error) => {
    if (error === undefined || response.headersSent || response.destroyed) return resolve();
    const { status, headers = {}, message } = error;
    response.removeHeader('content-disposition');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    reject(status === undefined ? error : new HttpException(message, status));
  });
  return promise;
}

function missing(): NotFoundException {
  return new NotFoundException('There is no such recording');
}

function view({ address, file, device, bytes, writtenAt, isGrowing }: Recording): object {
  return { address, file, device, bytes, written_at: writtenAt, growing: isGrowing };
}
